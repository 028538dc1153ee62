package orrery.spark;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import orrery.learn.topic.TopicModeling;

/**
 * How a training went. Kept by the model that {@code fit} returns, and not saved with it, as Spark's own summaries are not.
 *
 * @param rows how many examples, or ratings, were learned from
 * @param passes how often they were gone through
 * @param metrics by pass, or by cut of the training: the means over the pass by their names, such as {@code progressiveLoss},
 *     {@code train.mse} or {@code total inertia}
 * @param elapsed since the members were started
 * @param read how the data frame was read, in words
 */
public record TrainingSummary(long rows, int passes, List<Map<String, Double>> metrics, Duration elapsed, String read) {
    private static final List<String> OBJECTIVES =
            List.of("progressiveLoss", "train.mse", "total inertia", "inertia", TopicModeling.LIKELIHOOD);

    public TrainingSummary {
        metrics = List.copyOf(metrics);
    }

    /**
     * The loss of each pass: of linear models the mean loss, of factors the mean squared error, of clusters the inertia; of
     * topics, at each cut, the mean log likelihood of a word and its topic, which rises.
     */
    public double[] objectiveHistory() {
        return metrics.stream()
                .mapToDouble(of -> OBJECTIVES.stream()
                        .filter(of::containsKey)
                        .mapToDouble(of::get)
                        .findFirst()
                        .orElse(Double.NaN))
                .toArray();
    }

    /** How many passes were made; Spark's name for it. */
    public int totalIterations() {
        return passes;
    }
}
