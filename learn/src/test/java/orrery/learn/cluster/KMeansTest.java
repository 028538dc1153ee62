package orrery.learn.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.Data;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Run;
import orrery.store.Storage;
import orrery.table.plan.Placing;
import orrery.table.spec.Consistency;

final class KMeansTest {
    private static final int FEATURES = 8;

    @TempDir
    Path folder;

    /** Examples around a few points, some cells of them 0. */
    private Loaded around(int points, int examples, double spread, long seed) throws IOException {
        var random = new SplittableRandom(seed);
        var centres = new double[points][FEATURES];
        for (var centre : centres) {
            for (int f = 0; f < FEATURES; f++) {
                centre[f] = random.nextBoolean() ? 10 * random.nextDouble() : 0;
            }
        }
        var text = new StringBuilder();
        for (int i = 0; i < examples; i++) {
            text.append(i % points);
            for (int f = 0; f < FEATURES; f++) {
                double value = centres[i % points][f] + spread * random.nextGaussian();
                if (centres[i % points][f] != 0 || f == 0) {
                    text.append(String.format(Locale.ROOT, " %d:%.4f", f + 1, value));
                }
            }
            text.append('\n');
        }
        var file = folder.resolve("around-" + seed + ".libsvm");
        Files.writeString(file, text);
        return Data.parse(file, ReadOptions.defaults(), null, true);
    }

    private static float[][] dense(Loaded data) {
        var rows = new float[(int) data.examples().size()][data.examples().features()];
        var cursor = data.examples().cursor();
        for (int i = 0; i < rows.length; i++) {
            cursor.move(i);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                rows[i][cursor.indices()[k]] = cursor.values()[k];
            }
        }
        return rows;
    }

    /** Lloyd's iterations from their definition, from the same first centroids. Returns the inertia. */
    private static double lloyd(float[][] rows, float[] seeds, int clusters, int iterations) {
        int features = rows[0].length;
        var centroids = new double[clusters][features];
        for (int c = 0; c < clusters; c++) {
            for (int f = 0; f < features; f++) {
                centroids[c][f] = seeds[c * features + f];
            }
        }
        double inertia = 0;
        for (int n = 0; n <= iterations; n++) {
            var sums = new double[clusters][features];
            var counts = new int[clusters];
            inertia = 0;
            for (var row : rows) {
                int best = 0;
                double least = Double.MAX_VALUE;
                for (int c = 0; c < clusters; c++) {
                    double distance = 0;
                    for (int f = 0; f < features; f++) {
                        distance += (row[f] - centroids[c][f]) * (row[f] - centroids[c][f]);
                    }
                    if (distance < least) {
                        least = distance;
                        best = c;
                    }
                }
                inertia += least;
                counts[best]++;
                for (int f = 0; f < features; f++) {
                    sums[best][f] += row[f];
                }
            }
            for (int c = 0; c < clusters; c++) {
                for (int f = 0; counts[c] > 0 && f < features; f++) {
                    centroids[c][f] = sums[c][f] / counts[c];
                }
            }
        }
        return inertia;
    }

    private static ClusterModel cluster(ClusterOptions options, Loaded data, Run run) throws IOException {
        return new KMeans(options).prepare(data, run).run().model();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void lloydsIterationsAreLloyds(int workers) throws IOException {
        var data = around(6, 700, 1.5, 1);
        var options = new ClusterOptions(6, 12, 0, 0, 1);
        double due = lloyd(dense(data), afterOne(options, data), 6, 11);
        double is = cluster(options, data, Run.local(workers))
                .score(data.examples())
                .get("inertia");
        assertThat(is).isCloseTo(due, within(due * 1e-4));
    }

    /** The centroids after the first iteration. */
    private static float[] afterOne(ClusterOptions options, Loaded data) throws IOException {
        var one = new ClusterOptions(options.clusters(), 1, 0, 0, options.starts());
        return cluster(one, data, Run.local(1)).centroids();
    }

    /** Points that one start in three or so merges: the best of some finds them all. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void theBestOfSomeStartsIsSeldomWorse(long seed) throws IOException {
        var data = around(12, 1200, 0.4, 7);
        double one = inertia(data, 1, seed);
        double eight = inertia(data, 8, seed);
        assertThat(eight).isLessThanOrEqualTo(one * 1.001);
        assertThat(eight).isLessThan(1200 * FEATURES * 0.4 * 0.4 * 1.3);
    }

    private static double inertia(Loaded data, int starts, long seed) throws IOException {
        return cluster(
                        new ClusterOptions(12, 30, 0, 0, starts),
                        data,
                        Run.local(2).withSeed(seed))
                .score(data.examples())
                .get("inertia");
    }

    /** Bounds leave out only what cannot be the nearest: by all iterations, with and without vectors, ties included. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16, 17, 40})
    void boundsMissNothing(int clusters) throws IOException {
        var data = around(7, 900, 1.5, clusters);
        var examples = data.examples();
        var random = new SplittableRandom(clusters);
        var centroids = new float[clusters * examples.features()];
        for (int at = 0; at < centroids.length; at++) {
            centroids[at] = random.nextInt(4); // some are the same
        }
        var nearest = new Nearest(examples, 100, 900, clusters, Sums.mean(centroids, examples.features()));
        var sums = new Sums(clusters, examples.features());
        for (int iteration = 0; iteration < 12; iteration++) {
            nearest.assign(centroids.clone(), sums);
            var found = new ArrayList<Integer>();
            for (int i = 0; i < 800; i++) {
                found.add(nearest.cluster(i));
            }
            assertThat(found).isEqualTo(byDefinition(examples, centroids, clusters));
            for (int at = 0; at < centroids.length; at++) { // as Lloyd's would, but for some noise
                int c = at / examples.features();
                centroids[at] = sums.count(c) == 0
                        ? centroids[at]
                        : (float) (sums.sum(c, at % examples.features()) / sums.count(c));
                centroids[at] += (float) (0.1 * random.nextGaussian() / (1 + iteration));
            }
        }
    }

    private static List<Integer> byDefinition(Examples examples, float[] centroids, int clusters) {
        var near = new Centroids(clusters, examples.features());
        for (int c = 0; c < clusters; c++) {
            near.set(c, centroids, c * examples.features());
        }
        near.seal();
        var found = new ArrayList<Integer>();
        var cursor = examples.cursor();
        for (int i = 100; i < 900; i++) {
            cursor.move(i);
            found.add(near.nearest(cursor));
        }
        return found;
    }

    /** Wherever it is stopped: at a cut, or at once. */
    @ParameterizedTest
    @ValueSource(strings = {"cut", "lloyd", "seed"})
    void aRunThatIsResumedHasTheSameBits(String when) throws IOException {
        var data = around(9, 1500, 2, 5);
        var options = new ClusterOptions(20, 30, 0, 0, 2);
        var due = cluster(options, data, Run.local(3)).centroids();
        var checkpoints = Checkpoints.in(Storage.local(folder.resolve("kept")));
        var stopping = new AtomicReference<Job>();
        var run = Run.local(3).with(checkpoints).listening(event -> {
            boolean isDue = when.equals("cut")
                    ? event instanceof RunEvent.CutReached cut && cut.stage().equals("lloyd") && cut.clock() == 10
                    : event instanceof RunEvent.StageStarted started
                            && started.stage().equals(when);
            if (isDue) {
                stopping.get().stop();
            }
        });
        var first = new KMeans(options).prepare(data, run);
        stopping.set(first.job());
        assertThat(first.run().outcome().status()).isEqualTo(Outcome.Status.STOPPED);
        assertThat(cluster(options, data, Run.local(3).with(checkpoints.resuming()))
                        .centroids())
                .containsExactly(due);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bsp", "ssp:2", "asp"})
    void miniBatchesComeNear(String consistency) throws IOException {
        var data = around(5, 2000, 0.6, 3);
        var run = Run.local(3).with(Consistency.parse(consistency));
        double due = cluster(new ClusterOptions(5, 50, 0, 0, 1), data, Run.local(1))
                .score(data.examples())
                .get("inertia");
        double is = cluster(new ClusterOptions(5, 6, 0, 20, 1), data, run)
                .score(data.examples())
                .get("inertia");
        assertThat(is).isLessThan(1.1 * due);
    }

    @Test
    void aPlanChangesNoBit() throws Exception {
        var data = around(5, 300, 1, 4);
        var options = new ClusterOptions(5, 8, 0, 0, 1);
        var run = Run.local(2);
        var plan = new KMeans(options).prepare(data, run).plan(Placing.FEWEST_BYTES, 2);
        assertThat(plan.tables()).isNotEmpty();
        assertThat(cluster(options, data, run.with(plan)).centroids())
                .containsExactly(cluster(options, data, run).centroids());
    }

    @Test
    void whatIsSavedIsLoaded() throws IOException {
        var data = around(5, 300, 1, 4);
        var model = cluster(ClusterOptions.DEFAULT, data, Run.local(1)).from(Map.of("data", "around"));
        var file = folder.resolve("clusters.safetensors");
        model.save(file);
        var loaded = ClusterModel.load(file);
        assertThat(loaded.centroids()).containsExactly(model.centroids());
        assertThat(loaded.score(data.examples())).isEqualTo(model.score(data.examples()));
        assertThat(loaded.provenance()).containsEntry("data", "around");
    }

    @Test
    void moreClustersThanExamplesAreAnError() throws IOException {
        var data = around(2, 5, 1, 4);
        assertThatThrownBy(() -> cluster(ClusterOptions.DEFAULT, data, Run.local(1)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("5 examples, too few for 10 clusters");
    }
}
