package orrery.learn.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.Ratings;
import orrery.engine.Job;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Run;
import orrery.learn.InNodes;
import orrery.learn.Layout;
import orrery.learn.factor.FactorOptions.Method;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.table.plan.Placing;
import orrery.table.spec.Consistency;

final class MatrixFactorizationTest {
    @TempDir
    Path folder;

    /** Ratings without noise: a mean, biases and two factors. */
    private static Ratings exact(int users, int items, int count, long seed) {
        var random = new SplittableRandom(seed);
        var p = new double[users][3];
        var q = new double[items][3];
        for (var side : new double[][][] {p, q}) {
            for (var row : side) {
                for (int c = 0; c < 3; c++) {
                    row[c] = 0.7 * random.nextGaussian();
                }
            }
        }
        var u = new int[count];
        var i = new int[count];
        var value = new float[count];
        for (int n = 0; n < count; n++) {
            u[n] = random.nextInt(users);
            i[n] = (int) (items * Math.pow(random.nextDouble(), 2));
            value[n] = (float) (3 + p[u[n]][2] + q[i[n]][2] + p[u[n]][0] * q[i[n]][0] + p[u[n]][1] * q[i[n]][1]);
        }
        return new Ratings(List.of(), List.of(), users, items, u, i, value);
    }

    private static FactorOptions options(int passes) {
        return new FactorOptions(6, passes, 0.05f, 0.99f, 0.0005f, Method.SGD);
    }

    private static FactorModel train(FactorOptions options, Ratings ratings, Run run) throws Exception {
        return new MatrixFactorization(options)
                .prepare(ratings, Optional.empty(), run)
                .run()
                .model();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void findsTheFactors(int workers) throws Exception {
        var split = exact(200, 120, 14_000, 1).split(0.1, 1);
        var model = train(options(80), split.train(), Run.local(workers));
        assertThat(model.score(split.train()).get("rmse")).isLessThan(0.1);
        assertThat(model.score(split.test()).get("rmse")).isLessThan(0.2);
        assertThat(model.score(split.test()).get("mae"))
                .isLessThan(model.score(split.test()).get("rmse"));
    }

    /** Tiles that go from worker to worker: as good, and the same bits wherever workers are. */
    @ParameterizedTest
    @EnumSource(
            value = Method.class,
            names = {"SGD", "ROW_ADAGRAD"})
    void tilesRotate(Method method) throws Exception {
        var split = exact(200, 120, 14_000, 7).split(0.1, 7);
        var options = method == Method.SGD ? options(60) : new FactorOptions(6, 60, 0.1f, 0.98f, 0.0005f, method);
        var by = new Consistency.Rotating(Consistency.Rotating.BLOCKS);
        var run = Run.local(4).with(by);
        var model = train(options, split.train(), run);
        double due =
                train(options, split.train(), Run.local(4)).score(split.test()).get("rmse");
        assertThat(model.score(split.test()).get("rmse")).isLessThan(1.1 * due);
        for (int members = 2; members <= 4; members += 2) {
            var nodes = new InNodes(
                    members,
                    run,
                    mine -> new MatrixFactorization(options)
                            .prepare(split.train(), Optional.of(split.test()), mine)
                            .join());
            var among = new MatrixFactorization(options)
                    .prepare(split.train(), Optional.of(split.test()), run.with(nodes))
                    .run()
                    .model();
            assertThat(among.items()).isEqualTo(model.items());
            assertThat(among.users()).isEqualTo(model.users());
        }
        assertThatThrownBy(() ->
                        new MatrixFactorization(options, Layout.KEYED).prepare(split.train(), Optional.empty(), run))
                .hasMessageContaining("items that rotate lie by their tiles");
    }

    /** Every process holds its own factors, and writes them: they are those of factors side by side. */
    @ParameterizedTest
    @EnumSource(Method.class)
    void factorsByKeyAreTheSameBits(Method method) throws Exception {
        var split = exact(200, 120, 3_000, 5).split(0.1, 5);
        var options = new FactorOptions(6, 4, 0.05f, 0.99f, 0.0005f, method);
        var due = train(options, split.train(), Run.local(4));
        var keyed = new MatrixFactorization(options, Layout.KEYED);
        var validation = Optional.of(split.test());
        var alone = keyed.prepare(split.train(), Optional.empty(), Run.local(4))
                .run()
                .model();
        assertThat(alone.users()).isEqualTo(due.users());
        assertThat(alone.items()).isEqualTo(due.items());

        var run = Run.local(4).writingTo(Place.of(folder.resolve("written")));
        var measured = new AtomicReference<Map<String, Double>>(Map.of());
        var trained = keyed.prepare(
                        split.train(),
                        validation,
                        run.with(new InNodes(
                                        2,
                                        run,
                                        mine -> keyed.prepare(split.train(), validation, mine)
                                                .join()))
                                .listening(event -> {
                                    if (event instanceof RunEvent.CutReached of) {
                                        measured.set(of.metrics());
                                    }
                                }))
                .run();
        var parts = trained.model();
        try (var files = Files.list(folder.resolve("written"))) {
            assertThat(files.filter(file -> String.valueOf(file).contains("-of-")))
                    .hasSize(4); // of 2 tables
        }
        var copy = folder.resolve("copy/other.safetensors");
        parts.save(Place.of(copy));
        var read = FactorModel.load(copy);
        var row = new float[options.rank() + 1];
        for (int user = 0; user < due.userCount(); user++) {
            read.userFactors().row(user, row);
            assertThat(row).isEqualTo(Arrays.copyOfRange(due.users(), user * row.length, (user + 1) * row.length));
        }
        for (int item = 0; item < due.itemCount(); item++) {
            read.itemFactors().row(item, row);
            assertThat(row).isEqualTo(Arrays.copyOfRange(due.items(), item * row.length, (item + 1) * row.length));
        }
        assertThat(parts.score(split.test())).isEqualTo(due.score(split.test()));
        assertThat(parts.recommend(3, 10, new BitSet())).isEqualTo(due.recommend(3, 10, new BitSet()));
        assertThat(measured.get().get("validation.rmse"))
                .isEqualTo(due.score(split.test()).get("rmse"));
        assertThatThrownBy(parts::users).hasMessageContaining("row by row");
    }

    @Test
    void asynchronousWorkersFindThem() throws Exception {
        var split = exact(200, 120, 14_000, 1).split(0.1, 1);
        var run = Run.local(4).with(new Consistency.Ssp(2));
        assertThat(train(options(80), split.train(), run).score(split.test()).get("rmse"))
                .isLessThan(0.25);
    }

    @Test
    void adaRevisionFindsThem() throws Exception {
        var split = exact(200, 120, 14_000, 1).split(0.1, 1);
        var options = new FactorOptions(6, 200, 0.1f, 1, 0.0005f, Method.ADA_REVISION);
        for (int workers : new int[] {1, 3}) {
            assertThat(train(options, split.train(), Run.local(workers))
                            .score(split.test())
                            .get("rmse"))
                    .isLessThan(0.3);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void rowAdaGradFindsThemWhateverTheScale(int workers) throws Exception {
        var split = exact(200, 120, 14_000, 1).split(0.1, 1);
        var options = new FactorOptions(6, 60, 0.2f, 0.97f, 0.0005f, Method.ROW_ADAGRAD);
        double rmse = train(options, split.train(), Run.local(workers))
                .score(split.test())
                .get("rmse");
        assertThat(rmse).isLessThan(0.2);
        double ofThousands = train(options, times(split.train(), 1000), Run.local(workers))
                .score(times(split.test(), 1000))
                .get("rmse");
        assertThat(ofThousands).isCloseTo(1000 * rmse, within(100 * rmse));
    }

    private static Ratings times(Ratings ratings, float by) {
        var values = ratings.values().clone();
        for (int n = 0; n < values.length; n++) {
            values[n] *= by;
        }
        return new Ratings(
                ratings.userNames(),
                ratings.itemNames(),
                ratings.userCount(),
                ratings.itemCount(),
                ratings.users(),
                ratings.items(),
                values);
    }

    @Test
    void ratingsThatAreAllTheSameAreTheMean() throws Exception {
        var ratings = times(exact(20, 10, 300, 1), 0);
        var model = train(FactorOptions.DEFAULT, ratings, Run.local(2));
        assertThat(model.score(ratings).get("rmse")).isLessThan(0.2);
    }

    /** The step, from its definition, of one rating. */
    @Test
    void rowAdaGradMovesBothRows() {
        var ratings = new Ratings(List.of(), List.of(), 1, 1, new int[] {0}, new int[] {0}, new float[] {5});
        int rank = 2;
        var p = new float[RowAdaGrad.stride(rank)];
        var q = new float[RowAdaGrad.stride(rank)];
        int tail = RowAdaGrad.padded(rank);
        System.arraycopy(new float[] {0.1f, -0.2f}, 0, p, 0, rank);
        System.arraycopy(new float[] {0.4f, 0.5f}, 0, q, 0, rank);
        p[tail + RowAdaGrad.BIAS] = 0.3f;
        q[tail + RowAdaGrad.BIAS] = -0.6f;
        p[tail + RowAdaGrad.HISTORY] = 3;
        RowAdaGrad.measure(p, 1, rank);
        RowAdaGrad.measure(q, 1, rank);
        float error = (5 - 3) / 2f - (0.3f - 0.6f + 0.1f * 0.4f - 0.2f * 0.5f);
        double squares = new ScalarRowAdaGrad()
                .descend(Tiles.of(ratings, Division.of(ratings, 1), 1, 0), 0, 1, 3, 0.5f, 0.1f, 0.01f, rank, p, q);
        assertThat(squares).isCloseTo(error * error, within(1e-6));
        float stepOfUser = 0.1f / 2; // its history is 3
        assertThat(p[0]).isCloseTo(0.1f + stepOfUser * (error * 0.4f - 0.01f * 0.1f), within(1e-6f));
        assertThat(q[0]).isCloseTo(0.4f + 0.1f * (error * 0.1f - 0.01f * 0.4f), within(1e-6f));
        assertThat(p[tail + RowAdaGrad.BIAS]).isCloseTo(0.3f + stepOfUser * (error - 0.01f * 0.3f), within(1e-6f));
        assertThat(q[tail + RowAdaGrad.BIAS]).isCloseTo(-0.6f + 0.1f * (error + 0.01f * 0.6f), within(1e-6f));
        assertThat(p[tail + RowAdaGrad.HISTORY])
                .isCloseTo(3 + error * error * (0.4f * 0.4f + 0.5f * 0.5f) / 2, within(1e-6f));
        assertThat(q[tail + RowAdaGrad.HISTORY])
                .isCloseTo(error * error * (0.1f * 0.1f + 0.2f * 0.2f) / 2, within(1e-6f));
    }

    /** Vectors yield the scalar's bits, of all ranks. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 16, 17, 33, 64, 65, 100})
    void vectorsYieldTheSameBits(int rank) {
        var ratings = exact(40, 30, 2000, rank);
        var tiles = Tiles.of(ratings, Division.of(ratings, 1), 1, 0);
        var random = new SplittableRandom(rank);
        var p = new float[40 * RowAdaGrad.stride(rank)];
        var q = new float[30 * RowAdaGrad.stride(rank)];
        for (var rows : List.of(p, q)) {
            for (int at = 0; at < rows.length; at += RowAdaGrad.stride(rank)) {
                for (int c = 0; c < rank; c++) {
                    rows[at + c] = (float) random.nextDouble() - 0.5f;
                }
                rows[at + RowAdaGrad.padded(rank) + RowAdaGrad.HISTORY] = (float) random.nextDouble();
            }
            RowAdaGrad.measure(rows, rows.length / RowAdaGrad.stride(rank), rank);
        }
        var vp = p.clone();
        var vq = q.clone();
        double scalar = new ScalarRowAdaGrad().descend(tiles, 0, 2000, 3, 0.9f, 0.1f, 0.05f, rank, p, q);
        double vector = new VectorRowAdaGrad().descend(tiles, 0, 2000, 3, 0.9f, 0.1f, 0.05f, rank, vp, vq);
        assertThat(vp).isEqualTo(p);
        assertThat(vq).isEqualTo(q);
        assertThat(vector).isCloseTo(scalar, within(1e-9 * scalar));
    }

    /** The step, from its definition, rating by rating. */
    @Test
    void oneRatingMovesBothRowsDownTheGradient() {
        var ratings = new Ratings(List.of(), List.of(), 1, 1, new int[] {0}, new int[] {0}, new float[] {5});
        var p = new float[] {0.1f, -0.2f, 0.3f};
        var q = new float[] {0.4f, 0.5f, -0.6f};
        float error = 5 - (3 + 0.3f - 0.6f + 0.1f * 0.4f - 0.2f * 0.5f);
        new Descent(new ScalarRows())
                .sgd(
                        Tiles.of(ratings, Division.of(ratings, 1), 1, 0),
                        0,
                        1,
                        3,
                        0.1f,
                        0.01f,
                        2,
                        new float[][] {p},
                        new float[][] {q});
        assertThat(p[0]).isCloseTo(0.1f + 0.1f * (error * 0.4f - 0.01f * 0.1f), within(1e-6f));
        assertThat(q[0]).isCloseTo(0.4f + 0.1f * (error * 0.1f - 0.01f * 0.4f), within(1e-6f));
        assertThat(p[2]).isCloseTo(0.3f + 0.1f * (error - 0.01f * 0.3f), within(1e-6f));
        assertThat(q[2]).isCloseTo(-0.6f + 0.1f * (error + 0.01f * 0.6f), within(1e-6f));
    }

    /** Every rating is of exactly one worker and one tile; at one clock no two workers have the same tile. */
    @Test
    void tilesShareOutTheRatings() {
        var ratings = exact(90, 300, 5000, 2);
        int count = Tiles.count(Division.of(ratings, 3), 2000);
        assertThat(count % 3).isZero();
        assertThat(count).isGreaterThan(3);
        var seen = new float[5000];
        int n = 0;
        for (int w = 0; w < 3; w++) {
            var tiles = Tiles.of(ratings, Division.of(ratings, 3), count, w);
            for (int t = 0; t < count; t++) {
                for (int k = tiles.starts[t]; k < tiles.starts[t + 1]; k++) {
                    assertThat(tiles.user[k]).isBetween(0, tiles.lastUser - tiles.firstUser - 1);
                    assertThat(tiles.items[t][tiles.item[k]]).isBetween(0L, 299L);
                    seen[n++] = tiles.value[k];
                }
            }
            assertThat(tiles.value.length).isBetween(1300, 2000);
        }
        assertThat(n).isEqualTo(5000);
        var due = ratings.values().clone();
        java.util.Arrays.sort(seen);
        java.util.Arrays.sort(due);
        assertThat(seen).containsExactly(due);
    }

    @ParameterizedTest
    @EnumSource(Placing.class)
    void aPlanChangesNoBit(Placing placing) throws Exception {
        var ratings = exact(60, 80, 2000, 3);
        var run = Run.local(3);
        var due = train(options(4), ratings, run);
        var plan = new MatrixFactorization(options(4))
                .prepare(ratings, Optional.empty(), run)
                .plan(placing, 3);
        assertThat(plan.tables()).hasSize(2);
        var is = train(options(4), ratings, run.with(plan));
        assertThat(is.users()).containsExactly(due.users());
        assertThat(is.items()).containsExactly(due.items());
    }

    @Test
    void goesOnWhereItStopped() throws Exception {
        var ratings = exact(60, 80, 2000, 3);
        var due = train(options(6), ratings, Run.local(2));
        var checkpoints = Checkpoints.in(Storage.local(folder)).every(1);
        var stopping = new Job[1];
        var run = Run.local(2).with(checkpoints).listening(event -> {
            if (event instanceof RunEvent.CutReached cut && cut.clock() == 6) {
                stopping[0].stop();
            }
        });
        var training = new MatrixFactorization(options(6)).prepare(ratings, Optional.empty(), run);
        stopping[0] = training.job();
        training.run();
        var resumed = train(options(6), ratings, Run.local(2).with(checkpoints.resuming()));
        assertThat(resumed.items()).containsExactly(due.items());
        assertThat(resumed.users()).containsExactly(due.users());
    }

    /** Whenever it is stopped: what users have learned in a pass is not lost. */
    @ParameterizedTest
    @EnumSource(Method.class)
    void goesOnWhereItWasStoppedAtOnce(Method method) throws Exception {
        var ratings = exact(600, 500, 9_000, 3);
        var options = new FactorOptions(6, 40, 0.05f, 0.99f, 0.0005f, method);
        var due = train(options, ratings, Run.local(3));
        var checkpoints = Checkpoints.in(Storage.local(folder));
        var stopping = new Job[1];
        var run = Run.local(3).with(checkpoints).listening(event -> {
            if (event instanceof RunEvent.StageStarted) {
                stopping[0].stop();
            }
        });
        var training = new MatrixFactorization(options).prepare(ratings, Optional.empty(), run);
        stopping[0] = training.job();
        training.run();
        var resumed = train(options, ratings, Run.local(3).with(checkpoints.resuming()));
        assertThat(resumed.items()).isEqualTo(due.items());
        assertThat(resumed.users()).isEqualTo(due.users());
    }

    /** Workers that have only the ratings of their own users learn what they would learn of all, to the last bit. */
    @Test
    void ownRatingsAreEnough() throws Exception {
        var ratings = exact(60, 80, 2000, 4);
        var due = train(options(3), ratings, Run.local(3));
        var division = Division.of(ratings, 3);
        for (int user = 0; user < 60; user++) {
            assertThat(division.workerOf(user)).isBetween(0, 2);
            assertThat(user)
                    .isBetween(
                            division.firstUsers()[division.workerOf(user)],
                            division.firstUsers()[division.workerOf(user) + 1] - 1);
        }
        var order = IntStream.range(0, ratings.size())
                .boxed()
                .sorted(Comparator.comparing(i -> division.workerOf(ratings.users()[i])))
                .mapToInt(i -> i)
                .toArray(); // by worker, as workers of their own would have them
        var dealt = new Ratings(
                ratings.userNames(),
                ratings.itemNames(),
                60,
                80,
                Arrays.stream(order).map(i -> ratings.users()[i]).toArray(),
                Arrays.stream(order).map(i -> ratings.items()[i]).toArray(),
                floats(order, ratings.values()));
        var model = new MatrixFactorization(options(3))
                .prepare(dealt, division, Run.local(3))
                .run()
                .model();
        assertThat(model.items()).containsExactly(due.items());
        assertThat(model.users()).containsExactly(due.users());
    }

    private static float[] floats(int[] order, float[] of) {
        var floats = new float[order.length];
        for (int i = 0; i < order.length; i++) {
            floats[i] = of[order[i]];
        }
        return floats;
    }

    @Test
    void whatIsSavedIsLoadedAndRecommends() throws Exception {
        var ratings = exact(40, 30, 900, 5);
        var model = train(options(20), ratings, Run.local(1)).from(Map.of("data", "exact"));
        var file = folder.resolve("factors.safetensors");
        model.save(file);
        var loaded = FactorModel.load(file);
        assertThat(loaded.items()).containsExactly(model.items());
        assertThat(loaded.provenance()).containsEntry("data", "exact");
        var known = new BitSet();
        known.set(0, 10);
        var best = loaded.recommend(3, 5, known);
        assertThat(best).hasSize(5).allMatch(entry -> entry.number() >= 10);
        for (int item = 10; item < 30; item++) {
            int other = item;
            if (best.stream().noneMatch(entry -> entry.number() == other)) {
                assertThat((double) loaded.predict(3, item))
                        .isLessThanOrEqualTo(best.getLast().rating());
            }
        }
    }
}
