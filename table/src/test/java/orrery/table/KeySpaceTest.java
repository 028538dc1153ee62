package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.store.Storage;
import orrery.table.hold.StoredRows;
import orrery.table.hold.Table;
import orrery.table.hold.TableRows;
import orrery.table.spec.Consistency;
import orrery.table.spec.EndedException;
import orrery.table.spec.Init;
import orrery.table.spec.KeySpace;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;
import orrery.wire.Faults;

/** Which rows a sparse table makes and drops, and how rows are read from outside of the workers. */
@Timeout(120)
final class KeySpaceTest {
    @TempDir
    Path folder = Path.of("");

    private static TableSpec spec(KeySpace keys) {
        return TableSpec.sparse("w", 2).with(new UpdateRule.AdaGrad(0.1f)).with(keys);
    }

    private static TreeMap<Long, String> rows(TableRows rows) throws IOException {
        var all = new TreeMap<Long, String>();
        rows.forEachRow((key, values) ->
                assertThat(all.put(key, Arrays.toString(values))).isNull());
        return all;
    }

    /** Adds 1 to the rows of some keys, which come again and again if they are small. */
    private static void sample(Session session, Table table, long clocks) {
        for (long clock = session.clock(); clock < clocks; clock = session.clock()) {
            var random = new SplittableRandom(31 * clock + session.worker());
            var keys = random.doubles(20)
                    .mapToLong(x -> (long) (1000 * x * x * x))
                    .distinct()
                    .toArray();
            var values = new float[2 * keys.length];
            Arrays.fill(values, 1);
            session.add(table, keys, values);
            session.tick();
        }
    }

    @Test
    void aRowIsMadeByItsNthUpdate() {
        var node = new Node();
        var table = node.create(spec(KeySpace.ALL.after(3)));
        Sessions.run(node, 1, session -> {
            for (int clock = 0; clock < 4; clock++) {
                var row = new float[2];
                session.gather(table, new long[] {7}, row);
                assertThat(row[0] != 0).isEqualTo(clock >= 3);
                session.add(table, new long[] {7}, new float[] {1, 1});
                session.tick();
            }
        });
        assertThat(node.residentRows(table)).isEqualTo(1);
        assertThat(node.counted()).containsEntry(Node.ROWS_NOT_MADE, 2L);
    }

    /** Keys that were seen once are left out nearly all, those that come often are all there. */
    @Test
    void rareKeysTakeNoMemory() {
        var node = new Node();
        var table = node.create(spec(KeySpace.ALL.after(3)));
        int rare = 200_000;
        Sessions.run(node, 1, session -> {
            for (int clock = 0; clock < 100; clock++) {
                var keys = new long[rare / 100 + 50];
                Arrays.setAll(keys, i -> i < 50 ? i : 1_000_000L + i);
                for (int i = 50; i < keys.length; i++) {
                    keys[i] += (long) clock * keys.length;
                }
                session.add(table, keys, new float[2 * keys.length]);
                session.tick();
            }
        });
        var often = new float[2];
        for (long key = 0; key < 50; key++) {
            node.gather(table, new long[] {key}, often);
        }
        assertThat(node.residentRows(table)).isBetween(50L, 50L + rare / 6);
    }

    @Test
    void aShareOfUpdatesMakesRows() {
        var node = new Node();
        var table = node.create(spec(KeySpace.ALL.withProbability(0.25)));
        Sessions.run(node, 1, session -> {
            var keys = new long[10_000];
            Arrays.setAll(keys, i -> i * 77L);
            session.add(table, keys, new float[2 * keys.length]);
            session.tick();
        });
        assertThat(node.residentRows(table)).isBetween(2300L, 2700L);
    }

    @Test
    void rowsWithoutUseAreDropped() throws IOException {
        var node = new Node();
        var table = node.create(spec(KeySpace.ALL.droppingUnused(5)));
        node.begin(1, 0, Sessions.LIMIT);
        var session = node.session(0);
        for (int clock = 0; clock < 10; clock++) {
            session.add(table, clock < 3 ? new long[] {1, 2} : new long[] {2}, clock < 3 ? new float[4] : new float[2]);
            session.tick();
        }
        assertThat(node.dropUnused(8)).isZero(); // 1 was used at clock 2: 6 ago, of which 5 have passed whole
        assertThat(node.dropUnused(10)).isEqualTo(1);
        assertThat(rows(node.rows(table)).keySet()).containsExactly(2L);
        assertThat(node.counted()).containsEntry(Node.ROWS_DROPPED, 1L);
        session.add(table, new long[] {1, 3}, new float[] {1, 1, 1, 1}); // in the place of what has gone
        session.tick();
        assertThat(rows(node.rows(table)).get(1L))
                .isEqualTo(rows(node.rows(table)).get(3L));
    }

    /** Where rows are makes no difference, nor does a checkpoint on the way. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void membersMakeAndDropTheSameRows(int members) throws Exception {
        var keys = KeySpace.ALL.after(2).withProbability(0.7).droppingUnused(8);
        var one = new Node();
        var whole = one.create(spec(keys));
        for (int clock = 0; clock < 30; clock += 10) {
            run(one, whole, clock);
        }
        var storage = Storage.local(folder);
        try (var nodes = new Nodes(members, Faults.NONE)) {
            nodes.create(spec(keys));
            for (int clock = 0; clock < 20; clock += 10) {
                int to = clock + 10;
                nodes.run(4, clock, (session, node) -> sample(session, node.find("w"), to));
                nodes.all.forEach(node -> node.dropUnused(to));
            }
            for (var node : nodes.all) {
                node.save(storage, "kept");
            }
        }
        try (var nodes = new Nodes(members == 2 ? 3 : 2, Faults.NONE)) {
            nodes.create(spec(keys));
            for (var node : nodes.all) {
                node.load(storage, "kept");
            }
            nodes.run(4, 20, (session, node) -> sample(session, node.find("w"), 30));
            nodes.all.forEach(node -> node.dropUnused(30));
            var is = rows(nodes.all.getFirst().rows(nodes.on(0, "w")));
            assertThat(is).isEqualTo(rows(one.rows(whole))).hasSizeBetween(30, 300);
            assertThat(nodes.all.getLast().residentRows(nodes.on(nodes.all.size() - 1, "w")))
                    .isEqualTo(is.size());
        }
    }

    /** A checkpoint has what was known at its cut, though workers go on before it is written. */
    @Test
    void whatWasCountedIsKeptAsItWas() throws Exception {
        var keys = KeySpace.ALL.after(3).withProbability(0.6);
        var storage = Storage.local(folder);
        var one = new Node();
        var table = one.create(spec(keys));
        run(one, table, 0);
        var snapshot = one.snapshot();
        run(one, table, 10);
        snapshot.write(storage, "kept");
        var again = new Node();
        var resumed = again.create(spec(keys));
        again.load(storage, "kept");
        run(again, resumed, 10);
        assertThat(rows(again.rows(resumed))).isEqualTo(rows(one.rows(table))).isNotEmpty();
    }

    private static void run(Node node, Table table, int clock) {
        Sessions.run(node, 4, clock, Sessions.LIMIT, session -> sample(session, table, clock + 10));
        node.dropUnused(clock + 10);
    }

    @Test
    void onlySparseTablesChoose() {
        assertThatThrownBy(() -> TableSpec.dense("w", 4, 1).with(KeySpace.ALL.after(2)))
                .hasMessageContaining("makes all its rows");
        assertThatThrownBy(() -> spec(KeySpace.ALL.droppingUnused(3)).with(Consistency.parse("essp:1")))
                .hasMessageContaining("drop unused rows");
        assertThatThrownBy(() -> KeySpace.ALL.after(16)).hasMessageContaining("1st to 15th");
        assertThatThrownBy(() -> KeySpace.ALL.withProbability(0)).hasMessageContaining("above 0");
    }

    // Rows from outside

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void rowsAreReadWhoeverOwnsThem(boolean isDense) throws Exception {
        var spec = (isDense ? TableSpec.dense("w", 1000, 2).byKey() : TableSpec.sparse("w", 2))
                .with(new Init.Constant(0.5f))
                .with(new UpdateRule.AdaGrad(0.1f));
        var one = new Node();
        var whole = one.create(spec);
        Sessions.run(one, 4, session -> sample(session, whole, 10));
        var storage = Storage.local(folder);
        try (var nodes = new Nodes(3, Faults.NONE)) {
            nodes.create(spec);
            nodes.run(4, (session, node) -> sample(session, node.find("w"), 10));
            var due = rows(one.rows(whole));
            for (int n = 0; n < 3; n++) {
                var node = nodes.all.get(n);
                assertThat(rows(node.rows(nodes.on(n, "w")))).isEqualTo(due);
                assertThat(node.residentRows(nodes.on(n, "w"))).isEqualTo(due.size());
                node.save(storage, "kept");
            }
            try (var stored = StoredRows.open(
                    spec,
                    "",
                    storage,
                    storage.list("kept").stream().map(name -> "kept/" + name).toList())) {
                assertThat(rows(stored)).isEqualTo(due);
                assertThat(stored.residentRows()).isEqualTo(due.size());
                var keys = new long[] {999, 3, 998, 0, 500};
                var is = new float[10];
                var expected = new float[10];
                stored.gather(keys, is);
                one.gather(whole, keys, expected);
                assertThat(is).isEqualTo(expected);
            }
            var table = nodes.on(0, "w");
            nodes.all.getFirst().leave();
            assertThatThrownBy(() -> nodes.all.getFirst().gather(table, new long[] {1}, new float[2]))
                    .isInstanceOf(EndedException.class)
                    .hasMessageContaining("has left the others");
        }
    }
}
