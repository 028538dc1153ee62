package orrery.learn.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.Data;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.data.ReadOptions.Role;
import orrery.data.Reading;
import orrery.data.Schema;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Run;
import orrery.learn.InNodes;
import orrery.learn.Layout;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.table.spec.Consistency;
import orrery.table.spec.KeySpace;
import orrery.table.spec.UpdateRule;

/** Weights that are read by key: they learn what weights side by side do, and more members hold more of them. */
@Timeout(120)
final class KeyedTest {
    private static final int FEATURES = 300;

    @TempDir
    Path folder = Path.of("");

    private static final LinearOptions OPTIONS =
            LinearOptions.defaults().withPasses(3).withBatch(8);

    /** Examples with few of many features each, by number or by a key that follows from the number. */
    private static Loaded data(int classes, int count, boolean areKeyed) {
        var random = new SplittableRandom(11);
        var packer = new Examples.Packer();
        for (int i = 0; i < count; i++) {
            double sum = 0;
            var row = new TreeMap<Integer, Float>();
            while (row.size() < 6) {
                int feature = (int) (FEATURES * Math.pow(random.nextDouble(), 3));
                row.put(feature, 1f);
            }
            for (var entry : row.entrySet()) {
                sum += entry.getKey() % 7 - 3;
                if (areKeyed) {
                    packer.keyed(key(entry.getKey()), entry.getValue());
                } else {
                    packer.feature(entry.getKey(), entry.getValue());
                }
            }
            int label = classes == 0
                    ? (int) Math.round(sum + random.nextDouble())
                    : Math.floorMod((int) Math.round(sum / 3 + random.nextDouble()), classes);
            packer.example(label, i % 5 == 0 ? 2 : 1);
        }
        int features = areKeyed ? Examples.OPEN : FEATURES;
        return new Loaded(
                packer.pack(features), Schema.ofFeatures("libsvm", List.of(), List.of(), features), Reading.of("made"));
    }

    private static long key(int feature) {
        return (feature + 1) * 0x9e3779b97f4a7c15L;
    }

    private static LinearLearner learner(String app, LinearOptions options) {
        return switch (app) {
            case "lr" -> new LogisticRegression(options);
            case "svm" -> new LinearSvm(options, false);
            case "softmax" -> new SoftmaxRegression(options);
            default -> new LeastSquares(options);
        };
    }

    private static int classes(String app) {
        return app.equals("softmax") ? 4 : app.equals("least-squares") ? 0 : 2;
    }

    private static Map<Long, List<Float>> weights(LinearModel model) throws IOException {
        var weights = new TreeMap<Long, List<Float>>();
        model.forEachWeight((feature, row) -> {
            var all = new ArrayList<Float>();
            boolean hasAny = false;
            for (float weight : row) {
                all.add(weight);
                hasAny |= weight != 0;
            }
            if (hasAny) {
                weights.put(feature, all);
            }
        });
        return weights;
    }

    private static void assertSame(LinearModel is, LinearModel due) throws IOException {
        assertThat(weights(is)).isEqualTo(weights(due)).isNotEmpty();
        for (int c = 0; c < due.margins(); c++) {
            assertThat(is.intercept(c)).isEqualTo(due.intercept(c));
        }
    }

    @ParameterizedTest(name = "{0} by {1}")
    @CsvSource({
        "lr, adagrad",
        "lr, sgd",
        "lr, adam",
        "lr, ftrl",
        "svm, adagrad",
        "softmax, adagrad",
        "least-squares, adagrad",
        "least-squares, momentum"
    })
    void allLayoutsLearnTheSameBits(String app, String rule) throws Exception {
        var of = switch (rule) {
            case "sgd" -> new UpdateRule.Sgd(0.1f);
            case "adam" -> new UpdateRule.Adam(0.01f);
            case "ftrl" -> new UpdateRule.Ftrl(0.1f, 1, 0.001f, 0.001f);
            case "momentum" -> new UpdateRule.Momentum(0.05f, 0.9f, 0);
            default -> new UpdateRule.AdaGrad(1);
        };
        var data = data(classes(app), 200, false);
        var dense = learner(app, OPTIONS.with(of).with(Layout.DENSE)).fit(data, Run.local(2));
        for (var layout : List.of(Layout.KEYED, Layout.SPARSE)) {
            assertSame(learner(app, OPTIONS.with(of).with(layout)).fit(data, Run.local(2)), dense);
        }
    }

    private LinearModel among(
            int members, String app, LinearOptions options, Loaded data, Optional<Examples> validation)
            throws Exception {
        var written = folder.resolve(app + members + options.layout());
        var run = Run.local(4).writingTo(Place.of(written));
        var learner = learner(app, options);
        return learner.prepare(
                        data,
                        validation,
                        run.with(new InNodes(
                                members,
                                run,
                                mine -> learner.prepare(data, validation, mine).join())))
                .run()
                .model();
    }

    @ParameterizedTest(name = "{0}, {1}, {2} members")
    @CsvSource({"lr, KEYED, 2", "lr, SPARSE, 3", "softmax, KEYED, 3", "softmax, SPARSE, 2", "least-squares, KEYED, 2"})
    void membersLearnTheSameBitsAndWriteThemInParts(String app, Layout layout, int members) throws Exception {
        var data = data(classes(app), 200, false);
        var options = OPTIONS.with(layout);
        var due = learner(app, options).fit(data, Run.local(4));
        var is = among(members, app, options, data, Optional.empty());
        assertSame(is, due);
        assertThat(is.score(data.examples()).values())
                .isEqualTo(due.score(data.examples()).values());
        try (var files = Files.list(folder.resolve(app + members + layout))) {
            assertThat(files.map(file -> String.valueOf(file.getFileName())).filter(name -> name.contains("-of-")))
                    .hasSize(members);
        }
        var copy = folder.resolve("copy/other.safetensors");
        is.save(copy);
        assertSame(LinearModel.load(copy), due);
    }

    @ParameterizedTest
    @EnumSource(
            value = Layout.class,
            names = {"KEYED", "SPARSE"})
    void earlyStoppingKeepsTheBest(Layout layout) throws Exception {
        var data = data(2, 120, false);
        var validation = data(2, 60, false).examples();
        var options = OPTIONS.withPasses(30).withPatience(2).with(new UpdateRule.AdaGrad(5));
        var due = new LogisticRegression(options.with(Layout.DENSE)).fit(data, validation, Run.local(2));
        assertSame(new LogisticRegression(options.with(layout)).fit(data, validation, Run.local(2)), due);
        var four = new LogisticRegression(options.with(layout)).fit(data, validation, Run.local(4));
        assertSame(among(2, "lr", options.with(layout), data, Optional.of(validation)), four);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lr", "softmax", "least-squares"})
    void keysAreFeaturesWithoutADictionary(String app) throws Exception {
        var numbered = learner(app, OPTIONS.with(Layout.SPARSE)).fit(data(classes(app), 200, false), Run.local(2));
        var keyed = learner(app, OPTIONS).fit(data(classes(app), 200, true), Run.local(2));
        var due = new TreeMap<Long, List<Float>>();
        weights(numbered).forEach((feature, row) -> due.put(key(feature.intValue()), row));
        assertThat(weights(keyed)).isEqualTo(due);
        assertThat(keyed.score(data(classes(app), 300, true).examples()).values())
                .isEqualTo(numbered.score(data(classes(app), 300, false).examples())
                        .values());
        keyed.save(folder.resolve("keyed.safetensors"));
        assertSame(LinearModel.load(folder.resolve("keyed.safetensors")), keyed);
        assertSame(
                among(2, app, OPTIONS, data(classes(app), 200, true), Optional.empty()),
                learner(app, OPTIONS).fit(data(classes(app), 200, true), Run.local(4)));
    }

    /** Under local steps a worker has the rows that it has touched, and learns what one does that has all. */
    @ParameterizedTest(name = "{0} by {1}")
    @CsvSource({"lr, adagrad", "lr, momentum", "softmax, adam", "least-squares, adagrad"})
    void localStepsOfTouchedRowsLearnTheSameBits(String app, String rule) throws Exception {
        var of = switch (rule) {
            case "adam" -> new UpdateRule.Adam(0.01f);
            case "momentum" -> new UpdateRule.Momentum(0.05f, 0.9f, 0);
            default -> new UpdateRule.AdaGrad(1);
        };
        var data = data(classes(app), 200, false);
        var run = Run.local(4).with(new Consistency.Local(3));
        var dense = learner(app, OPTIONS.with(of).with(Layout.DENSE)).fit(data, run);
        for (var layout : List.of(Layout.KEYED, Layout.SPARSE)) {
            var options = OPTIONS.with(of).with(layout);
            assertSame(learner(app, options).fit(data, run), dense);
            var there = run.writingTo(Place.of(folder.resolve(app + rule + layout)));
            var learner = learner(app, options);
            assertSame(
                    learner.prepare(
                                    data,
                                    Optional.empty(),
                                    there.with(new InNodes(
                                            2,
                                            there,
                                            mine -> learner.prepare(data, Optional.empty(), mine)
                                                    .join())))
                            .run()
                            .model(),
                    dense);
        }
    }

    /** A learner goes to executors with all that was asked for. */
    @Test
    void optionsAreWrittenAndRead() throws Exception {
        var bytes = new ByteArrayOutputStream();
        var options = OPTIONS.with(Layout.SPARSE).with(KeySpace.ALL.after(3).droppingUnused(20));
        try (var out = new ObjectOutputStream(bytes)) {
            out.writeObject(options);
        }
        try (var in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isEqualTo(options);
        }
    }

    /** What a worker has touched is kept: a run that goes on in the midst of a round does what one does that never stopped. */
    @Test
    void localStepsOfTouchedRowsAreKept() throws Exception {
        var data = data(2, 200, false);
        var learner = new LogisticRegression(OPTIONS.with(Layout.SPARSE));
        var run = Run.local(2).with(new Consistency.Local(5));
        var due = learner.fit(data, run);
        var kept = Checkpoints.in(Storage.local(folder.resolve("kept")));
        var stopped = learner.prepare(data, Optional.empty(), run.with(kept));
        var outcome = stopped.job()
                .run(stopped.settings().identifiedBy(stopped.identity()).listening(event -> {
                    if (event instanceof RunEvent.CutReached) {
                        stopped.job().stop();
                    }
                }));
        assertThat(outcome.status()).isEqualTo(Outcome.Status.STOPPED);
        assertSame(learner.fit(data, run.with(kept.resuming())), due);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ssp:1", "essp:1", "asp", "sparse-ssp:1:2"})
    void everyConsistencyTrainsByKey(String consistency) throws Exception {
        var data = data(2, 400, true);
        var alone = Run.local(3).with(Consistency.parse(consistency));
        var run = alone.writingTo(Place.of(folder.resolve("written")));
        var learner = new LogisticRegression(OPTIONS.withPasses(12));
        for (var model : List.of(
                learner.fit(data, alone),
                learner.prepare(
                                data,
                                Optional.empty(),
                                run.with(new InNodes(
                                        2,
                                        run,
                                        mine -> learner.prepare(data, Optional.empty(), mine)
                                                .join())))
                        .run()
                        .model())) {
            assertThat(model.score(data.examples()).values().get("accuracy")).isGreaterThan(0.8);
        }
    }

    @Test
    void whatCannotBeIsSaid() throws Exception {
        var keyed = data(2, 50, true);
        assertThatThrownBy(() -> new LogisticRegression(OPTIONS.with(Layout.DENSE)).fit(keyed, Run.local(1)))
                .hasMessageContaining("the layout is sparse, not dense");
        assertThatThrownBy(() -> new LogisticRegression(OPTIONS)
                        .prepare(keyed, Optional.empty(), DualOptions.defaults(), Run.local(1)))
                .hasMessageContaining("64-bit keys");
    }

    // Beginning with a model

    @ParameterizedTest
    @EnumSource(
            value = Layout.class,
            names = {"DENSE", "KEYED", "SPARSE"})
    void aTrainingBeginsWithAModel(Layout layout) throws Exception {
        var options = OPTIONS.with(layout).with(new UpdateRule.Sgd(1e-9f));
        var first = new LogisticRegression(OPTIONS).fit(data(2, 200, false), Run.local(2));
        var next = new LogisticRegression(options).fit(data(2, 100, false), first, Run.local(2));
        var is = weights(next);
        weights(first)
                .forEach((feature, row) ->
                        assertThat(is.get(feature).getFirst()).isCloseTo(row.getFirst(), Offset.offset(1e-5f)));
        assertThat(next.intercept(0)).isCloseTo(first.intercept(0), Offset.offset(1e-5));
    }

    @Test
    void columnsAreFoundByTheirNames() throws Exception {
        var before = csv("before.csv", "age,color,y\n", 100, 40, 10);
        var now = csv("now.csv", "color,age,size,y\n", 100, 10, 30);
        var options = ReadOptions.defaults().withRole("y", Role.LABEL);
        var first = new LogisticRegression(OPTIONS).fit(Data.parse(before, options, null, true), Run.local(1));
        var data = Data.parse(now, options, null, true);
        var next = new LogisticRegression(OPTIONS.with(new UpdateRule.Sgd(1e-9f))).fit(data, first, Run.local(1));
        double perYear =
                first.weight(0, 0) / first.schema().columns().getFirst().scale();
        double perYearNow = next.weight(0, 0) / data.schema().columns().get(1).scale();
        assertThat(perYearNow).isCloseTo(perYear, Offset.offset(1e-6));
        assertThat(next.weight(1, 0)).isCloseTo(0, Offset.offset(1e-6f));
        double margin = first.intercept(0) - first.weight(0, 0) * origin(first, 0);
        double marginNow = next.intercept(0) - next.weight(0, 0) * origin(next, 1);
        assertThat(marginNow).isCloseTo(margin, Offset.offset(1e-4));
    }

    /** What stands for 0 of a column. */
    private static double origin(LinearModel model, int column) {
        var of = model.schema().columns().get(column);
        return of.original(0) / of.scale();
    }

    private Path csv(String name, String header, int rows, double mean, double deviation) throws IOException {
        var random = new SplittableRandom(4);
        var text = new StringBuilder(header);
        for (int i = 0; i < rows; i++) {
            double age = mean + deviation * (random.nextDouble() - 0.5);
            String label = age + random.nextDouble() * deviation > mean ? "old" : "young";
            String color = List.of("red", "green", "blue").get(i % 3);
            text.append(
                    header.startsWith("age")
                            ? age + "," + color + "," + label + "\n"
                            : color + "," + age + "," + i % 4 + "," + label + "\n");
        }
        return Files.writeString(folder.resolve(name), text);
    }

    /** What the model had that the data never shows is in the next model, too, also where the best weights are taken. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsNotShownStays(boolean stopsEarly) throws Exception {
        var first = new LogisticRegression(OPTIONS.with(Layout.SPARSE)).fit(data(2, 400, true), Run.local(1));
        var options = OPTIONS.from(first).withPatience(stopsEarly ? 2 : 0);
        var some = data(2, 20, true);
        var training = new LogisticRegression(options)
                .prepare(some, stopsEarly ? Optional.of(data(2, 30, true).examples()) : Optional.empty(), Run.local(1));
        var is = weights(training.run().model());
        var shown = new TreeSet<Long>();
        var cursor = some.examples().cursor();
        for (long i = 0; i < some.examples().size(); i++) {
            cursor.move(i);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                shown.add(cursor.key(k));
            }
        }
        int others = 0;
        for (var weight : weights(first).entrySet()) {
            if (!shown.contains(weight.getKey())) {
                assertThat(is.get(weight.getKey())).isEqualTo(weight.getValue());
                others++;
            }
        }
        assertThat(others).isGreaterThan(50);
    }

    /** A model of more features than the data has now, and of hashed categories: what the data cannot have is left out. */
    @Test
    void fewerFeaturesThanBefore() throws Exception {
        var first = new LogisticRegression(OPTIONS.with(Layout.SPARSE)).fit(data(2, 200, false), Run.local(1));
        var packer = new Examples.Packer();
        for (int i = 0; i < 60; i++) {
            packer.feature(i % 9, 3 + i % 2).feature(9, 1).example(i % 2, 1);
        }
        var few =
                new Loaded(packer.pack(10), Schema.ofFeatures("libsvm", List.of(), List.of(), 10), Reading.of("made"));
        var next = new LogisticRegression(OPTIONS.with(Layout.SPARSE)).fit(few, first, Run.local(2));
        assertThat(weights(next).keySet()).allMatch(feature -> feature < 10);
    }

    /** Where rows are written in parts, a training that is stopped has the model so far. */
    @Test
    void aStoppedTrainingHasAModel() throws Exception {
        var run = Run.local(2).writingTo(Place.of(folder.resolve("stopped")));
        var stopper = new AtomicReference<Runnable>(() -> {});
        var stopped = new LogisticRegression(OPTIONS.withPasses(40).with(Layout.KEYED))
                .prepare(data(2, 200, false), Optional.empty(), run.listening(event -> {
                    if (event instanceof RunEvent.CutReached) {
                        stopper.get().run();
                    }
                }));
        stopper.set(stopped.job()::stop);
        var trained = stopped.run();
        assertThat(stopped.decided()).containsKey("layout");
        assertThat(trained.outcome().status()).isEqualTo(Outcome.Status.STOPPED);
        assertThat(weights(trained.model())).isNotEmpty();
    }

    @Test
    void aModelOfAnotherKindIsRefused() throws Exception {
        var binary = new LogisticRegression(OPTIONS).fit(data(2, 100, false), Run.local(1));
        assertThatThrownBy(() -> new SoftmaxRegression(OPTIONS).fit(data(4, 100, false), binary, Run.local(1)))
                .hasMessageContaining("margins");
        assertThatThrownBy(() -> new LogisticRegression(OPTIONS).fit(data(2, 100, true), binary, Run.local(1)))
                .hasMessageContaining("data of another kind");
        assertThatThrownBy(() -> new LogisticRegression(OPTIONS.with(new UpdateRule.Ftrl(1, 1, 0, 0)))
                        .fit(data(2, 100, false), binary, Run.local(1)))
                .hasMessageContaining("ftrl");
    }

    @Test
    void aDamagedPartIsFound() throws Exception {
        among(2, "lr", OPTIONS.with(Layout.KEYED), data(2, 100, false), Optional.empty());
        var at = folder.resolve("lr2KEYED");
        var part = at.resolve("model-00002-of-00002.safetensors");
        byte[] bytes = Files.readAllBytes(part);
        bytes[bytes.length - 3] ^= 1;
        Files.write(part, bytes);
        assertThatThrownBy(() -> LinearModel.load(at.resolve("model.safetensors")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("model-00002-of-00002.safetensors: is damaged");
        Files.delete(part);
        assertThatThrownBy(() -> LinearModel.load(at.resolve("model.safetensors")))
                .hasMessageContaining("this part of the model is not there");
        Files.delete(at.resolve("model.safetensors.index.json"));
        assertThatThrownBy(() -> LinearModel.load(at.resolve("model.safetensors")))
                .hasMessageContaining("copy the model with all its files");
    }
}
