package orrery.deep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.Columns;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.data.Schema;
import orrery.deep.layer.Activation;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Dropout;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.Interactions;
import orrery.deep.layer.Join;
import orrery.deep.layer.Linear;
import orrery.deep.layer.Pooling;
import orrery.deep.layer.Window;
import orrery.deep.net.Loss;
import orrery.deep.net.Net;
import orrery.deep.sync.Exchange;
import orrery.deep.sync.Link;
import orrery.deep.sync.Scheme;
import orrery.deep.sync.Sending;
import orrery.deep.train.Course;
import orrery.deep.train.NetLearning;
import orrery.deep.train.NetModel;
import orrery.deep.train.NetOptions;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Run;
import orrery.engine.train.KeyedRows;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.table.spec.Consistency;
import orrery.table.spec.UpdateRule;

/** Nets learn on tables, the same however the run is cut. */
final class NetLearningTest {
    private static final int SIDE = 8;

    @TempDir
    Path folder;

    private static Net net() {
        return Net.input(SIDE, SIDE, 1)
                .add("conv", new Convolution(6, new Window(3, 1, 1, 1), 1, false))
                .add("norm", new BatchNorm(1e-5, 0.9))
                .add("relu", new Activation(Activation.Kind.RELU))
                .add("pool", new Pooling(Pooling.Kind.MAX, new Window(2, 2, 0, 1), true))
                .add("drop", new Dropout(0.1))
                .add("end", new Linear(3, true))
                .net();
    }

    /** Images with a bar that lies, stands, or leans, somewhere; labels 2, 5 and 7. */
    private static Loaded images(int count, long seed) {
        var random = new SplittableRandom(seed);
        var packer = new Examples.Packer();
        double[] labels = {2, 5, 7};
        for (int n = 0; n < count; n++) {
            int kind = random.nextInt(3);
            int y = 1 + random.nextInt(3);
            int x = 1 + random.nextInt(3);
            var pixels = new float[SIDE * SIDE];
            for (int i = 0; i < 4; i++) {
                pixels[(y + (kind == 0 ? 0 : i)) * SIDE + x + (kind == 1 ? 0 : i)] = 1;
            }
            for (int p = 0; p < pixels.length; p++) {
                packer.feature(p, pixels[p] + 0.3f * (float) random.nextGaussian());
            }
            packer.example(labels[kind], 1);
        }
        return new Loaded(packer.pack(SIDE * SIDE), Schema.ofFeatures("libsvm", List.of(), List.of(), SIDE * SIDE));
    }

    private static NetOptions options(int passes) {
        return new NetOptions(net(), passes, 16, new UpdateRule.Momentum(0.05f, 0.9f, 0), new Course.Linear(), 1e-4f);
    }

    private static NetModel train(Run run, int passes) throws Exception {
        return new NetLearning(options(passes))
                .prepare(images(600, 1), run)
                .run()
                .model();
    }

    private static List<float[]> bits(NetModel model) {
        return Arrays.stream(model.parameters()).flatMap(Arrays::stream).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bsp", "ssp:2", "essp:2", "asp"})
    void learns(String consistency) throws Exception {
        var model = train(Run.local(2).with(Consistency.parse(consistency)), 6);
        assertThat(model.score(images(300, 2).examples()).get("accuracy")).isGreaterThan(0.95);
        var file = Place.of(folder.resolve("net.safetensors"));
        model.save(file);
        var loaded = NetModel.load(file);
        assertThat(loaded.score(images(300, 2).examples()))
                .isEqualTo(model.score(images(300, 2).examples()));
        assertThat(loaded.classNames()).containsExactly("2", "5", "7");
    }

    /** A net most of whose numbers are of linear layers. */
    private static NetOptions linear(Sending sending) {
        var net = Net.input(SIDE, SIDE, 1)
                .add("conv", new Convolution(4, new Window(3, 1, 1, 1), 1, true))
                .add("norm", new BatchNorm(1e-5, 0.9))
                .add("wide", new Linear(40, true))
                .add("relu", new Activation(Activation.Kind.RELU))
                .add("end", new Linear(3, true))
                .net();
        return new NetOptions(net, 2, 16, new UpdateRule.Momentum(0.05f, 0.9f, 0), new Course.Linear(), 1e-4f)
                .with(sending);
    }

    /** Gradients may go as they like: the net that is learned is the same, under bsp to the last bit. */
    @ParameterizedTest
    @ValueSource(strings = {"bsp", "local:4"})
    void gradientsMayGoByAnyScheme(String consistency) throws Exception {
        var run = Run.local(4).with(Consistency.parse(consistency));
        var due = bits(new NetLearning(linear(Sending.DEFAULT))
                .prepare(images(257, 1), run)
                .run()
                .model());
        for (int members : new int[] {2, 4}) {
            for (var scheme : Scheme.values()) {
                var options = linear(new Sending(scheme, Link.DEFAULT));
                var among = new InNodes(
                        members,
                        run,
                        part -> new NetLearning(options)
                                .prepare(images(257, 1), part)
                                .join());
                var is = bits(new NetLearning(options)
                        .prepare(images(257, 1), run.with(among))
                        .run()
                        .model());
                assertThat(is).usingElementComparator(Arrays::compare).containsExactlyElementsOf(due);
            }
        }
    }

    @Test
    void theCheapestSchemeIsChosen() {
        var large = new Exchange(4096, 25_088, 32, 8, 1); // fc6 of VGG19
        var slow = new Link(1.25e8, 1e-4, 1e13);
        assertThat(large.best(slow)).isEqualTo(Scheme.FACTORS);
        assertThat(large.bytes(Scheme.FACTORS) / large.bytes(Scheme.OWNERS)).isBetween(0.01, 0.05);
        assertThat(new Exchange(512, 4608, 0, 8, 1).best(slow)).isEqualTo(Scheme.OWNERS); // a convolution
        assertThat(new Exchange(1, 64, 0, 8, 1).best(Link.DEFAULT)).isEqualTo(Scheme.PEERS); // one trip less
        assertThat(new Exchange(1000, 1024, 128, 16, 1).best(slow)).isNotEqualTo(Scheme.FACTORS); // of GoogLeNet
        var few = new Exchange(4096, 4096, 32, 8, 1); // the paper's example, in numbers instead of bytes
        assertThat(few.bytes(Scheme.OWNERS) / 4).isEqualTo(2 * 4096.0 * 4096 * 7 / 8); // sent; as many are received
        assertThat(2 * few.bytes(Scheme.FACTORS) / 4).isEqualTo(2.0 * 32 * 7 * 8192); // 3.7 M, sent and received
        assertThat(Link.parse(slow.toString())).isEqualTo(slow);
        var odd = new Link(154_320_000, 1.5e-8, 1.234e12);
        assertThat(Link.parse(odd.toString()).toString()).isEqualTo(odd.toString());
        assertThatThrownBy(() -> Link.parse("10Gbit")).hasMessageContaining("10Gbit,100us,50GF");
        assertThatThrownBy(() -> Scheme.parse("peer")).hasMessageContaining("owner-factors, got 'peer'");
    }

    /** Two categories and a number; the label depends on the pair of categories. */
    private static Loaded pairs(int count, long seed, int hashBits, boolean isNumber) {
        var columns = List.of(
                Schema.Column.of("x", ReadOptions.Role.NUMERIC),
                Schema.Column.of("a", ReadOptions.Role.CATEGORICAL),
                Schema.Column.of("y", ReadOptions.Role.LABEL),
                Schema.Column.of("b", ReadOptions.Role.CATEGORICAL));
        var schema = Columns.schema(columns, hashBits, isNumber ? List.of() : List.of("no", "yes"));
        var rows = new Columns(schema, true);
        var random = new SplittableRandom(seed);
        for (int n = 0; n < count; n++) {
            int a = random.nextInt(30);
            int b = random.nextInt(20);
            double x = random.nextGaussian();
            double score = (a % 2 == b % 2 ? 1 : -1) + 0.2 * x;
            rows.add(new Object[] {x, "a" + a, isNumber ? score : score > 0 ? "yes" : "no", "b" + b});
        }
        return new Loaded(rows.pack(), schema);
    }

    /** A factorization machine: no dropout, narrow rows. */
    private static Net machine(Loss loss) {
        return Net.input(1)
                .fields(2)
                .loss(loss)
                .add("weights/of keys", new Embedding(1, true)) // a name that no table can have
                .add("rows", new Embedding(4, false))
                .add("pairs", new Interactions())
                .add("numbers", new Linear(1, true), Net.INPUT)
                .add("sum", new Join(Join.Kind.ADD), "weights/of keys", "pairs", "numbers")
                .net();
    }

    private static NetOptions ofMachine(Loss loss) {
        return new NetOptions(machine(loss), 20, 16, new UpdateRule.AdaGrad(0.1f), new Course.Constant(), 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bsp", "ssp:2", "essp:2", "asp", "local:4"})
    void pairsOfKeysAreLearned(String consistency) throws Exception {
        for (int bits : new int[] {8, ReadOptions.KEYS}) {
            var test = pairs(300, 2, bits, false);
            var run = Run.local(2).with(Consistency.parse(consistency));
            var model = new NetLearning(ofMachine(Loss.CROSS_ENTROPY))
                    .prepare(pairs(800, 1, bits, false), run)
                    .run()
                    .model();
            var scores = model.score(test.examples());
            assertThat(scores.get("auc")).as(bits + " bits").isGreaterThan(bits == 8 ? 0.9 : 0.97);
            assertThat(model.rows().get("rows")).isInstanceOf(KeyedRows.Sparse.class);
            var file = Place.of(folder.resolve("keyed-" + bits + ".safetensors"));
            model.save(file);
            var loaded = NetModel.load(file);
            assertThat(loaded.score(test.examples())).isEqualTo(scores);
            rowsAreAsTheirExamples(loaded, test);
            var on = new NetLearning(ofMachine(Loss.CROSS_ENTROPY).withPasses(1), Optional.of(loaded))
                    .prepare(pairs(800, 1, bits, false), run)
                    .run()
                    .model();
            assertThat(on.score(test.examples()).get("auc")).isGreaterThan(scores.get("auc") - 0.02);
        }
    }

    /** The scorer of single rows agrees with the prediction of examples. */
    private static void rowsAreAsTheirExamples(NetModel model, Loaded test) throws IOException {
        var due = new double[(int) test.examples().size()];
        model.predict(test.examples(), (example, best, probabilities) -> due[(int) example] = probabilities[1]);
        try (var scorer = model.scorer()) {
            var cursor = test.examples().cursor();
            for (int i = 0; i < 20; i++) {
                cursor.move(i);
                for (int k = cursor.from(); k < cursor.to(); k++) {
                    scorer.feature(cursor.key(k), cursor.values()[k]);
                }
                assertThat(NetModel.probabilities(scorer.outputs())[1])
                        .isCloseTo(due[i], org.assertj.core.api.Assertions.within(1e-5));
            }
        }
    }

    @Test
    void numbersAreLearned() throws Exception {
        var model = new NetLearning(ofMachine(Loss.SQUARES))
                .prepare(pairs(800, 1, ReadOptions.KEYS, true), Run.local(2))
                .run()
                .model();
        var scores = model.score(pairs(300, 2, ReadOptions.KEYS, true).examples());
        assertThat(scores.get("rmse")).isLessThan(0.35); // of a deviation of 1
        assertThat(scores).doesNotContainKey("accuracy");
        assertThat(model.classNames()).isEmpty();
        assertThatThrownBy(() -> new NetLearning(ofMachine(Loss.SQUARES))
                        .prepare(pairs(20, 1, ReadOptions.KEYS, false), Run.local(1)))
                .hasMessageContaining(
                        "the net gives a number, its loss is squares, and the labels are names, such as no");
    }

    @Test
    void fieldsMustBeThoseOfTheData() {
        var data = pairs(20, 1, ReadOptions.KEYS, false);
        var other = Net.input(1)
                .fields(3)
                .add("rows", new Embedding(2, true))
                .add("end", new Linear(2, true))
                .net();
        assertThatThrownBy(() -> new NetLearning(NetOptions.of(other)).prepare(data, Run.local(1)))
                .hasMessageContaining("the net takes 3 fields of keys, and the data has 2 columns of categories");
        var numbers = Net.of(new int[] {3}, new Linear(2, true));
        assertThatThrownBy(() -> new NetLearning(NetOptions.of(numbers)).prepare(data, Run.local(1)))
                .hasMessageContaining("the data has 2 columns of categories, and the net takes numbers only")
                .hasMessageContaining("deepfm");
        assertThatThrownBy(() -> new NetLearning(NetOptions.of(other)).prepare(images(10, 1), Run.local(1)))
                .hasMessageContaining("all features are keys of one field");
    }

    @Test
    void goesOnToTheSameBits() throws Exception {
        var due = train(Run.local(2), 4);
        assertThat(bits(train(Run.local(2), 4))).usingRecursiveComparison().isEqualTo(bits(due));
        var checkpoints = Checkpoints.in(Storage.local(folder.resolve("kept")));
        var stopping = new AtomicReference<Job>();
        var run = Run.local(2).with(checkpoints).listening(event -> {
            if (event instanceof RunEvent.CutReached cut && cut.clock() > 30) {
                stopping.get().stop();
            }
        });
        var first = new NetLearning(options(4)).prepare(images(600, 1), run);
        stopping.set(first.job());
        assertThat(first.run().outcome().status()).isEqualTo(Outcome.Status.STOPPED);
        assertThat(bits(train(Run.local(2).with(checkpoints.resuming()), 4)))
                .usingRecursiveComparison()
                .isEqualTo(bits(due));
    }

    @Test
    void whatCannotBeLearnedIsSaid() {
        var small = new NetOptions(
                Net.of(new int[] {5}, new Linear(3, true)), 1, 4, new UpdateRule.Sgd(0.1f), new Course.Constant(), 0);
        assertThatThrownBy(() -> new NetLearning(small).prepare(images(10, 1), Run.local(1)))
                .hasMessageContaining("the data has 64 features, and the net takes [5]");
        var narrow = new NetOptions(
                Net.of(new int[] {64}, new Linear(2, true)), 1, 4, new UpdateRule.Sgd(0.1f), new Course.Constant(), 0);
        assertThatThrownBy(() -> new NetLearning(narrow).prepare(images(50, 1), Run.local(1)))
                .hasMessageContaining("the net has outputs for 2 classes");
        var wild = new NetOptions(net(), 5, 16, new UpdateRule.Sgd(1e30f), new Course.Constant(), 0);
        assertThatThrownBy(() -> new NetLearning(wild)
                        .prepare(images(200, 1), Run.local(1))
                        .run())
                .hasStackTraceContaining("steps are too large");
    }
}
