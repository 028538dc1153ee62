package orrery.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.engine.event.RunEvent;
import orrery.learn.linear.LinearModel;

/** On a standalone cluster: what is lost when executors are. */
@Timeout(240)
final class ClusterTest {
    private static final int KILLS = Integer.getInteger("orrery.kills", 1);

    @TempDir
    static Path home;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = new Cluster(home, 2);
    }

    @AfterAll
    static void stop() {
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
                .setPasses(6)
                .setBatchSize(32);
    }

    private static float[] weights(LinearModel model) {
        var weights = new float[model.features()];
        for (int f = 0; f < weights.length; f++) {
            weights[f] = model.weight(f, 0);
        }
        return weights;
    }

    /** What a training was told, and by when, in ms since its begin. */
    private static final class Told implements Consumer<RunEvent> {
        private final long start = System.nanoTime();
        private final Runnable atFirstCut;
        private boolean hasCut;
        long lost = -1;
        long resumed = -1;
        String why = "";

        Told(Runnable atFirstCut) {
            this.atFirstCut = atFirstCut;
        }

        @Override
        public void accept(RunEvent event) {
            long now = (System.nanoTime() - start) / 1_000_000;
            if (event instanceof RunEvent.CutReached && !hasCut) {
                hasCut = true;
                atFirstCut.run();
            } else if (event instanceof RunEvent.MemberLost gone) {
                lost = now;
                why = gone.why();
            } else if (event instanceof RunEvent.StageStarted && lost >= 0) {
                resumed = now;
            }
        }

        void print(String what) {
            System.out.println(what + ": " + why + "; went on " + (resumed - lost) + " ms after that was known");
        }
    }

    private static LinearModel disturbed(String name, Dataset<Row> frame, Told told) throws IOException {
        var model = estimator()
                .setCheckpointDir(home.resolve(name).toString())
                .setListener(told)
                .fit(frame)
                .model();
        assertThat(told.resumed).as(name).isPositive();
        told.print(name);
        return model;
    }

    /** With one jar and no flag; a killed executor costs nothing but time. */
    @ParameterizedTest(name = "dynamic allocation: {0}")
    @ValueSource(booleans = {false, true})
    void aKilledExecutorIsReplacedAndNothingIsLost(boolean isDynamic) throws Exception {
        try (var spark = cluster.application(isDynamic)) {
            var frame = Frames.frame(spark, 40_000, 1);
            var due = estimator().fit(frame);
            assertThat(Frames.accuracy(due.transform(frame))).isGreaterThan(0.75);
            for (int round = 0; round < KILLS; round++) {
                int victim = round % 2;
                var told = new Told(() -> cluster.executors().get(victim).destroyForcibly());
                var model = disturbed("killed-" + isDynamic + "-" + round, frame, told);
                assertThat(weights(model)).isEqualTo(weights(due.model()));
            }
        }
    }

    /** A net, of which a member is killed: the same numbers to the last bit. */
    @Test
    void netsSurviveAKilledExecutor() throws Exception {
        try (var spark = cluster.application(false)) {
            var frame = NetsTest.pictures(spark, 3000, 1);
            var due = NetsTest.estimator(2).fit(frame).model();
            var told = new Told(() -> cluster.executors().getFirst().destroyForcibly());
            var is = NetsTest.estimator(2)
                    .setCheckpointDir(home.resolve("net").toString())
                    .setListener(told)
                    .fit(frame)
                    .model();
            assertThat(told.resumed).isPositive();
            assertThat(is.parameters()).isDeepEqualTo(due.parameters());
        }
    }

    /** Blocks of counts that go from executor to executor, of which one is killed: the same topics, and no count is lost. */
    @Test
    void topicsSurviveAKilledExecutor() throws Exception {
        try (var spark = cluster.application(false)) {
            var frame = TopicsTest.frame(spark, 3000, 1);
            var due = TopicsTest.estimator(2).fit(frame).model();
            assertThat(Arrays.stream(due.totals()).sum()).isEqualTo(3000 * 12);
            var told = new Told(() -> cluster.executors().getFirst().destroyForcibly());
            var is = TopicsTest.estimator(2)
                    .setCheckpointDir(home.resolve("topics").toString())
                    .setListener(told)
                    .fit(frame)
                    .model();
            assertThat(told.resumed).isPositive();
            assertThat(is.topicOf()).isEqualTo(due.topicOf());
            assertThat(is.countOf()).isEqualTo(due.countOf());
        }
    }

    /** Its rows, dealt out already, are dealt out again: Spark must see that a part of its shuffle is lost. */
    @Test
    void anExecutorThatIsLostBeforeItsRowsAreReadCostsNothingButTime() throws Exception {
        try (var spark = cluster.application(false)) {
            var frame = Frames.frame(spark, 40_000, 1);
            var due = estimator().fit(frame);
            var model = estimator()
                    .setListener(event -> {
                        if (event instanceof RunEvent.Started) {
                            var victim = cluster.executors().getFirst();
                            victim.destroyForcibly();
                            victim.onExit().join();
                        }
                    })
                    .fit(frame);
            assertThat(weights(model.model())).isEqualTo(weights(due.model()));
        }
    }

    /** An executor that does nothing any more is lost by its lease; when it wakes, nobody listens to it. */
    @Test
    void aHungExecutorIsFenced() throws Exception {
        try (var spark = cluster.application(false)) {
            var frame = Frames.frame(spark, 40_000, 2);
            var due = estimator().fit(frame);
            var hung = new AtomicReference<ProcessHandle>();
            var told = new Told(() -> {
                hung.set(cluster.executors().getFirst());
                Cluster.signal("STOP", hung.get());
                Thread.ofPlatform().daemon().start(() -> {
                    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(7)); // its lease is 5 s
                    Cluster.signal("CONT", hung.get());
                });
            });
            var model = disturbed("hung", frame, told);
            assertThat(told.why).contains("silent");
            assertThat(weights(model)).isEqualTo(weights(due.model()));
        }
    }

    /** Two trainings and a plain job want four slots of two: they take turns as they can, and none waits for ever. */
    @Test
    void severalJobsOfOneApplicationAllFinish() throws Exception {
        try (var spark = cluster.application(false)) {
            var frame = Frames.frame(spark, 20_000, 3);
            var tasks = new ArrayList<Callable<Double>>();
            for (int i = 0; i < 2; i++) {
                tasks.add(() ->
                        Frames.accuracy(estimator().setWorkers(1).fit(frame).transform(frame)));
            }
            tasks.add(() -> (double)
                    spark.range(3_000_000).selectExpr("sum(id) % 2").first().getLong(0));
            try (var pool = Executors.newFixedThreadPool(tasks.size())) {
                for (var done : pool.invokeAll(tasks)) {
                    assertThat(done.get()).isNotNull();
                }
            }
        }
    }

    @Test
    void executorsWithoutTheJarAreTold() throws Exception {
        try (var spark = cluster.settings(false).getOrCreate()) {
            var frame = Frames.frame(spark, 100, 6);
            assertThatThrownBy(() -> estimator().fit(frame))
                    .hasMessageContaining("executors do not have Orrery (127.0.0.1 executor ")
                    .hasMessageContaining("orrery-spark.jar");
        }
    }

    /** Where there is a Java that is too old to try it with. */
    @Test
    void executorsWithAnOldJavaAreTold() throws Exception {
        var old = Path.of(System.getProperty("orrery.oldJava", "/usr/lib/jvm/java-17-openjdk-amd64"));
        assumeTrue(Files.exists(old), "no old Java");
        try (var spark = cluster.settings(false)
                .config("spark.jars", System.getProperty("orrery.shaded"))
                .config("spark.executorEnv.JAVA_HOME", old.toString())
                .getOrCreate()) {
            var frame = Frames.frame(spark, 100, 7);
            assertThatThrownBy(() -> estimator().fit(frame))
                    .hasMessageContaining("runs on a Java older than 25")
                    .hasMessageContaining("127.0.0.1 executor ");
        }
    }

    /** What is wrong with the data is told as it is, not as Spark's retries see it. */
    @Test
    void whatAMemberFindsWrongIsTold() throws Exception {
        try (var spark = cluster.application(false)) {
            var frame = Frames.frame(spark, 1000, 5).selectExpr("x", "n", "colour", "late", "x - 100 as importance");
            assertThatThrownBy(() -> estimator().setWeightCol("importance").fit(frame))
                    .hasMessageContaining("the weight 'importance' is below 0 in ")
                    .hasMessageContaining("of 1,000 rows");
        }
    }

    /** A training that cannot have its slots says so, and how many there are. */
    @Test
    void slotsThatAreLackingAreTold() throws Exception {
        try (var spark = cluster.application(false)) {
            var frame = Frames.frame(spark, 1000, 4);
            assertThatThrownBy(() -> estimator()
                            .setWorkers(3)
                            .setSlotLimit(Duration.ofSeconds(4))
                            .fit(frame))
                    .hasMessageContaining("3 members need one each, the application has 2");
        }
    }

    /** Any application of the command line, on files that all executors see. */
    @Test
    void theCommandLineTrainsOnTheCluster() throws Exception {
        var lines = new ArrayList<String>(List.of("x,n,colour,late"));
        Frames.rows(4000, 8)
                .forEach(row -> lines.add(row.get(0) + "," + row.get(1) + "," + row.get(2) + "," + row.get(3)));
        var data = Files.write(home.resolve("late.csv"), lines).toString();
        var here = cluster.program(
                "orrery.app.Orrery", "train", "lr", data, "--label", "late", "--workers", "2", "--run", "alone");
        var there = cluster.program(
                "orrery.app.Orrery",
                "train",
                "lr",
                data,
                "--label",
                "late",
                "--workers",
                "2",
                "--run",
                "there",
                "--on",
                cluster.master());
        assertThat(there)
                .contains("starting 2 processes on " + cluster.master())
                .contains("train  accuracy");
        var due = LinearModel.load(home.resolve("alone/model.safetensors"));
        var model = LinearModel.load(home.resolve("there/model.safetensors"));
        assertThat(here).contains("train  accuracy");
        for (int f = 0; f < due.features(); f++) {
            assertThat(model.weight(f, 0)).isEqualTo(due.weight(f, 0));
        }
        var ratings = new ArrayList<String>();
        for (int i = 0; i < 2000; i++) {
            ratings.add((i * 7 % 50) + "\tfilm" + (i * 13 % 70) + "\t" + (1 + i % 5));
        }
        var submitted = cluster.program(
                "org.apache.spark.deploy.SparkSubmit",
                "--master",
                cluster.master(),
                System.getProperty("orrery.shaded"),
                "train",
                "mf",
                Files.write(home.resolve("ratings.tsv"), ratings).toString(),
                "--rank",
                "4",
                "--workers",
                "2",
                "--run",
                "submitted",
                "--on",
                "spark");
        assertThat(submitted).contains("train  rmse");
        assertThat(home.resolve("submitted/model.safetensors")).exists();
        assertThat(cluster.program("orrery.app.Orrery", "train", "lr", data, "--on", "sparc://x:1"))
                .contains("--on sparc://x:1: there is nothing here that starts processes there");
        assertThat(cluster.program("orrery.app.Orrery", "train", "lr", data, "--label", "late", "--on", "spark"))
                .contains("--on spark is for spark-submit");
    }
}
