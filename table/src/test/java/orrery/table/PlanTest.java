package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.store.Storage;
import orrery.table.hold.Table;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;
import orrery.table.plan.Recording;
import orrery.table.plan.RowOrder;
import orrery.table.spec.Consistency;
import orrery.table.spec.Init;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;
import orrery.wire.Faults;

/** What is recorded, and what follows from it. */
final class PlanTest {
    private static final int ROWS = 900;
    private static final int WORKERS = 4;

    @TempDir
    Path folder;

    /** A worker's clock: mostly rows of its own part, a few that all share. */
    private static void step(Session session, Table table, int clock) {
        var random = new SplittableRandom(31L * clock + session.worker());
        int part = ROWS / session.workers();
        var keys = new long[60];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = i < 50 ? (long) session.worker() * part + random.nextInt(part) : random.nextInt(20);
        }
        keys = Arrays.stream(keys).distinct().toArray();
        var values = new float[keys.length * table.spec().width()];
        session.gather(table, keys, values);
        Arrays.fill(values, 1);
        session.add(table, keys, values);
    }

    private static List<Recording> record(TableSpec spec, int clocks) {
        var node = new Node();
        var table = node.create(spec);
        var recordings = new ArrayList<Recording>();
        for (int w = 0; w < WORKERS; w++) {
            var recording = new Recording();
            var session = node.virtual(w, WORKERS, recording);
            for (int clock = 0; clock < clocks; clock++) {
                step(session, table, clock);
                session.tick();
            }
            recordings.add(recording);
        }
        assertThat(node.values(table)).containsOnly(0); // nothing was done
        return recordings;
    }

    private static AccessPlan plan(Placing placing, TableSpec spec, int clocks, int members) {
        var memberOf = new int[WORKERS];
        Arrays.setAll(memberOf, w -> w * members / WORKERS);
        return AccessPlan.of(
                placing,
                members,
                record(spec, clocks),
                memberOf,
                Map.of(spec.name(), new AccessPlan.Shape(ROWS, spec.width())));
    }

    private static TableSpec spec(int width) {
        return TableSpec.dense("w", ROWS, width);
    }

    @Test
    void eachRowIsRecordedOnceAClock() {
        var recording = record(spec(1), 3).get(2);
        assertThat(recording.clocks()).isEqualTo(3);
        for (int clock = 0; clock < 3; clock++) {
            assertThat(recording.reads("w", clock)).doesNotHaveDuplicates().hasSizeBetween(30, 60);
            assertThat(recording.writes("w", clock)).containsExactly(recording.reads("w", clock));
        }
        assertThat(recording.hasRanges("w")).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Placing.class)
    void anOrderHasEachRowOnce(Placing placing) {
        var order = plan(placing, spec(3), 4, 3).of("w").orElseThrow().order();
        var seen = new BitSet();
        for (int row = 0; row < ROWS; row++) {
            assertThat(order.row(order.slot(row))).isEqualTo(row);
            seen.set(order.slot(row));
        }
        assertThat(seen.cardinality()).isEqualTo(ROWS);
        assertThat(order.blocks()).isLessThanOrEqualTo(64);
        for (int slot = 0; slot < order.slots(); slot++) {
            if (!seen.get(slot)) {
                assertThat(order.row(slot)).isEqualTo(-1);
            }
        }
    }

    @Test
    void bytesDecideUnderACap() {
        var hash = plan(Placing.HASH, spec(3), 4, 2);
        var bytes = plan(Placing.FEWEST_BYTES, spec(3), 4, 2);
        assertThat(bytes.bytesPerClock()).isLessThan(0.35 * hash.bytesPerClock());
        long[] owned = bytes.of("w").orElseThrow().rowsOwned();
        assertThat(Arrays.stream(owned).max().orElse(0)).isLessThanOrEqualTo((long) (1.2 * ROWS / 2));
    }

    /** What a plan predicts is what crosses the wire. */
    @ParameterizedTest
    @EnumSource(Placing.class)
    void predictsTheBytes(Placing placing) {
        int clocks = 40;
        var plan = plan(placing, spec(64), clocks, 2);
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(spec(64).ordered(plan.of("w").orElseThrow().order()));
            nodes.run(WORKERS, (session, node) -> {
                var table = node.find("w");
                for (int clock = 0; clock < clocks; clock++) { // subscribes to all it will read
                    if (clock == 0) {
                        subscribe(session, table, clocks);
                    }
                    step(session, table, clock);
                    session.tick();
                }
            });
            long sent = nodes.all.stream()
                    .mapToLong(node -> node.counted().get("bytesSent"))
                    .sum();
            double ticks = clocks * WORKERS * 48.0;
            assertThat((sent - ticks) / clocks / plan.bytesPerClock()).isBetween(0.95, 1.07);
        }
    }

    private static void subscribe(Session session, Table table, int clocks) {
        var all = new BitSet();
        for (int clock = 0; clock < clocks; clock++) {
            var random = new SplittableRandom(31L * clock + session.worker());
            int part = ROWS / session.workers();
            for (int i = 0; i < 60; i++) {
                all.set(i < 50 ? session.worker() * part + random.nextInt(part) : random.nextInt(20));
            }
        }
        session.view(session.slots(table, all.stream().asLongStream().toArray()));
    }

    @Test
    void hotRowsAreThoseThatWorkersContendFor() {
        var node = new Node();
        var table = node.create(spec(1));
        var recordings = new ArrayList<Recording>();
        for (int w = 0; w < 3; w++) {
            var recording = new Recording();
            var session = node.virtual(w, 3, recording);
            for (int i = 0; i < 100; i++) {
                session.add(table, new long[] {i % 2 == 0 ? 7 : 10 + w * 100 + i}, new float[] {1});
            }
            session.tick();
            recordings.add(recording);
        }
        var plan = AccessPlan.of(Placing.HASH, 1, recordings, new int[3], Map.of("w", new AccessPlan.Shape(ROWS, 1)));
        for (int[] hot : plan.of("w").orElseThrow().hot()) {
            assertThat(hot).containsExactly(7);
        }
    }

    @Test
    void aPlanIsKeptAndRead() throws IOException {
        var plan = plan(Placing.FEWEST_BYTES, spec(3), 4, 3);
        var storage = Storage.local(folder);
        plan.write(storage, "plan.safetensors");
        var read = AccessPlan.read(storage, "plan.safetensors");
        assertThat(read.of("w").orElseThrow().order())
                .isEqualTo(plan.of("w").orElseThrow().order());
        assertThat(read.bytesPerClock()).isEqualTo(plan.bytesPerClock());
        assertThat(String.valueOf(read.of("w").orElseThrow().order()))
                .isEqualTo(String.valueOf(plan(Placing.FEWEST_BYTES, spec(3), 4, 3)
                        .of("w")
                        .orElseThrow()
                        .order()));
    }

    @Test
    void aRangeOfAnOrderedTableIsReadByItsRowsAndKernelsNeedPlaces() {
        var order = RowOrder.of(new int[] {1, 0, 1, 0}, new long[4], 2);
        var node = new Node();
        var table = node.create(
                TableSpec.dense("o", 4, 1).with(new Init.Uniform(3, 0, 1)).ordered(order));
        var natural = new Node();
        var other = natural.create(TableSpec.dense("o", 4, 1).with(new Init.Uniform(3, 0, 1)));
        assertThat(node.values(table)).containsExactly(natural.values(other));
        node.begin(1, 0, Sessions.LIMIT);
        var session = node.session(0);
        var view = session.view(table);
        for (int row = 0; row < 4; row++) {
            assertThat(view.get(row, 0)).isEqualTo(natural.values(other)[row]);
        }
        assertThatThrownBy(() -> view.dot(new int[] {0}, new float[] {1}, 0, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Session.slots");
        var slots = session.slots(table, new long[] {2, 0});
        var out = new float[1];
        session.view(slots).sums(new int[] {slots.place(0), slots.place(1)}, new int[] {0, 2}, 0, 1, out, 0);
        assertThat(out[0]).isEqualTo(natural.values(other)[2] + natural.values(other)[0]);
    }

    private static void onTwo(TableSpec spec, Nodes.Body body) {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(spec);
            nodes.run(2, body);
        }
    }

    /** What is needed first lies first, so it is told first. */
    @Test
    void rowsOfOneOwnerLieByTheirFirstUse() {
        var order = RowOrder.of(new int[] {1, 0, 1, 0, 1}, new long[] {7, 7, 7, 7, 3}, new int[] {5, 1, 2, 0, 9}, 2);
        assertThat(order.slot(3)).isLessThan(order.slot(1));
        assertThat(order.slot(4)).isLessThan(order.slot(2)); // of a group before
        assertThat(order.slot(2)).isLessThan(order.slot(0));
        for (int row = 0; row < 5; row++) {
            assertThat(order.row(order.slot(row))).isEqualTo(row);
        }
    }

    /** Rows that no first frame of the least size would hold. */
    @Test
    @Timeout(30)
    void wideRowsAreTold() {
        onTwo(TableSpec.dense("w", 8, 5000).with(new Consistency.Essp(0)), (session, node) -> {
            var table = node.table("w");
            long row = session.worker() == 0 ? 7 : 0; // the other's
            var values = new float[5000];
            var ones = new float[5000];
            Arrays.fill(ones, 1);
            for (int clock = 0; clock < 20; clock++) {
                session.gather(table, new long[] {row}, values);
                assertThat(values[4999]).isEqualTo(clock);
                session.add(table, new long[] {row}, ones);
                session.tick();
            }
        });
    }

    /** A row between two that are told is not taken for told: its first read is as fresh as any. */
    @Test
    @Timeout(30)
    void whatNobodyAskedForDoesNotSeemFresh() {
        onTwo(TableSpec.dense("w", 64, 1).ordered(RowOrder.of(halves(64), new long[64], 2)), (session, node) -> {
            var table = node.table("w");
            var all = new long[32];
            var ones = new float[32];
            int own = session.worker() * 32;
            int other = 32 - own;
            Arrays.setAll(all, i -> own + i);
            Arrays.fill(ones, 1);
            for (int clock = 0; clock < 31; clock++) {
                var out = new float[1];
                session.gather(
                        table,
                        new long[] {other + (clock * 2 + clock / 16) % 32},
                        out); // every other, then those between
                assertThat(out[0]).isEqualTo(clock);
                session.add(table, all, ones);
                session.tick();
            }
        });
    }

    private static int[] halves(int rows) {
        var owners = new int[rows];
        Arrays.setAll(owners, r -> 2 * r / rows);
        return owners;
    }

    /** A rule that shows own writes only once they are applied: they are waited for, pushed table or not. */
    @Test
    @Timeout(30)
    void ownWritesAreSeenWhateverTheRule() {
        for (var spec : List.of(
                spec(1).with(new Consistency.Essp(3)),
                spec(1).with(new Consistency.Ssp(3)).ordered(RowOrder.of(halves(ROWS), new long[ROWS], 2)))) {
            onTwo(spec.with(new UpdateRule.Sgd(1, 0, 1e-6f)), (session, node) -> {
                var table = node.table("w");
                long row = session.worker() == 0 ? ROWS - 1 : 0; // the other's, which it does not touch
                var out = new float[1];
                for (int clock = 0; clock < 200; clock++) {
                    session.gather(table, new long[] {row}, out);
                    assertThat(out[0]).isBetween(clock - 0.5f, clock + 0.5f);
                    session.add(table, new long[] {row}, new float[] {-1});
                    session.tick();
                }
            });
        }
    }

    /** Rows without slots are asked for once, then told: what a worker only reads it does not ask for again. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Timeout(30)
    void sparseRowsAreToldOnceAskedFor(boolean areCounts) {
        var spec = TableSpec.sparse("w", 2).with(new Consistency.Essp(1));
        int clocks = 60;
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(areCounts ? spec.ofInts() : spec);
            nodes.run(2, (session, node) -> {
                var table = node.table("w");
                int me = session.worker();
                var mine = LongStream.range(0, 200).map(k -> 2 * k + me).toArray(); // wherever they are
                var theirs = LongStream.range(0, 200).map(k -> 2 * k + 1 - me).toArray();
                var floats = new float[400];
                var ints = new int[400];
                for (int clock = 0; clock < clocks; clock++) {
                    Arrays.fill(floats, 1);
                    Arrays.fill(ints, 1);
                    if (areCounts) {
                        session.add(table, mine, ints);
                        session.gather(table, theirs, ints);
                    } else {
                        session.add(table, mine, floats);
                        session.gather(table, theirs, floats);
                    }
                    double least = areCounts ? ints[399] : floats[399];
                    assertThat(least).isGreaterThanOrEqualTo(clock - 1);
                    session.tick();
                }
            });
            for (int n = 0; n < 2; n++) {
                var counted = nodes.all.get(n).counted();
                assertThat(counted).containsEntry("readsAnswered", 1L);
                assertThat(counted.get("roundsPushed")).isGreaterThan(clocks / 2);
            }
        }
    }

    /** Updates that sum up to infinity are dropped where the table says so, also of rows that others push. */
    @Test
    @Timeout(30)
    void sumsThatAreNotFiniteAreDropped() {
        var spec = spec(1).with(new Consistency.Essp(1)).with(TableSpec.NonFinite.DROP);
        onTwo(spec, (session, node) -> {
            var table = node.table("w");
            long row = session.worker() == 0 ? ROWS - 1 : 0;
            var out = new float[1];
            for (int clock = 0; clock < 20; clock++) {
                session.gather(table, new long[] {row}, out);
                assertThat(out[0]).isFinite();
                session.add(table, new long[] {row}, new float[] {3e38f});
                session.add(table, new long[] {row}, new float[] {3e38f});
                session.tick();
            }
        });
    }
}
