package orrery.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.spark.ml.evaluation.BinaryClassificationEvaluator;
import org.apache.spark.ml.tuning.CrossValidator;
import org.apache.spark.ml.tuning.ParamGridBuilder;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.engine.event.RunEvent;

/** Fits take all their slots or none, and end when their jobs are cancelled. */
@Timeout(180)
final class GangTest {
    private static final int ROUNDS = Integer.getInteger("orrery.gangs", 1);

    private SparkSession spark;

    @TempDir
    Path folder;

    @BeforeEach
    void start() {
        spark = Frames.spark("local[2]");
    }

    @AfterEach
    void stop() {
        spark.stop();
    }

    private static LinearEstimator lr() {
        return LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setNumericCols("x", "n")
                .setSlotLimit(Duration.ofSeconds(10))
                .setPasses(2);
    }

    /** Four fits at once, each of both slots, with checkpoints in one folder; then the one of all data. */
    @Test
    void crossValidationInParallelFinishes() {
        for (int round = 0; round < ROUNDS; round++) {
            var estimator = lr().setCheckpointDir(folder.resolve("cv" + round).toString());
            var grid = new ParamGridBuilder()
                    .addGrid(estimator.rate(), new double[] {0.01, 1.0})
                    .addGrid(estimator.l2(), new double[] {0, 1e-4})
                    .build();
            var validator = new CrossValidator()
                    .setEstimator(estimator)
                    .setEvaluator(new BinaryClassificationEvaluator().setLabelCol("late"))
                    .setEstimatorParamMaps(grid)
                    .setNumFolds(2)
                    .setParallelism(4);
            var best = validator.fit(Frames.frame(spark, 1000, round));
            assertThat(best.avgMetrics()).hasSize(4);
            assertThat(folder.resolve("cv" + round).toFile().list()).hasSize(9);
        }
    }

    @Test
    void sixFitsAtOnceFinishOnTwoSlots() throws Exception {
        var frame = Frames.frame(spark, 2000, 1).cache();
        for (int round = 0; round < ROUNDS; round++) {
            var fits = new ArrayList<Callable<Double>>();
            for (int k = 0; k < 6; k++) {
                var estimator = lr().setWorkers(1 + k % 2);
                fits.add(() -> Frames.accuracy(estimator.fit(frame).transform(frame)));
            }
            try (var pool = Executors.newFixedThreadPool(fits.size())) {
                for (var fit : pool.invokeAll(fits)) {
                    assertThat(fit.get()).isGreaterThan(0.6);
                }
            }
        }
    }

    /** A fit under way, that would take minutes. */
    private final class Running {
        private final CountDownLatch atCut = new CountDownLatch(1);
        private final AtomicReference<@Nullable Throwable> end = new AtomicReference<>();
        private final Thread thread;

        Running(@Nullable String group, Dataset<Row> frame) {
            thread = Thread.ofPlatform().start(() -> {
                if (group != null) {
                    spark.sparkContext().setJobGroup(group, "a fit", false);
                }
                try {
                    lr().setPasses(100_000)
                            .setListener(event -> {
                                if (event instanceof RunEvent.CutReached) {
                                    atCut.countDown();
                                }
                            })
                            .fit(frame);
                } catch (Throwable e) {
                    end.set(e);
                }
            });
        }

        void awaitCut() throws InterruptedException {
            assertThat(atCut.await(60, TimeUnit.SECONDS)).isTrue();
        }

        /** What it ended with, within two seconds. */
        Throwable end(String how) throws InterruptedException {
            long start = System.nanoTime();
            thread.join(Duration.ofSeconds(20));
            long millis = (System.nanoTime() - start) / 1_000_000;
            System.out.println("cancelled " + how + ": ended after " + millis + " ms");
            assertThat(millis).isLessThan(2000);
            var why = end.get();
            assertThat(why).isNotNull();
            return java.util.Objects.requireNonNull(why);
        }
    }

    /** The number of a job that has a task running. */
    private int runningJob() {
        return spark.sparkContext().statusTracker().getActiveJobIds()[0];
    }

    @ParameterizedTest
    @ValueSource(strings = {"by group", "by group for ever", "by job", "by stop of the context", "by interrupt"})
    void aCancelledFitEndsAtOnce(String how) throws Exception {
        var fit = new Running("mine", Frames.frame(spark, 2000, 1));
        fit.awaitCut();
        var sc = spark.sparkContext();
        switch (how) {
            case "by group" -> sc.cancelJobGroup("mine");
            case "by group for ever" -> sc.cancelJobGroupAndFutureJobs("mine");
            case "by job" -> sc.cancelJob(runningJob());
            case "by interrupt" -> fit.thread.interrupt();
            default -> spark.stop();
        }
        var end = fit.end(how);
        if (!how.equals("by interrupt")) {
            assertThat(end).isInstanceOf(CancellationException.class).hasMessageStartingWith("the fit was cancelled: ");
        }
        if (!how.contains("stop")) { // and its slots are free
            assertThat(lr().fit(Frames.frame(spark, 500, 2)).summary().rows()).isEqualTo(500);
        }
    }

    /** A fit that waits for the slots of another in its group ends with it. */
    @Test
    void fitsThatWaitAreCancelledWithTheirGroup() throws Exception {
        var frame = Frames.frame(spark, 2000, 1);
        var first = new Running("ours", frame);
        first.awaitCut();
        var second = new Running("ours", frame);
        var slots = Slots.of(org.apache.spark.api.java.JavaSparkContext.fromSparkContext(spark.sparkContext()));
        while (slots.waiting() == 0) {
            Thread.onSpinWait();
        }
        spark.sparkContext().cancelJobGroup("ours");
        assertThat(first.end("in a queue, the first")).hasMessageContaining("cancelled");
        assertThat(second.end("in a queue, the second")).hasMessageContaining("cancelled");
    }

    /** Jobs have the caller's group, tags and pool. */
    @Test
    void membersRunInTheGroupOfTheCaller() throws Exception {
        var pools = new AtomicReference<@Nullable String>();
        var groups = java.util.concurrent.ConcurrentHashMap.<String>newKeySet();
        spark.sparkContext().addSparkListener(new SparkListener() {
            @Override
            public void onJobStart(org.apache.spark.scheduler.SparkListenerJobStart job) {
                groups.add(String.valueOf(job.properties().getProperty("spark.jobGroup.id")));
                pools.set(job.properties().getProperty("spark.scheduler.pool"));
            }
        });
        spark.sparkContext().setJobGroup("of mine", "a fit", false);
        spark.sparkContext().setLocalProperty("spark.scheduler.pool", "production");
        try {
            lr().fit(Frames.frame(spark, 500, 2));
        } finally {
            spark.sparkContext().clearJobGroup();
            spark.sparkContext().setLocalProperty("spark.scheduler.pool", null);
        }
        assertThat(groups).isEqualTo(java.util.Set.of("of mine"));
        assertThat(pools.get()).isEqualTo("production");
    }

    /** A default parallelism that has nothing to do with the slots, as many applications set. */
    @Test
    void workersAreAsManyAsThereAreSlots() {
        spark.stop();
        spark = Frames.settings("local[2]")
                .config("spark.default.parallelism", "200")
                .getOrCreate();
        assertThat(lr().fit(Frames.frame(spark, 500, 2)).summary().rows()).isEqualTo(500);
        assertThatThrownBy(() ->
                        lr().setWorkers(4).setSlotLimit(Duration.ofSeconds(2)).fit(Frames.frame(spark, 500, 2)))
                .hasMessageContaining("4 members need one each, the application has 2");
    }
}
