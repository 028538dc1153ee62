package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import orrery.store.Storage;
import orrery.table.hold.ServerFunction;
import orrery.table.hold.Table;
import orrery.table.plan.RowOrder;
import orrery.table.spec.Consistency;
import orrery.table.spec.EndedException;
import orrery.table.spec.Init;
import orrery.table.spec.Placement;
import orrery.table.spec.Route;
import orrery.table.spec.TableSpec;
import orrery.table.spec.Update;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;
import orrery.wire.Faults;
import orrery.wire.Frame;

/** Several nodes do what one does. */
@Timeout(120)
final class NodesTest {
    private static final int WORKERS = 4;
    private static final int CLOCKS = 12;

    @TempDir
    Path folder;

    static Stream<Arguments> tables() {
        var rules = List.of(
                new UpdateRule.Add(),
                new UpdateRule.Sgd(0.1f),
                new UpdateRule.Sgd(0.1f, 0.01f, 0.1f),
                new UpdateRule.AdaGrad(0.1f),
                new UpdateRule.AdaRevision(0.1f),
                new UpdateRule.Adam(0.1f),
                new UpdateRule.Momentum(0.1f, 0.9f, 0),
                new UpdateRule.Ftrl(0.1f, 1, 0.01f, 0.01f));
        return rules.stream()
                .flatMap(rule -> Stream.of(
                                TableSpec.dense("narrow", 1000, 1),
                                TableSpec.dense("wide", 50, 33),
                                TableSpec.dense("one", 1, 3),
                                TableSpec.dense("replicated", 50, 33).by(Route.PEERS),
                                TableSpec.dense("told", 50, 33).eachClock(),
                                TableSpec.dense("ordered", 700, 2).ordered(anOrder(700, 2)),
                                TableSpec.sparse("sparse", 5))
                        .map(spec -> spec.with(rule)
                                .with(rule instanceof UpdateRule.Ftrl ? new Init.Zero() : new Init.Uniform(7, -1, 1))))
                .map(Arguments::of);
    }

    /** Rows to owners and groups at random. */
    private static RowOrder anOrder(int rows, int members) {
        var random = new SplittableRandom(rows);
        return RowOrder.of(
                random.ints(rows, 0, members).toArray(),
                random.longs(rows, 0, 4).toArray(),
                members);
    }

    /** A worker's clock: reads some rows, adds something that depends on what it read, in every way there is. */
    private static void step(Session session, Table table, long clock, long seed) {
        var random = new SplittableRandom(seed + 1000 * clock + session.worker());
        int width = table.spec().width();
        long rows = table.spec().rows() == TableSpec.OPEN ? 500 : table.spec().rows();
        var keys = random.longs(40, 0, rows).distinct().toArray();
        var values = new float[keys.length * width];
        session.gather(table, keys, values);
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(3) == 0 ? 0 : values[i] * 0.1f + (float) random.nextGaussian();
        }
        session.add(table, keys, values);
        if (table.spec().layout() == TableSpec.Layout.DENSE && random.nextBoolean()) {
            var view = session.view(table);
            var outbox = session.outbox(table);
            for (int n = 0; n < 20; n++) {
                long row = random.nextLong(rows);
                outbox.addCell(row, random.nextInt(width), view.get(random.nextLong(rows), random.nextInt(width)));
            }
        }
        session.tick();
    }

    private static float[] content(Node node, Table table) {
        if (table.spec().layout() == TableSpec.Layout.DENSE) {
            return node.values(table);
        }
        var keys = new long[500];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = i;
        }
        var values = new float[keys.length * table.spec().width()];
        node.begin(1, 1_000_000, Sessions.LIMIT);
        node.session(0).gather(table, keys, values);
        return values;
    }

    /** What one node alone computes, whose rows lie by their numbers. */
    private static float[] alone(TableSpec spec, int clocks) {
        var node = new Node();
        var table = node.create(spec.ordered(null));
        Sessions.run(node, WORKERS, session -> {
            for (int clock = 0; clock < clocks; clock++) {
                step(session, table, clock, 1);
            }
        });
        return content(node, table);
    }

    private static void together(Nodes nodes, TableSpec spec, long firstClock, int clocks) {
        nodes.run(WORKERS, firstClock, (session, node) -> {
            var table = node.find(spec.name());
            for (long clock = firstClock; clock < clocks; clock++) {
                step(session, table, clock, 1);
            }
        });
    }

    private static float[] content(Nodes nodes, TableSpec spec) {
        nodes.all.forEach(node -> node.begin(1, 1_000_000, Sessions.LIMIT));
        return content(nodes.all.getFirst(), nodes.on(0, spec.name()));
    }

    private static void assertSame(float[] is, float[] due) {
        assertThat(java.util.Arrays.mismatch(is, due)).isEqualTo(-1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tables")
    void underBspTheyHaveTheSameBitsAsOne(TableSpec spec) {
        var due = alone(spec, CLOCKS);
        for (int count : new int[] {2, 3}) {
            try (var nodes = new Nodes(count, Faults.NONE)) {
                nodes.create(spec);
                together(nodes, spec, 0, CLOCKS);
                assertSame(content(nodes, spec), due);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("some")
    void badWeatherChangesNothing(TableSpec spec) {
        var due = alone(spec, CLOCKS);
        try (var nodes = new Nodes(3, Faults.parse("drop=2%,delay=1ms,duplicate=2%,reorder=5%,cut=0.2%"))) {
            nodes.create(spec);
            together(nodes, spec, 0, CLOCKS);
            assertSame(content(nodes, spec), due);
        }
    }

    static Stream<TableSpec> some() {
        return Stream.of(
                TableSpec.dense("narrow", 1000, 1).with(new UpdateRule.AdaGrad(0.1f)),
                TableSpec.dense("wide", 50, 33).with(new UpdateRule.Sgd(0.1f, 0.01f, 0.1f)),
                TableSpec.dense("ordered", 700, 2).ordered(anOrder(700, 3)).with(new UpdateRule.AdaGrad(0.1f)),
                TableSpec.dense("told", 50, 33).eachClock().with(new UpdateRule.Momentum(0.1f, 0.9f, 0)),
                TableSpec.dense("replicated", 50, 33).by(Route.PEERS).with(new UpdateRule.Momentum(0.1f, 0.9f, 0)),
                TableSpec.sparse("sparse", 5).with(new UpdateRule.Adam(0.1f)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tables")
    void blocksMoveAtACutAndNothingIsLost(TableSpec spec) throws Exception {
        var due = alone(spec, CLOCKS);
        try (var nodes = new Nodes(3, Faults.NONE)) {
            nodes.place(2, List.of(1, 2));
            nodes.create(spec);
            int version = 2;
            int clock = 0;
            for (var members : List.of(List.of(1, 2, 3), List.of(3), List.of(1, 3), List.of(2))) {
                together(nodes, spec, clock, clock + 3);
                clock += 3;
                nodes.move(++version, members);
            }
            assertSame(content(nodes, spec), due);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tables")
    void blocksThatComeBeforeTheirMoveBeginsAreKept(TableSpec spec) throws Exception {
        var due = alone(spec, CLOCKS);
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(spec);
            together(nodes, spec, 0, CLOCKS);
            var next = new Placement(2, List.of(2));
            assertThat(nodes.all.get(0).move(next, Sessions.LIMIT)).isZero(); // all that it had is on its way
            int came = nodes.all.get(1).move(next, Sessions.LIMIT);
            assertThat(came > 0).isEqualTo(spec.route() == Route.OWNERS); // else it was there
            nodes.members = List.of(2);
            assertSame(content(nodes, spec), due);
        }
    }

    private static void load(Storage storage, TableSpec spec, int count, float[] half, float[] due) throws Exception {
        try (var nodes = new Nodes(count, Faults.NONE)) {
            nodes.create(spec);
            for (var node : nodes.all) {
                node.load(storage, "cut");
            }
            assertSame(content(nodes, spec), half);
            if (count <= WORKERS) {
                together(nodes, spec, CLOCKS / 2, CLOCKS);
                assertSame(content(nodes, spec), due);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tables")
    void whatThreeSaveAnyNumberLoads(TableSpec spec) throws Exception {
        var due = alone(spec, CLOCKS);
        var half = alone(spec, CLOCKS / 2);
        var storage = Storage.local(folder);
        try (var nodes = new Nodes(3, Faults.NONE)) {
            nodes.create(spec);
            together(nodes, spec, 0, CLOCKS / 2);
            for (var node : nodes.all) {
                node.save(storage, "cut");
            }
        }
        for (int count : new int[] {1, 2, 5, 20}) {
            load(storage, spec, count, half, due);
        }
        if (spec.layout() == TableSpec.Layout.DENSE
                && spec.route() == Route.OWNERS) { // whose rows may lie otherwise from now on
            load(storage, spec.ordered(anOrder((int) spec.rows(), 4)), 4, half, due);
            load(storage, spec.ordered(null), 2, half, due);
        }
    }

    @Test
    void countsAddUpUnderEveryConsistency() {
        for (var consistency : List.of("bsp", "ssp:0", "ssp:3", "essp:1", "asp")) {
            for (var spec : List.of(
                    TableSpec.dense("n", 64, 3).ofInts().with(Consistency.parse(consistency)),
                    TableSpec.sparse("n", 3).ofInts().with(Consistency.parse(consistency)))) {
                try (var nodes = new Nodes(3, Faults.NONE)) {
                    nodes.create(spec);
                    nodes.run(WORKERS, (session, node) -> {
                        var table = node.find("n");
                        var random = new SplittableRandom(session.worker());
                        for (int clock = 0; clock < 50; clock++) {
                            var keys = random.longs(10, 0, 64).toArray();
                            var ones = new int[30];
                            java.util.Arrays.fill(ones, 1);
                            session.add(table, keys, ones);
                            session.gather(table, keys, new int[30]);
                            session.tick();
                        }
                    });
                    nodes.all.forEach(node -> node.begin(1, 1000, Sessions.LIMIT));
                    var all = new long[64];
                    java.util.Arrays.setAll(all, i -> i);
                    var counts = new int[64 * 3];
                    nodes.all.get(1).session(0).gather(nodes.on(1, "n"), all, counts);
                    assertThat(java.util.Arrays.stream(counts).sum()).isEqualTo(WORKERS * 50 * 10 * 3);
                }
            }
        }
    }

    @Test
    void functionsAnswerAsOnOneNode() {
        for (var spec : List.of(TableSpec.dense("w", 300, 2), TableSpec.sparse("w", 2))) {
            var one = new Node();
            var table = one.create(spec);
            Sessions.run(one, WORKERS, session -> {
                for (int clock = 0; clock < 5; clock++) {
                    step(session, table, clock, 3);
                }
            });
            double norm = one.call(new ServerFunction.Norm(table));
            var top = one.call(new ServerFunction.TopK(table, 1, 7));
            try (var nodes = new Nodes(3, Faults.NONE)) {
                nodes.create(spec);
                nodes.run(WORKERS, (session, node) -> {
                    var mine = node.find("w");
                    for (int clock = 0; clock < 5; clock++) {
                        step(session, mine, clock, 3);
                    }
                    assertThat(session.call(new ServerFunction.Norm(mine))).isEqualTo(norm);
                    assertThat(session.call(new ServerFunction.TopK(mine, 1, 7)))
                            .isEqualTo(top);
                });
                var first = nodes.all.getFirst();
                assertThat(first.call(new ServerFunction.Norm(nodes.on(0, "w"))))
                        .isEqualTo(norm);
            }
        }
    }

    @Test
    void tablesAreCreatedAndDroppedByWorkers() {
        try (var nodes = new Nodes(3, Faults.parse("delay=1ms,reorder=10%"))) {
            nodes.create(TableSpec.dense("first", 10, 1));
            nodes.run(WORKERS, (session, node) -> {
                for (int round = 0; round < 5; round++) {
                    var spec = TableSpec.dense("round-" + round, 40, 2);
                    var table = session.create(spec);
                    session.add(table, new long[] {session.worker(), 39}, new float[] {1, 1, 1, 1});
                    session.tick();
                    var row = new float[2];
                    session.row(table, 39, row);
                    assertThat(row).containsOnly(WORKERS);
                    session.drop(table);
                    session.tick();
                }
            });
        }
    }

    /** Adds factors that depend on what was read, and at some clocks rows beside them. */
    private static void stepWithFactors(Session session, Table table, long clock) {
        var random = new SplittableRandom(99 + 1000 * clock + session.worker());
        int rows = (int) table.spec().rows();
        int width = table.spec().width();
        var view = session.view(table);
        int pairs = 1 + random.nextInt(40);
        var u = new float[pairs * rows];
        var v = new float[pairs * width];
        for (int i = 0; i < u.length; i++) {
            u[i] = (float) random.nextGaussian() + 0.1f * view.get(i % rows, 0);
        }
        for (int i = 0; i < v.length; i++) {
            v[i] = (float) random.nextGaussian();
        }
        if (random.nextInt(4) > 0) { // else the worker has none
            session.add(table, new Update.Factors(u, v));
        }
        if (random.nextInt(4) == 0) {
            session.add(table, new long[] {random.nextInt(rows)}, v);
        }
        session.tick();
    }

    /** By whatever route, of whatever size, in whatever weather. */
    @ParameterizedTest(name = "{0} x {1}, {2}")
    @CsvSource({
        "50, 33, OWNERS, 12",
        "50, 33, PEERS, 12",
        "60, 4000, OWNERS, 3",
        "60, 4000, PEERS, 3",
        "3, 4, PEERS, 12"
    })
    void factorsGiveTheSameBitsAsOnOneNode(int rows, int width, Route route, int clocks) {
        var spec = TableSpec.dense("factors", rows, width).with(new UpdateRule.Momentum(0.01f, 0.9f, 0.001f));
        var node = new Node();
        var table = node.create(spec);
        Sessions.run(node, WORKERS, session -> {
            for (int clock = 0; clock < clocks; clock++) {
                stepWithFactors(session, table, clock);
            }
        });
        var due = content(node, table);
        for (var weather : List.of("", "drop=2%,delay=1ms,duplicate=2%,reorder=5%")) {
            for (int count : new int[] {2, 3, 4}) {
                try (var nodes = new Nodes(count, Faults.parse(weather))) {
                    nodes.create(spec.by(route));
                    nodes.run(WORKERS, 0, (session, of) -> {
                        for (int clock = 0; clock < clocks; clock++) {
                            stepWithFactors(session, of.find("factors"), clock);
                        }
                    });
                    for (int n = 0; n < count; n++) { // all copies, where there are several
                        nodes.all.get(n).begin(1, 1_000_000, Sessions.LIMIT);
                        assertSame(content(nodes.all.get(n), nodes.on(n, "factors")), due);
                    }
                }
            }
        }
    }

    /** What each route sends in a clock is what the formulas say (Zhang et al., USENIX ATC 2017, table 1), and some heads. */
    @ParameterizedTest(name = "{0}, factors {1}, {2} nodes")
    @CsvSource({
        "OWNERS, false, 2",
        "OWNERS, false, 4",
        "OWNERS, true, 4",
        "PEERS, false, 3",
        "PEERS, true, 2",
        "PEERS, true, 4"
    })
    void bytesOfARouteAreThoseOfItsFormula(Route route, boolean areFactors, int members) {
        int m = 256;
        int n = 8192;
        int k = 32;
        int clocks = 6;
        try (var nodes = new Nodes(members, Faults.NONE)) {
            nodes.create(TableSpec.dense("w", m, n).by(route));
            var u = new float[k * m];
            var v = new float[k * n];
            java.util.Arrays.fill(u, 0.5f);
            java.util.Arrays.fill(v, 0.25f);
            var keys = java.util.stream.LongStream.range(0, m).toArray();
            var rows = new float[m * n];
            nodes.run(members, (session, node) -> {
                var table = node.find("w");
                for (int clock = 0; clock < clocks; clock++) {
                    session.view(table);
                    if (areFactors) {
                        session.add(table, new Update.Factors(u, v));
                    } else {
                        java.util.Arrays.fill(rows, 1);
                        session.add(table, keys, rows);
                    }
                    session.tick();
                }
            });
            double matrix = 4.0 * m * n;
            double factors = 4.0 * k * (members - 1);
            double due = route == Route.PEERS
                    ? areFactors ? factors * (m + n) : matrix * (members - 1)
                    : (areFactors ? factors * (m / (double) members + n) : matrix * (members - 1) / members)
                            + matrix * (members - 1) / members;
            long sent = nodes.all.stream()
                    .mapToLong(node -> node.counted().get("bytesSent"))
                    .sum();
            double most = route == Route.OWNERS ? 1.012 : 1.01; // blocks of single rows have many heads
            assertThat(sent / (due * members * clocks)).isBetween(0.99, most);
        }
    }

    /** What crosses the wire is what the layout of the frames says. */
    @Test
    void bytesAreWhatTheFramesSay() {
        long rows = 200_000;
        int clocks = 6;
        int workers = 2;
        try (var nodes = new Nodes(2, Faults.NONE)) {
            var table = nodes.create(TableSpec.dense("w", rows, 1).with(new UpdateRule.AdaGrad(0.1f)));
            nodes.run(workers, (session, node) -> {
                var mine = node.find("w");
                for (int clock = 0; clock < clocks; clock++) {
                    var view = session.view(mine);
                    var outbox = session.outbox(mine);
                    for (int row = 0; row < rows; row++) {
                        outbox.addCell(row, 0, 1 + view.get(row, 0));
                    }
                    session.tick();
                }
            });
            double due = 0;
            for (int member = 1; member <= 2; member++) {
                int theirs = 0;
                int runs = 0; // of blocks of one stripe
                long cells = 0;
                var shape = table.shard.rows();
                for (int block = 0; block < shape.blocks; block++) {
                    if (table.owner(block) == member) {
                        theirs++;
                        cells += shape.resident(block);
                        runs += block == 0
                                        || table.owner(block - 1) != member
                                        || shape.stripeOfBlock(block - 1) != shape.stripeOfBlock(block)
                                ? 1
                                : 0;
                    }
                }
                double payload = Frame.MOST_PAYLOAD_BYTES;
                double push = 4.0 * cells + 16 * runs; // a section says kind, count, block and first row
                double pull = 4.0 * cells + 28 * theirs; // block, version, age, runs; one run
                due += clocks
                        * (push
                                + Math.ceil(push / payload) * (Frame.HEADER_BYTES + 16)
                                + pull
                                + Math.ceil(pull / payload) * Frame.HEADER_BYTES
                                + Frame.HEADER_BYTES
                                + 24
                                + 8 * theirs // the question
                                + Frame.HEADER_BYTES
                                + 16); // the tick
            }
            long sent = nodes.all.stream()
                    .mapToLong(node -> node.counted().get("bytesSent"))
                    .sum();
            System.out.printf("sent %,d bytes, predicted %,.0f: %+.2f %%%n", sent, due, 100 * (sent / due - 1));
            assertThat(sent / due).isBetween(0.98, 1.02);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("some")
    void aSnapshotIsOfItsMomentWhileWorkersGoOn(TableSpec spec) throws Exception {
        var half = alone(spec, CLOCKS / 2);
        var due = alone(spec, CLOCKS);
        var storage = Storage.local(folder);
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(spec);
            together(nodes, spec, 0, CLOCKS / 2);
            var snapshots = nodes.all.stream().map(Node::snapshot).toList();
            together(nodes, spec, CLOCKS / 2, CLOCKS);
            for (var snapshot : snapshots) {
                snapshot.write(storage, "cut");
            }
            assertSame(content(nodes, spec), due);
        }
        try (var nodes = new Nodes(3, Faults.NONE)) {
            nodes.create(spec);
            for (var node : nodes.all) {
                node.load(storage, "cut");
            }
            assertSame(content(nodes, spec), half);
        }
    }

    @Test
    void aQuestionThatMissesAMoveIsAskedAgain() throws Exception {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            var table = nodes.create(TableSpec.dense("w", 100, 1).with(new Init.Constant(5)));
            nodes.all.forEach(node -> node.begin(2, 0, Sessions.LIMIT));
            var first = nodes.all.get(0);
            var second = nodes.all.get(1);
            second.place(new Placement(2, List.of(1))); // has heard of a move that the first has not
            var values = new float[100];
            var keys = new long[100];
            java.util.Arrays.setAll(keys, i -> i);
            var reader = Thread.ofPlatform().start(() -> first.session(0).gather(table, keys, values));
            while (second.counted().get("readsMoved") == 0) {
                Thread.onSpinWait();
            }
            assertThat(reader.isAlive()).isTrue();
            first.place(new Placement(2, List.of(1)));
            reader.join();
            assertThat(values).containsOnly(5);
        }
    }

    @Test
    void whatIsCountedAddsUp() {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            nodes.create(TableSpec.sparse("hot", 1).with(new Consistency.Ssp(1)));
            nodes.run(2, (session, node) -> {
                var table = node.find("hot");
                for (int clock = 0; clock < 50; clock++) {
                    session.gather(table, new long[] {7, clock + 100, clock + 1000}, new float[3]);
                    session.add(table, new long[] {7, clock}, new float[] {1, 1});
                    session.tick();
                }
            });
            var counts = new java.util.TreeMap<String, Long>();
            nodes.all.forEach(node -> node.counted().forEach((name, n) -> counts.merge(name, n, Long::sum)));
            assertThat(counts.get("bytesSent")).isPositive();
            assertThat(counts.get("bytesReceived")).isPositive();
            assertThat(counts.get("pushes")).isPositive();
            assertThat(counts.get("hotRow{hot/7}")).isGreaterThan(20); // whose owner is one of the two
            long reads = counts.entrySet().stream()
                    .filter(entry -> entry.getKey().startsWith("staleness{"))
                    .mapToLong(java.util.Map.Entry::getValue)
                    .sum();
            assertThat(reads).isEqualTo(100);
        }
    }

    @Test
    void aSlowReadIsRecorded() throws Exception {
        try (var recording = new Recording()) {
            recording.enable("orrery.SlowRead");
            recording.start();
            var node = new Node();
            var table = node.create(TableSpec.dense("w", 4, 1));
            Sessions.run(node, 2, session -> {
                if (session.worker() == 1) {
                    TimeUnit.MILLISECONDS.sleep(30); // what the other waits for
                }
                session.tick();
                session.view(table);
            });
            recording.stop();
            var file = folder.resolve("slow.jfr");
            recording.dump(file);
            var events = RecordingFile.readAllEvents(file);
            assertThat(events).hasSize(1);
            assertThat(events.getFirst().getString("waitedFor")).isEqualTo("worker 1");
            assertThat(events.getFirst().getString("table")).isEqualTo("w");
            assertThat(events.getFirst().getDuration("waited").toMillis()).isGreaterThanOrEqualTo(10);
        }
    }

    /** A node that has left can still be read; what it cannot do any more, it says at once. */
    @Test
    void aNodeThatHasLeftSaysSo() {
        var authority = new orrery.wire.Authority(false);
        var node = new Node();
        node.join(authority.admit("member 1"), 1, 1, orrery.wire.Endpoint.Settings.DEFAULT, frame -> frame.close());
        node.create(TableSpec.dense("w", 4, 1));
        node.leave();
        assertThatThrownBy(() -> node.begin(1, 0, java.time.Duration.ofMinutes(5)))
                .isInstanceOf(EndedException.class)
                .hasMessageContaining("a stage cannot begin: member 1 has left the others");
        assertThatThrownBy(node::clear).isInstanceOf(EndedException.class);
    }
}
