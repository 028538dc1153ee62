package orrery.learn.linear;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Cut;
import orrery.engine.stage.Verdict;
import orrery.engine.train.DivergedException;
import orrery.table.spec.UpdateRule;

/**
 * Ends a job whose loss has become far greater than that of a model that knows nothing.
 *
 * @param ofNothing what such a model has
 */
record Divergence(double ofNothing) {
    private static final double FAR = 1000;

    static Divergence of(Loss loss, Labels labels, Conditioning conditioning) {
        return new Divergence(
                switch (loss) {
                    case LOGISTIC -> Math.log(2);
                    case SOFTMAX -> Math.log(Math.max(2, labels.count()));
                    case HINGE, SQUARED_HINGE -> 1;
                    case SQUARED ->
                        conditioning == Conditioning.NONE ? Double.POSITIVE_INFINITY : 0.5 * conditioning.costs();
                });
    }

    Verdict at(Cut cut) {
        boolean wasAlready = cut.history().stream().anyMatch(earlier -> isFar(earlier.metrics()));
        return wasAlready || isFar(cut.metrics()) ? Verdict.FINISH : Verdict.GO_ON;
    }

    private boolean isFar(Map<String, Double> metrics) {
        return metrics.getOrDefault("progressiveLoss", Double.NaN) > FAR * ofNothing;
    }

    /** Refuses what was learned if its loss was too great at any cut. */
    void check(List<RunEvent.CutReached> cuts, UpdateRule rule) {
        for (var cut : cuts.reversed()) {
            if (isFar(cut.metrics())) {
                throw new DivergedException(String.format(
                        Locale.ROOT,
                        "the training diverged: its loss is %.3g, where a model that knows nothing has %.3g; the rate %.3g"
                                + " is too large, try a hundredth of it",
                        cut.metrics().get("progressiveLoss"),
                        ofNothing,
                        rule.rate()));
            }
        }
    }
}
