package orrery.learn.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Reading;
import orrery.data.Schema;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Run;
import orrery.engine.train.ModelRows;
import orrery.learn.InNodes;
import orrery.learn.Layout;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.table.spec.Consistency;

/** Clusters by key are those of Lloyd's from the same first centroids, on any number of members. */
@Timeout(120)
final class KeyedClustersTest {
    private static final int FAR = 40_000; // between features: so that a slice has few of the clusters
    private static final int CLUSTERS = 12;

    @TempDir
    Path folder = Path.of("");

    /** Weighted examples around some points; 6 features, far apart in numbers. */
    private static Loaded data(int count, long seed) {
        var random = new SplittableRandom(seed);
        var packer = new Examples.Packer();
        for (int i = 0; i < count; i++) {
            for (int f = 0; f < 6; f++) {
                double centre = (i % 9 * 7 + f * 5) % 11;
                packer.feature(f * FAR, (float) (centre + 1.5 * random.nextGaussian()));
            }
            packer.example(0, i % 7 == 0 ? 2 : 1);
        }
        int features = 5 * FAR + 1;
        return new Loaded(
                packer.pack(features), Schema.ofFeatures("libsvm", List.of(), List.of(), features), Reading.of("made"));
    }

    private static ClusterOptions options(int iterations) {
        return new ClusterOptions(CLUSTERS, iterations, 0, 0, 1);
    }

    private static KMeans keyed(ClusterOptions options) {
        return new KMeans(options, Layout.KEYED);
    }

    /** Lloyd's iterations as they are defined. */
    private static double[][] lloyd(Loaded data, long seed, int iterations) {
        var examples = data.examples();
        int count = (int) examples.size();
        var rows = new double[count][6];
        var weights = new float[count];
        var cursor = examples.cursor();
        for (int i = 0; i < count; i++) {
            cursor.move(i);
            weights[i] = cursor.weight();
            for (int p = cursor.from(); p < cursor.to(); p++) {
                rows[i][cursor.indices()[p] / FAR] = cursor.values()[p];
            }
        }
        long[] drawn = KeyedSeedStep.draw(count, CLUSTERS, seed);
        var centroids = new double[CLUSTERS][];
        Arrays.setAll(centroids, c -> rows[(int) drawn[c]].clone());
        for (int n = 0; n < iterations; n++) {
            var sums = new double[CLUSTERS][6];
            var sizes = new double[CLUSTERS];
            for (int i = 0; i < count; i++) {
                int best = 0;
                for (int c = 1; c < CLUSTERS; c++) {
                    best = distance(rows[i], centroids[c]) < distance(rows[i], centroids[best]) ? c : best;
                }
                sizes[best] += weights[i];
                for (int f = 0; f < 6; f++) {
                    sums[best][f] += weights[i] * rows[i][f];
                }
            }
            for (int c = 0; c < CLUSTERS; c++) {
                for (int f = 0; f < 6 && sizes[c] > 0; f++) {
                    centroids[c][f] = sums[c][f] / sizes[c];
                }
            }
        }
        return centroids;
    }

    private static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int f = 0; f < a.length; f++) {
            sum += (a[f] - b[f]) * (a[f] - b[f]);
        }
        return sum;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void areLloyds(int workers) throws IOException {
        assertThat(Slices.of(CLUSTERS, 5 * FAR + 2).count()).isGreaterThan(2);
        var data = data(400, 1);
        var run = Run.local(workers).withSeed(3);
        var model = keyed(options(8)).prepare(data, run).run().model();
        var due = lloyd(data, 3, 8);
        var row = new float[model.features()];
        for (int c = 0; c < CLUSTERS; c++) {
            model.centres().row(c, row);
            for (int f = 0; f < 6; f++) {
                assertThat((double) row[f * FAR]).isCloseTo(due[c][f], within(1e-4));
            }
        }
        double sum = 0;
        for (float size : model.counts()) {
            sum += size;
        }
        assertThat(sum).isEqualTo(400 + 58); // every seventh weighs 2
    }

    private ClusterModel among(int members, ClusterOptions options, Loaded data, Run run) throws Exception {
        return keyed(options)
                .prepare(
                        data,
                        run.with(new InNodes(
                                members,
                                run,
                                mine -> keyed(options).prepare(data, mine).join())))
                .run()
                .model();
    }

    /** Each member writes its part; what is read of the files is what one process finds. */
    @ParameterizedTest
    @ValueSource(ints = 3)
    void membersWriteTheSameBitsInParts(int members) throws Exception {
        var data = data(300, 2);
        var run = Run.local(4).writingTo(Place.of(folder.resolve("written")));
        var due = keyed(options(6)).prepare(data, Run.local(4)).run().model();
        var is = among(members, options(6), data, run);
        assertThat(is.centres()).isInstanceOf(ModelRows.InParts.class);
        try (var files = Files.list(folder.resolve("written"))) {
            assertThat(files.filter(file -> String.valueOf(file).contains("-of-")))
                    .hasSize(members);
        }
        var copy = folder.resolve("copy/other.safetensors");
        is.save(Place.of(copy));
        var read = ClusterModel.load(copy);
        assertThat(used(read)).isEqualTo(used(due));
        assertThat(read.counts()).isEqualTo(due.counts());
        assertThat(clusters(read, data)).isEqualTo(clusters(due, data));
        assertThat(read.score(data.examples()).get("inertia"))
                .isCloseTo(due.score(data.examples()).get("inertia"), within(1e-3));
        assertThatThrownBy(read::centroids).hasMessageContaining("row by row");
    }

    private static List<Integer> clusters(ClusterModel model, Loaded data) {
        var clusters = new ArrayList<Integer>();
        model.assign(data.examples(), (i, cluster, distance) -> clusters.add(cluster));
        return clusters;
    }

    /** Wherever it is stopped: at a cut, at once, or while the first are put. */
    @ParameterizedTest
    @ValueSource(strings = {"cut", "lloyd", "seed"})
    void aRunThatIsResumedHasTheSameBits(String when) throws IOException {
        var data = data(300, 4);
        var due = keyed(options(12)).prepare(data, Run.local(3)).run().model();
        var checkpoints = Checkpoints.in(Storage.local(folder.resolve("kept")));
        var stopping = new AtomicReference<Job>();
        var run = Run.local(3).with(checkpoints).listening(event -> {
            boolean isDue = when.equals("cut")
                    ? event instanceof RunEvent.CutReached cut && cut.stage().equals("lloyd")
                    : event instanceof RunEvent.StageStarted started
                            && started.stage().equals(when);
            if (isDue) {
                stopping.get().stop();
            }
        });
        var first = keyed(options(12)).prepare(data, run);
        stopping.set(first.job());
        assertThat(first.run().outcome().status()).isEqualTo(Outcome.Status.STOPPED);
        var is = keyed(options(12))
                .prepare(data, Run.local(3).with(checkpoints.resuming()))
                .run()
                .model();
        assertThat(used(is)).isEqualTo(used(due));
    }

    /** The cells of features that there are, by cluster. */
    private static List<List<Float>> used(ClusterModel model) {
        var rows = new ArrayList<List<Float>>();
        var row = new float[model.features()];
        for (int c = 0; c < model.clusters(); c++) {
            model.centres().row(c, row);
            var used = new ArrayList<Float>();
            for (int f = 0; f < 6; f++) {
                used.add(row[f * FAR]);
            }
            rows.add(used);
        }
        return rows;
    }

    @ParameterizedTest
    @ValueSource(strings = {"bsp", "asp"})
    void miniBatchesComeNear(String consistency) throws Exception {
        var data = data(900, 5);
        double due = keyed(options(30))
                .prepare(data, Run.local(1))
                .run()
                .model()
                .score(data.examples())
                .get("inertia");
        var run = Run.local(2).with(Consistency.parse(consistency)).writingTo(Place.of(folder.resolve("written")));
        var model = among(2, new ClusterOptions(CLUSTERS, 4, 0, 30, 1), data, run);
        assertThat(model.score(data.examples()).get("inertia")).isLessThan(1.2 * due);
        double drawn = 0;
        for (float count : model.counts()) {
            drawn += count;
        }
        assertThat(drawn).isEqualTo(4 * (900 + 129)); // every seventh weighs 2
    }

    @Test
    void theFirstAreDifferentExamples() {
        for (long seed = 0; seed < 20; seed++) {
            var drawn = KeyedSeedStep.draw(50, 40, seed);
            assertThat(Arrays.stream(drawn).boxed())
                    .hasSize(40)
                    .doesNotHaveDuplicates()
                    .allMatch(example -> example >= 0 && example < 50);
        }
        assertThatThrownBy(() -> new KMeans(options(1), Layout.SPARSE).prepare(data(20, 1), Run.local(1)))
                .hasMessageContaining("dense or keyed");
    }
}
