package orrery.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkEnv;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.Data;
import orrery.data.ReadOptions;
import orrery.engine.event.RunEvent;
import orrery.learn.linear.LinearModel;

/** Members as tasks of an application in one JVM. */
@Timeout(120)
final class LocalTest {
    private static SparkSession spark;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        spark = Frames.spark();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static LinearEstimator estimator(int workers) {
        return LinearEstimator.logisticRegression()
                .setLabelCol("late")
                .setNumericCols("x", "n")
                .setCategoricalCols("colour")
                .setHashBits(6)
                .setWorkers(workers)
                .setSlotLimit(Duration.ofSeconds(20))
                .setPasses(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bsp", "ssp:2", "essp:2", "local:8", "asp"})
    void trainsAndPredicts(String consistency) throws Exception {
        var model = estimator(3).setConsistency(consistency).fit(Frames.frame(spark, 6000, 1));
        var predicted = model.transform(Frames.frame(spark, 2000, 2));
        assertThat(Frames.accuracy(predicted)).isGreaterThan(0.75);
        assertThat(predicted.columns()).endsWith("rawPrediction", "probability", "prediction");
        var probabilities = predicted.select("probability").first().<Vector>getAs(0);
        assertThat(probabilities.apply(0) + probabilities.apply(1)).isCloseTo(1, within(1e-6));
    }

    /** From disk, batch by batch: as good, the same each time, and nothing is left behind. */
    @Test
    void trainsOnExamplesThatAreReadAhead() throws Exception {
        var frame = Frames.frame(spark, 6000, 1);
        var test = Frames.frame(spark, 2000, 2);
        var model = estimator(3).setReadAhead(true).fit(frame);
        var held = estimator(3).fit(frame);
        assertThat(Frames.accuracy(model.transform(test)))
                .isCloseTo(Frames.accuracy(held.transform(test)), within(0.01));
        var again = estimator(3).setReadAhead(true).fit(frame).model();
        for (int f = 0; f < again.features(); f++) {
            assertThat(again.weight(f, 0)).isEqualTo(model.model().weight(f, 0));
        }
        var scratch = SparkEnv.get().blockManager().diskBlockManager().localDirs()[0];
        assertThat(scratch.list()).noneMatch(name -> name.startsWith("orrery-"));
    }

    /** The same parts, the same bits: however often, and whoever the executors are. */
    @Test
    void twoRunsAreTheSame() throws Exception {
        var frame = Frames.frame(spark, 3000, 3);
        var a = estimator(4).fit(frame).model();
        var b = estimator(4).fit(frame).model();
        for (int f = 0; f < a.features(); f++) {
            assertThat(a.weight(f, 0)).isEqualTo(b.weight(f, 0));
        }
    }

    @Test
    void aModelIsKeptAndLoaded() throws Exception {
        var model = estimator(2).fit(Frames.frame(spark, 3000, 4));
        var file = folder.resolve("late.safetensors");
        model.saveFile(file.toString());
        var frame = Frames.frame(spark, 500, 5);
        var predicted = model.transform(frame).collectAsList();
        assertThat(LinearFrameModel.load(file.toString()).transform(frame).collectAsList())
                .isEqualTo(predicted);
        var lines = new ArrayList<String>(List.of("colour,late,x,n")); // in an order of their own
        frame.collectAsList()
                .forEach(row -> lines.add(row.get(2) + "," + row.get(3) + "," + row.get(0) + "," + row.get(1)));
        var csv = Files.write(folder.resolve("late.csv"), lines);
        var loaded = LinearModel.load(file);
        var like =
                Data.parse(csv, ReadOptions.defaults(), loaded.schema(), true).examples();
        var classes = new ArrayList<Double>();
        loaded.predict(like, (i, p) -> classes.add(p[1] > p[0] ? 1.0 : 0.0));
        assertThat(classes)
                .isEqualTo(predicted.stream()
                        .map(row -> row.<Double>getAs("prediction"))
                        .toList());
    }

    /** A training whose driver has ended, for whatever reason, goes on to the same bits. */
    @Test
    void aTrainingIsResumed() throws Exception {
        var frame = Frames.frame(spark, 3000, 10);
        var due = estimator(2).fit(frame).model();
        var place = folder.resolve("kept").toString();
        assertThatThrownBy(() -> estimator(2)
                        .setCheckpointDir(place)
                        .setListener(event -> {
                            if (event instanceof RunEvent.Checkpointed kept && kept.clock() > 30) {
                                throw new IllegalStateException("the driver has had enough");
                            }
                        })
                        .fit(frame))
                .hasMessageContaining("had enough");
        var model =
                estimator(2).setCheckpointDir(place).setResume(true).fit(frame).model();
        for (int f = 0; f < due.features(); f++) {
            assertThat(model.weight(f, 0)).isEqualTo(due.weight(f, 0));
        }
    }

    private static Moments moments(List<Row> rows) {
        var moments = new Moments(2);
        for (var row : rows) {
            moments.add(0, row.getDouble(0) + 1e9);
            moments.add(1, row.getInt(1));
        }
        return moments;
    }

    /** Also of values far from 0, of which squares would lose all digits. */
    @Test
    void momentsOfPartsAreThoseOfAll() {
        var rows = Frames.rows(1000, 9);
        var sum = new Moments(0);
        for (var part : List.of(rows.subList(0, 300), List.<Row>of(), rows.subList(300, 1000))) {
            sum.add(moments(part));
        }
        for (int c = 0; c < 2; c++) {
            int column = c;
            double mean = rows.stream()
                    .mapToDouble(row -> ((Number) row.get(column)).doubleValue())
                    .average()
                    .orElseThrow();
            double variance = rows.stream()
                    .mapToDouble(row -> Math.pow(((Number) row.get(column)).doubleValue() - mean, 2))
                    .average()
                    .orElseThrow();
            assertThat(sum.count(c)).isEqualTo(1000);
            assertThat(sum.mean(c) - (c == 0 ? 1e9 : 0)).isCloseTo(mean, within(1e-6));
            assertThat(sum.deviation(c)).isCloseTo(Math.sqrt(variance), within(1e-6));
        }
    }

    @Test
    void tooFewSlotsAreTold() {
        assertThatThrownBy(
                        () -> estimator(6).setSlotLimit(Duration.ofSeconds(3)).fit(Frames.frame(spark, 1000, 6)))
                .hasMessageContaining("6 members need one each, the application has 4");
    }

    @Test
    void columnsThatThereAreNotAreTold() {
        assertThatThrownBy(() -> estimator(2).setNumericCols("x", "nn").fit(Frames.frame(spark, 10, 7)))
                .hasMessageContaining("no column 'nn'")
                .hasMessageContaining("'n'");
        assertThatThrownBy(
                        () -> estimator(2).setLabelCol("x").setNumericCols("n").fit(Frames.frame(spark, 1000, 7)))
                .hasMessageContaining("needs 2 classes");
    }

    /** Beside other jobs of the application. */
    @Test
    void otherJobsGoOn() throws Exception {
        var frame = Frames.frame(spark, 20_000, 8);
        var other = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 5; i++) {
                spark.range(1_000_000).selectExpr("sum(id)").collect();
            }
        });
        var model = estimator(3).fit(frame);
        other.join();
        assertThat(Frames.accuracy(model.transform(frame))).isGreaterThan(0.75);
    }
}
