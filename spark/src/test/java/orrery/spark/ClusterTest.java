package orrery.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import orrery.engine.RunEvent;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.LinearOptions;

/** On a standalone cluster: what is lost when executors are. */
@Timeout(240)
final class ClusterTest {
    private static final int KILLS = Integer.getInteger("orrery.kills", 2);

    @TempDir
    static Path home;

    private static Cluster cluster;
    private static SparkSession spark;

    @BeforeAll
    static void start() throws Exception {
        cluster = new Cluster(home, 2);
        spark = cluster.application(false);
    }

    @AfterAll
    static void stop() throws Exception {
        spark.stop();
        cluster.close();
    }

    private static LinearEstimator estimator() {
        return LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setNumericCols("x", "n")
                .setCategoricalCols("colour")
                .setHashBits(6)
                .setWorkers(2)
                .setSlotLimit(Duration.ofSeconds(60))
                .setOptions(LinearOptions.defaults().withPasses(6).withBatch(32));
    }

    private static float[] weights(LinearModel model) {
        var weights = new float[model.features()];
        for (int f = 0; f < weights.length; f++) {
            weights[f] = model.weight(f, 0);
        }
        return weights;
    }

    /** With one jar and no flag; a killed executor costs nothing but time. */
    @Test
    void aKilledExecutorIsReplacedAndNothingIsLost() throws Exception {
        var frame = Frames.frame(spark, 40_000, 1);
        var due = estimator().fit(frame);
        assertThat(Frames.accuracy(due.transform(frame))).isGreaterThan(0.75);
        for (int round = 0; round < KILLS; round++) {
            int victim = round % 2;
            var hasKilled = new AtomicBoolean();
            var told = new ArrayList<String>();
            long start = System.nanoTime();
            var model = estimator()
                    .setCheckpointDir(home.resolve("checkpoints-" + round).toString())
                    .setListener(event -> {
                        if (event instanceof RunEvent.CutReached && hasKilled.compareAndSet(false, true)) {
                            cluster.executors().get(victim).destroyForcibly();
                        }
                        if (event instanceof RunEvent.MemberLost || event instanceof RunEvent.StageStarted) {
                            told.add((System.nanoTime() - start) / 1_000_000 + " ms " + event);
                        }
                    })
                    .fit(frame);
            assertThat(hasKilled).isTrue();
            told.forEach(System.out::println);
            assertThat(weights(model.model())).isEqualTo(weights(due.model()));
        }
    }
}
