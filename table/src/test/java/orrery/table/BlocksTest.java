package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.store.Safetensors;
import orrery.store.Storage;
import orrery.table.hold.MemoryPlan;
import orrery.table.hold.Table;
import orrery.table.spec.Consistency;
import orrery.table.spec.Init;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;
import orrery.wire.Faults;

/** What a node has of a table: its own blocks, and what its readers ask it to have. Tables of these tests have many blocks. */
@Timeout(120)
final class BlocksTest {
    private static final int WORKERS = 20;

    @TempDir
    Path folder;

    private static TableSpec spec(long rows, int width) {
        return TableSpec.dense("w", rows, width)
                .with(new Init.Uniform(3, -1, 1))
                .with(new UpdateRule.AdaGrad(0.1f));
    }

    /** Gathers rows at random, and adds what depends on them. */
    private static void sample(Session session, Table table, long rows, int clocks) {
        int width = table.spec().width();
        for (int clock = 0; clock < clocks; clock++) {
            var random = new SplittableRandom(100 * clock + session.worker());
            var keys = random.longs(30, 0, rows).distinct().toArray();
            var values = new float[keys.length * width];
            session.gather(table, keys, values);
            for (int i = 0; i < values.length; i++) {
                values[i] = 0.1f * values[i] + 1;
            }
            session.add(table, keys, values);
            session.tick();
        }
    }

    private static float[] rows(Node node, Table table, long rows) {
        var keys = new long[(int) rows];
        Arrays.setAll(keys, i -> i);
        var values = new float[keys.length * table.spec().width()];
        node.session(0).gather(table, keys, values);
        return values;
    }

    // Who has what

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 20})
    void anyNumberOfMembersHaveAsMuchTogetherAsOne(int members) {
        var spec = spec(3000, 3).byKey();
        var one = new Node();
        var whole = one.create(spec);
        Sessions.run(one, WORKERS, session -> sample(session, whole, 3000, 6));
        one.begin(1, 100, Sessions.LIMIT);
        try (var nodes = new Nodes(members, Faults.NONE)) {
            nodes.create(spec);
            nodes.run(WORKERS, (session, node) -> sample(session, node.find("w"), 3000, 6));
            long all = 0;
            long most = 0;
            for (int n = 0; n < members; n++) {
                all += nodes.on(n, "w").bytes();
                most = Math.max(most, nodes.on(n, "w").bytes());
            }
            assertThat(all).isEqualTo(whole.bytes());
            assertThat(most).isLessThan(2 * whole.bytes() / members);
            nodes.all.forEach(node -> node.begin(1, 100, Sessions.LIMIT));
            assertThat(rows(nodes.all.getLast(), nodes.on(members - 1, "w"), 3000))
                    .isEqualTo(rows(one, whole, 3000));
        }
    }

    @Test
    void aViewHasTheNodeHoldAllValuesAndNoMoreRuleState() {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            var table = nodes.create(spec(1000, 4));
            long own = table.bytes();
            assertThat(own).isBetween(900 * 4 * 4L, 1200 * 4 * 4L); // half of the values, and as much state
            nodes.run(2, (session, node) -> {
                sample(session, node.find("w"), 1000, 2);
                assertThat(node.find("w").bytes()).isLessThan(own + 1000);
                assertThat(session.view(node.find("w")).get(999, 3)).isFinite();
            });
            assertThat(table.bytes()).isEqualTo(own + 1000 * 4 * 4L);
        }
    }

    @Test
    void aViewOfATableThatIsReadByKeyIsRefusedWithTheWayOut() {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(spec(1000, 4).byKey());
            nodes.run(
                    2,
                    (session, node) -> assertThatThrownBy(() -> session.view(node.find("w")))
                            .hasMessage(
                                    "table 'w' is read by key (TableSpec.byKey), so that members hold their own blocks only;"
                                            + " a view of it, or all its values at once, would take 16000 bytes of each: gather the rows"
                                            + " that are needed, or leave byKey out"));
        }
    }

    @Test
    void localStepsByKeyHaveNoView() {
        var node = new Node();
        var table = node.create(spec(10, 1).byKey().with(Consistency.parse("local:3")));
        Sessions.run(
                node,
                1,
                session -> assertThatThrownBy(() -> session.view(table))
                        .hasMessageContaining("under local:3 a worker")
                        .hasMessageContaining("no view of all"));
    }

    /** Under consistencies that push, rows of a table that is read by key go to those who have read them, one by one. */
    @ParameterizedTest
    @ValueSource(strings = {"ssp:1", "essp:1", "asp"})
    void updatesArriveUnderOtherConsistencies(String consistency) {
        var spec = TableSpec.dense("w", 500, 2).byKey().with(Consistency.parse(consistency));
        try (var nodes = new Nodes(3, Faults.NONE)) {
            nodes.create(spec);
            nodes.run(3, (session, node) -> {
                var table = node.find("w");
                var keys = new long[500];
                Arrays.setAll(keys, i -> i);
                var ones = new float[1000];
                Arrays.fill(ones, 1);
                for (int clock = 0; clock < 10; clock++) {
                    session.gather(table, keys, new float[1000]);
                    session.add(table, keys, ones);
                    session.tick();
                }
            });
            nodes.all.forEach(node -> node.begin(1, 100, Sessions.LIMIT));
            var due = new float[1000];
            Arrays.fill(due, 30);
            assertThat(rows(nodes.all.get(1), nodes.on(1, "w"), 500)).isEqualTo(due);
        }
    }

    /** There is a place for what is added to rows of others, as well before anybody has read them. */
    @ParameterizedTest
    @ValueSource(strings = {"ssp:1", "essp:1", "asp", "bsp"})
    void whatIsAddedBeforeAnythingIsReadArrives(String consistency) {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(TableSpec.dense("w", 300, 2).with(Consistency.parse(consistency)));
            nodes.run(2, (session, node) -> {
                var table = node.find("w");
                var keys = new long[300];
                Arrays.setAll(keys, i -> i);
                var ones = new float[600];
                Arrays.fill(ones, 1);
                session.add(table, keys, ones);
                session.tick();
                session.outbox(table).addCell(0, 1, 1);
                session.tick();
            });
            nodes.all.forEach(node -> node.begin(1, 100, Sessions.LIMIT));
            var due = new float[600];
            Arrays.fill(due, 2);
            due[1] = 4;
            assertThat(rows(nodes.all.getLast(), nodes.on(1, "w"), 300)).isEqualTo(due);
        }
    }

    /** Blocks go to where the next placement has them, and the memory of those that have left is free. */
    @Test
    void whatMovesIsHeldOnce() throws Exception {
        try (var nodes = new Nodes(4, Faults.NONE)) {
            var spec = spec(2000, 2).byKey();
            nodes.create(spec);
            nodes.run(4, (session, node) -> sample(session, node.find("w"), 2000, 3));
            nodes.all.forEach(node -> node.begin(1, 100, Sessions.LIMIT));
            var due = rows(nodes.all.getFirst(), nodes.on(0, "w"), 2000);
            var next = new Placement(9, List.of(1, 3));
            var threads = new ArrayList<Thread>();
            var moved = new long[4];
            for (int n = 0; n < 4; n++) {
                int which = n;
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        moved[which] = nodes.all.get(which).move(next, Sessions.LIMIT);
                    } catch (InterruptedException e) {
                        nodes.failure.compareAndSet(null, e);
                    }
                }));
            }
            for (var thread : threads) {
                thread.join();
            }
            assertThat(nodes.failure.get()).isNull();
            assertThat(nodes.on(1, "w").bytes()).isZero();
            assertThat(nodes.on(3, "w").bytes()).isZero();
            assertThat(nodes.on(0, "w").bytes() + nodes.on(2, "w").bytes()).isEqualTo(2 * 2000 * 2 * 4L);
            nodes.all.forEach(node -> node.begin(1, 200, Sessions.LIMIT));
            assertThat(rows(nodes.all.get(2), nodes.on(2, "w"), 2000)).isEqualTo(due);
        }
    }

    // Rows that no frame has room for

    @Test
    void wideRowsArePushedAndReadInParts() {
        int width = 200_000; // three frames
        var spec = spec(3, width).byKey();
        var one = new Node();
        var whole = one.create(spec);
        Sessions.run(one, 2, session -> wide(session, whole, width));
        one.begin(1, 100, Sessions.LIMIT);
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(spec);
            nodes.run(2, (session, node) -> wide(session, node.find("w"), width));
            nodes.all.forEach(node -> node.begin(1, 100, Sessions.LIMIT));
            assertThat(Arrays.equals(rows(nodes.all.get(1), nodes.on(1, "w"), 3), rows(one, whole, 3)))
                    .isTrue();
        }
    }

    private static void wide(Session session, Table table, int width) {
        for (int clock = 0; clock < 3; clock++) {
            var values = new float[3 * width];
            session.gather(table, new long[] {0, 1, 2}, values);
            for (int i = 0; i < values.length; i++) {
                values[i] = 0.5f * values[i] + session.worker() + 1;
            }
            session.add(table, new long[] {0, 1, 2}, values);
            session.tick();
        }
    }

    // Snapshots

    /** Storage whose writing takes its time. */
    private record Slow(Storage files) implements Storage {
        @Override
        public SeekableByteChannel read(String name) throws IOException {
            return files.read(name);
        }

        @Override
        public Written write(String name, Body body) throws IOException {
            return files.write(
                    name,
                    out -> body.writeTo(new WritableByteChannel() {
                        @Override
                        public int write(ByteBuffer from) throws IOException {
                            LockSupport.parkNanos(200_000);
                            return out.write(from);
                        }

                        @Override
                        public boolean isOpen() {
                            return true;
                        }

                        @Override
                        public void close() {}
                    }));
        }

        @Override
        public boolean holds(String name) throws IOException {
            return files.holds(name);
        }

        @Override
        public List<String> list(String inFolder) throws IOException {
            return files.list(inFolder);
        }

        @Override
        public void delete(String name) throws IOException {
            files.delete(name);
        }

        @Override
        public String where(String name) {
            return files.where(name);
        }
    }

    /** A table that changes everywhere while it is written: copies stay within the budget, and what is kept is the cut. */
    @ParameterizedTest
    @ValueSource(strings = {"dense", "sparse", "ints"})
    void copiesOfASnapshotStayWithinTheirBudget(String kind) throws Exception {
        var spec = switch (kind) {
            case "dense" -> spec(4096, 2);
            case "sparse" -> TableSpec.sparse("w", 2).with(new UpdateRule.AdaGrad(0.1f));
            default -> TableSpec.dense("w", 4096, 2).ofInts();
        };
        var storage = new Slow(Storage.local(folder));
        var node = new Node();
        var table = node.create(spec);
        long budget = 2048;
        node.mostCopied(budget);
        Sessions.run(node, 2, session -> touch(session, table, 2));
        var before = content(node, table);
        var snapshot = node.snapshot();
        var failure = new Throwable[1];
        var writer = Thread.ofPlatform().start(() -> {
            try {
                snapshot.write(storage, "cut");
            } catch (IOException | RuntimeException e) {
                failure[0] = e;
            }
        });
        Sessions.run(node, 2, session -> touch(session, table, 3));
        writer.join();
        assertThat(failure[0]).isNull();
        assertThat(snapshot.mostCopied()).isBetween(1L, budget);
        assertThat(content(node, table)).isNotEqualTo(before);
        var again = new Node();
        var restored = again.create(spec);
        again.load(storage, "cut");
        assertThat(content(again, restored)).isEqualTo(before);
    }

    private static void touch(Session session, Table table, int clocks) {
        var keys = new long[4096];
        Arrays.setAll(keys, i -> i);
        for (int clock = 0; clock < clocks; clock++) {
            if (table.spec().type() == TableSpec.Type.INT) {
                var ones = new int[keys.length * 2];
                Arrays.fill(ones, 1);
                session.add(table, keys, ones);
            } else {
                var ones = new float[keys.length * 2];
                Arrays.fill(ones, 1);
                session.add(table, keys, ones);
            }
            session.tick();
        }
    }

    private static List<Object> content(Node node, Table table) {
        node.begin(1, 1_000, Sessions.LIMIT);
        var keys = new long[4096];
        Arrays.setAll(keys, i -> i);
        var all = new ArrayList<Object>();
        if (table.spec().type() == TableSpec.Type.INT) {
            var counts = new int[keys.length * 2];
            node.session(0).gather(table, keys, counts);
            IntStream.of(counts).forEach(all::add);
        } else {
            var values = new float[keys.length * 2];
            node.session(0).gather(table, keys, values);
            for (float value : values) {
                all.add(value);
            }
        }
        return all;
    }

    // Checkpoints of before

    /** As they were written when a dense table had at most 16 blocks, which were its locks, and files did not say so. */
    @Test
    void denseCheckpointsOfBeforeLoad() throws IOException {
        var spec = TableSpec.dense("w", 1000, 2).with(new UpdateRule.AdaGrad(0.1f));
        var tensors = new ArrayList<Safetensors.Tensor>();
        int perBlock = 64; // the rows of 16 blocks at most
        for (int block = 0; block * perBlock < 1000; block++) {
            int first = block * perBlock;
            int count = Math.min(perBlock, 1000 - first);
            var values = new float[count * 2];
            var state = new float[count * 2];
            for (int i = 0; i < values.length; i++) {
                values[i] = 2 * first + i;
                state[i] = -1;
            }
            tensors.add(Safetensors.Tensor.floats(block + ".values", values, count, 2));
            tensors.add(Safetensors.Tensor.floats(
                    block + ".rule." + spec.rule().planes().getFirst().name(), state, count, 2));
        }
        save(spec, tensors);
        var node = new Node();
        var table = node.create(spec);
        node.load(Storage.local(folder), "cut");
        var due = new float[2000];
        for (int i = 0; i < due.length; i++) {
            due[i] = i;
        }
        assertThat(node.values(table)).isEqualTo(due);
    }

    @Test
    void sparseCheckpointsOfBeforeLoad() throws IOException {
        var spec = TableSpec.sparse("w", 1);
        var tensors = new ArrayList<Safetensors.Tensor>();
        for (int block = 0; block < 16; block++) {
            int of = block;
            var keys = IntStream.range(0, 500)
                    .asLongStream()
                    .filter(key -> ((int) ((key * 0x9e3779b97f4a7c15L) >>> 20) & 15) == of)
                    .toArray();
            var values = new float[keys.length];
            for (int i = 0; i < keys.length; i++) {
                values[i] = keys[i] + 0.5f;
            }
            tensors.add(Safetensors.Tensor.longs(block + ".keys", keys));
            tensors.add(Safetensors.Tensor.floats(block + ".values", values, keys.length, 1));
        }
        save(spec, tensors);
        var node = new Node();
        var table = node.create(spec);
        node.load(Storage.local(folder), "cut");
        node.begin(1, 0, Sessions.LIMIT);
        var values = rows(node, table, 500);
        for (int i = 0; i < 500; i++) {
            assertThat(values[i]).isEqualTo(i + 0.5f);
        }
    }

    private void save(TableSpec spec, List<Safetensors.Tensor> tensors) throws IOException {
        var metadata = new LinkedHashMap<String, String>();
        metadata.put("table", spec.name());
        metadata.put(
                "spec",
                "TableSpec[name=" + spec.name() + ", rows=" + spec.rows() + ", width=" + spec.width() + ", type=FLOAT"
                        + ", layout=" + spec.layout() + ", init=" + spec.init() + ", rule=" + spec.rule()
                        + ", consistency=" + spec.consistency() + ", group=default, nonFinite=FAIL, order=null"
                        + ", home=SPREAD]");
        metadata.put("order", "null");
        metadata.put("clocks", "[1]");
        Storage.local(folder).write("cut/w.table.safetensors", out -> Safetensors.write(out, metadata, tensors));
    }

    // The plan

    @Test
    void aPlanSaysWhatTablesTake() {
        var spec = spec(100_000, 16);
        var two = new Placement(1, List.of(1, 2));
        var viewed = MemoryPlan.of(List.of(spec), two, 1, 2, 0).tables().getFirst();
        var byKey = MemoryPlan.of(List.of(spec.byKey()), two, 1, 2, 0).tables().getFirst();
        try (var nodes = new Nodes(2, Faults.NONE)) {
            var table = nodes.create(spec);
            assertThat(viewed.values() + viewed.state()).isEqualTo(table.bytes());
            table.mirror();
            assertThat(viewed.values() + viewed.state() + viewed.mirror()).isEqualTo(table.bytes());
        }
        assertThat(byKey.mirror()).isZero();
        assertThat(byKey.cache()).isPositive();
    }
}
