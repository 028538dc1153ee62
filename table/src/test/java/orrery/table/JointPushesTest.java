package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.table.clock.Clocks;
import orrery.table.hold.Table;
import orrery.table.mail.Arrivals;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;
import orrery.wire.Faults;

/** What the workers of a node push together. That reads stay legal is {@link ConsistencyHistoryTest}'s. */
final class JointPushesTest {
    private static final int ROWS = 4096;
    private static final int CLOCKS = 40;

    private static long counted(Nodes nodes, String what) {
        return nodes.all.stream().mapToLong(node -> node.counted().get(what)).sum();
    }

    /** All workers add to all rows at each clock; returns the frames pushed and the bytes sent. */
    private static long[] addToAll(Nodes nodes, TableSpec... specs) {
        for (var spec : specs) {
            nodes.create(spec);
        }
        var all = LongStream.range(0, ROWS).toArray();
        var ones = new float[ROWS];
        Arrays.fill(ones, 1);
        nodes.run(4, (session, node) -> {
            var table = node.find(specs[0].name());
            var own = LongStream.range(0, ROWS).filter(table::ownsRow).limit(1).toArray();
            for (int clock = 0; clock < CLOCKS; clock++) {
                session.add(table, all, ones);
                session.tick();
                session.gather(table, own, new float[1]); // waits for all others
            }
        });
        var sums = new float[ROWS];
        for (int i = 0; i < 2; i++) {
            var table = nodes.on(i, specs[0].name());
            var own = LongStream.range(0, ROWS).filter(table::ownsRow).toArray();
            var values = new float[own.length];
            table.floats().gather(own, 0, own.length, values, 0);
            for (int k = 0; k < own.length; k++) {
                sums[(int) own[k]] = values[k];
            }
        }
        assertThat(sums).containsOnly(4 * CLOCKS);
        return new long[] {counted(nodes, "pushes"), counted(nodes, "bytesSent")};
    }

    @Test
    void twoWorkersOfANodePushHalfAsMuch() {
        var spec = TableSpec.dense("w", ROWS, 1).with(new Consistency.Ssp(0));
        long[] joint;
        long[] apart;
        try (var nodes = new Nodes(2, Faults.NONE)) {
            joint = addToAll(nodes, spec);
        }
        try (var nodes = new Nodes(2, Faults.NONE)) { // beside a table that does not add up, in the same group
            apart = addToAll(
                    nodes,
                    spec,
                    TableSpec.dense("g", 2, 1).with(new Consistency.Ssp(0)).with(new UpdateRule.AdaGrad(1)));
        }
        assertThat(apart[0]).isEqualTo(4 * CLOCKS);
        assertThat(joint[0]).isBetween(2L * CLOCKS, 2L * CLOCKS + 4); // the first may begin alone
        assertThat(joint[1]).isLessThan(apart[1] * 6 / 10);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoReadsWhatIsElsewhereFindsItsOwnUpdates(boolean isInt) {
        var spec = TableSpec.dense("w", 2, 1).with(new Consistency.Ssp(9));
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(isInt ? spec.ofInts() : spec);
            nodes.all.forEach(node -> node.begin(4, 0, Sessions.LIMIT));
            var table = nodes.on(0, "w");
            var sessions = List.of(nodes.all.get(0).session(0), nodes.all.get(0).session(1));
            long there = table.ownsRow(0) ? 1 : 0;
            for (var session : sessions) { // the first began alone, and may have pushed alone
                session.tick();
            }
            for (int i = 0; i < 3; i++) {
                add(sessions.get(0), table, there);
                sessions.get(0).tick();
                assertThat(counted(nodes, "pushes")).isZero();
            }
            assertThat(get(sessions.get(0), table, there)).isEqualTo(3);
            assertThat(counted(nodes, "pushes")).isOne();
            add(sessions.get(0), table, there);
            sessions.get(0).tick();
            sessions.get(0).finish();
            add(sessions.get(1), table, there);
            sessions.get(1).tick();
            assertThat(get(sessions.get(1), table, there)).isEqualTo(5);
        }
    }

    /** Each worker has a row elsewhere that it alone changes: after each tick it has all of its changes, whoever sent them. */
    @Test
    @Timeout(60)
    void nobodySendsHalfAClockOfAnother() {
        int clocks = 400;
        try (var nodes = new Nodes(2, Faults.parse("delay=2ms,reorder=20%"))) {
            nodes.create(TableSpec.dense("w", 64, 1).with(new Consistency.Ssp(2)));
            nodes.run(8, (session, node) -> {
                var table = node.find("w");
                var others = LongStream.range(0, 64)
                        .filter(row -> !table.ownsRow(row))
                        .toArray();
                long[] mine = {others[session.worker() % 4], others[4 + session.worker() % 4]};
                var seen = new float[2];
                for (int clock = 0; clock < clocks; clock++) {
                    session.add(table, mine, new float[] {1, 1});
                    session.tick();
                    session.gather(table, mine, seen);
                    assertThat(seen).containsOnly(clock + 1);
                }
            });
        }
    }

    /** Who has created a table goes alone, and what the others of its node have ticked does not wait for it. */
    @Test
    @Timeout(60)
    void aWorkerWithATableOfItsOwnHoldsUpNobody() {
        var later = TableSpec.dense("later", 2, 1).with(new Consistency.Ssp(0));
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(TableSpec.dense("w", 2, 1).with(new Consistency.Ssp(0)));
            nodes.all.forEach(node -> node.begin(3, 0, Sessions.LIMIT));
            var first = nodes.all.get(0).session(0);
            var second = nodes.all.get(0).session(1);
            var third = nodes.all.get(1).session(2);
            var here = nodes.on(0, "w");
            var there = nodes.on(1, "w");
            long far = here.ownsRow(0) ? 1 : 0;
            var mine = first.create(later); // of which the other node has not heard
            long farLater = mine.ownsRow(0) ? 1 : 0;
            for (int clock = 0; clock < 3; clock++) {
                add(second, here, far);
                second.tick();
            }
            for (int clock = 0; clock < 3; clock++) {
                add(first, mine, farLater);
                first.tick();
            }
            for (int clock = 0; clock < 3; clock++) {
                third.tick();
            }
            while (there.clocks.completed(1) < 2) {
                Thread.onSpinWait();
            }
            assertThat(there.clocks.completed(0)).isEqualTo(-1); // waits for its table
            third.create(later);
            assertThat(get(third, there, far)).isEqualTo(3);
        }
    }

    /** Whoever is done with a table does not take what others have added to it. */
    @Test
    void aTableIsDroppedByOneAndHasTheUpdatesOfAnother() {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(TableSpec.dense("w", 2, 1).with(new Consistency.Ssp(9)));
            nodes.all.forEach(node -> node.begin(4, 0, Sessions.LIMIT));
            var table = nodes.on(0, "w");
            long there = table.ownsRow(0) ? 1 : 0;
            var first = nodes.all.get(0).session(0);
            var second = nodes.all.get(0).session(1);
            first.tick();
            second.tick();
            for (int i = 0; i < 3; i++) {
                add(second, table, there);
                second.tick();
            }
            first.drop(table);
            assertThat(get(second, table, there)).isEqualTo(3);
        }
    }

    /** What one has added and another taken away again: no int could hold it in between. */
    @Test
    void countsThatDoNotAddUpGoOneAfterTheOther() {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(TableSpec.dense("n", 2, 1).ofInts().with(new Consistency.Ssp(9)));
            nodes.all.forEach(node -> node.begin(4, 0, Sessions.LIMIT));
            var table = nodes.on(0, "n");
            long[] there = {table.ownsRow(0) ? 1 : 0};
            var first = nodes.all.get(0).session(0);
            var second = nodes.all.get(0).session(1);
            first.tick();
            second.tick();
            first.add(table, there, new int[] {-2_000_000_000});
            first.tick();
            assertThat(get(first, table, there[0])).isEqualTo(-2e9f);
            for (var session : List.of(first, second)) {
                session.add(table, there, new int[] {1_500_000_000});
                session.tick();
            }
            assertThat(get(second, table, there[0])).isEqualTo(1e9f);
        }
    }

    private static void add(Session session, Table table, long row) {
        if (table.spec().type() == TableSpec.Type.INT) {
            session.add(table, new long[] {row}, new int[] {1});
        } else {
            session.add(table, new long[] {row}, new float[] {1});
        }
    }

    private static float get(Session session, Table table, long row) {
        if (table.spec().type() == TableSpec.Type.INT) {
            var counts = new int[1];
            session.gather(table, new long[] {row}, counts);
            return counts[0];
        }
        var values = new float[1];
        session.gather(table, new long[] {row}, values);
        return values[0];
    }

    /** A leader's clock has parts; others go with it. In whatever order parts come, no clock is complete before its parts. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void noClockIsCompleteBeforeTheLeadersParts(int seed) {
        var random = new Random(seed);
        int workers = 4;
        int clocks = 30;
        var group = new Clocks("g", 1, orrery.wire.Ticker.SYSTEM);
        group.begin(workers, 0);
        var arrivals = new Arrivals(group, group.completed());
        var ticks = new ArrayList<Runnable>(); // which come in their order, parts whenever
        var parts = new ArrayList<Runnable>();
        var partsLeft = new int[clocks];
        for (int c = 0; c < clocks; c++) {
            int clock = c;
            int leader = random.nextInt(workers);
            int count = random.nextInt(4);
            partsLeft[c] = count;
            for (int p = 0; p < count; p++) {
                int part = p;
                parts.add(() -> {
                    assertThat(arrivals.isNew(leader, clock, part)).isTrue();
                    partsLeft[clock]--;
                    arrivals.advance(leader);
                });
            }
            ticks.add(() -> {
                arrivals.tick(leader, clock, count);
                for (int w = 0; w < workers; w++) {
                    if (w != leader) {
                        arrivals.tickWith(leader, clock, w, clock);
                    }
                }
                arrivals.advance(leader);
            });
        }
        Collections.shuffle(parts, random);
        for (int t = 0, p = 0; t < ticks.size() || p < parts.size(); ) {
            if (p == parts.size() || (t < ticks.size() && random.nextBoolean())) {
                ticks.get(t++).run();
            } else {
                parts.get(p++).run();
            }
            for (int w = 0; w < workers; w++) {
                for (long c = 0; c <= group.completed(w); c++) {
                    assertThat(partsLeft[(int) c]).isZero();
                }
            }
        }
        assertThat(group.age()).isEqualTo(clocks - 1);
    }
}
