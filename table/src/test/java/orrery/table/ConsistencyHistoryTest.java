package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.table.cells.FloatShard;
import orrery.table.hold.Table;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;
import orrery.wire.Faults;
import orrery.wire.Ticker;

/**
 * The laws of reading, checked on what real threads saw. Each worker has a row that counts which of its clocks are included, since
 * each worker adds 1 to its own row once a clock; so every value read says how fresh it was.
 */
final class ConsistencyHistoryTest {
    private static final int WORKERS = 4;
    private static final int CLOCKS = 4200;
    private static final int READS_PER_CLOCK = 16; // of all rows: 4 x 4200 x 16 x 4 = 1.08 M values

    private record Seen(long reads, long violations, String first) {}

    /** Both ways in which an add reaches the shard. */
    static Stream<Arguments> cases() {
        return Stream.of("bsp", "ssp:0", "ssp:1", "ssp:3", "essp:0", "essp:1", "essp:3", "asp")
                .flatMap(name -> Stream.of(Arguments.of(name, true), Arguments.of(name, false)));
    }

    @ParameterizedTest(name = "{0}, adds {1}")
    @MethodSource("cases")
    void everyReadObeysTheLaws(String name, boolean adds) {
        var seen = observe(new Place.Alone(new Node()), Consistency.parse(name), adds, CLOCKS);
        assertThat(seen.reads()).isGreaterThanOrEqualTo(1_000_000);
        assertThat(seen.violations()).as(seen.first()).isZero();
    }

    /** Of those that have a bound, which asp has not. */
    static Stream<Arguments> casesWithABound() {
        return cases().filter(arguments -> !arguments.get()[0].equals("asp"));
    }

    @ParameterizedTest(name = "{0}, one clock too early")
    @MethodSource("casesWithABound")
    void aBrokenControllerIsCaught(String name, boolean adds) {
        for (int tries = 1; ; tries++) {
            var broken = new Node((c, clock) -> c.requiredAge(clock) - 1, Ticker.SYSTEM);
            try {
                var seen = observe(new Place.Alone(broken), Consistency.parse(name), adds, CLOCKS);
                assertThat(seen.violations()).isPositive();
                return;
            } catch (IndexOutOfBoundsException e) { // of an outbox that is written while it is applied
                assertThat(tries).as("observations that came to no end: " + e).isLessThan(3);
            }
        }
    }

    /** 160 clocks x 4 workers x 400 reads x 4 rows = 1.02 M values. */
    @ParameterizedTest(name = "{0}, adds {1}")
    @MethodSource("cases")
    @Timeout(60)
    void everyReadObeysTheLawsOnTwoNodes(String name, boolean adds) {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            var seen = observe(new Place.Among(nodes), Consistency.parse(name), adds, 160, 400);
            assertThat(seen.reads()).isGreaterThanOrEqualTo(1_000_000);
            assertThat(seen.violations()).as(seen.first()).isZero();
        }
    }

    @Tag("thorough")
    @ParameterizedTest
    @ValueSource(strings = {"bsp", "ssp:1", "ssp:3", "essp:1", "essp:3", "asp"})
    @Timeout(120)
    void everyReadObeysTheLawsInBadWeather(String name) {
        try (var nodes = new Nodes(2, Faults.parse("drop=1%,delay=20ms,duplicate=1%,reorder=2%"))) {
            var seen = observe(new Place.Among(nodes), Consistency.parse(name), true, 80, 800);
            assertThat(seen.reads()).isGreaterThanOrEqualTo(1_000_000);
            assertThat(seen.violations()).as(seen.first()).isZero();
        }
    }

    /** A worker that keeps its adds to itself until the tick sees them all the same. */
    @ParameterizedTest
    @ValueSource(strings = {"bsp", "ssp:1", "essp:1", "asp"})
    @Timeout(60)
    void ownAddsThatAreGatheredAreSeen(String name) {
        var consistency = Consistency.parse(name);
        var alone = observe(new Place.Alone(new Node()), consistency, true, 1000, 16, true);
        assertThat(alone.violations()).as(alone.first()).isZero();
        try (var nodes = new Nodes(2, Faults.NONE)) {
            var seen = observe(new Place.Among(nodes), consistency, true, 100, 50, true);
            assertThat(seen.violations()).as(seen.first()).isZero();
        }
    }

    /** What a table can be, each with a way to tell from a row how many updates it has had. */
    enum Kind {
        DENSE,
        SPARSE,
        COUNTS,
        SPARSE_COUNTS,
        ADA_GRAD,
        SPARSE_ADA_GRAD;

        private boolean isInt() {
            return this == COUNTS || this == SPARSE_COUNTS;
        }

        private boolean hasRule() {
            return this == ADA_GRAD || this == SPARSE_ADA_GRAD;
        }

        TableSpec spec() {
            var name = "included";
            boolean isSparse = this == SPARSE || this == SPARSE_COUNTS || this == SPARSE_ADA_GRAD;
            var spec = isSparse ? TableSpec.sparse(name, 1) : TableSpec.dense(name, WORKERS, 1);
            return hasRule() ? spec.with(new UpdateRule.AdaGrad(1, 1, 0, 0)) : isInt() ? spec.ofInts() : spec;
        }

        void add(Session session, Table table, long[] keys) {
            if (isInt()) {
                session.add(table, keys, new int[] {1});
            } else {
                session.add(table, keys, new float[] {1});
            }
        }

        /** How many updates each row has had. */
        void read(Session session, Table table, long[] keys, float[] into) {
            if (isInt()) {
                var counts = new int[keys.length];
                session.gather(table, keys, counts);
                for (int i = 0; i < counts.length; i++) {
                    into[i] = counts[i];
                }
                return;
            }
            session.gather(table, keys, into);
            for (int i = 0; hasRule() && i < keys.length; i++) {
                into[i] = updates(into[i]);
            }
        }

        /** The value falls with each: by how many is it what it is? */
        private static int updates(float value) {
            int at = Arrays.binarySearch(FALLING, 0 - value);
            if (at < 0) {
                throw new IllegalStateException(value + " is not what any number of updates makes");
            }
            return at;
        }

        /** By the number of updates: the negative of a value that AdaGrad has made of as many ones. */
        private static final float[] FALLING = falling(4200);

        private static float[] falling(int most) {
            var shard = new FloatShard(ADA_GRAD.spec(), () -> 0);
            var values = new float[most + 1];
            for (int n = 1; n <= most; n++) {
                shard.apply(0, new float[] {1}, 0);
                shard.read(0, values, n);
                values[n] = 0 - values[n];
            }
            return values;
        }
    }

    static Stream<Arguments> pushedKinds() {
        return Stream.of("ssp:1", "essp:0", "essp:1", "essp:3")
                .flatMap(name -> Stream.of(Kind.values()).map(kind -> Arguments.of(name, kind)));
    }

    /** 160 clocks x 4 workers x 400 reads x 4 rows = 1.02 M values. */
    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("pushedKinds")
    @Timeout(60)
    void everyKindOfTableObeysTheLaws(String name, Kind kind) {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            var seen = observe(new Place.Among(nodes), kind, Consistency.parse(name), true, 160, 400, false);
            assertThat(seen.reads()).isGreaterThanOrEqualTo(1_000_000);
            assertThat(seen.violations()).as(seen.first()).isZero();
        }
    }

    /** There is room for some rows only; the others are asked for, and none goes back. */
    @ParameterizedTest
    @EnumSource(names = {"SPARSE", "COUNTS", "ADA_GRAD"})
    @Timeout(60)
    void whatHasNoRoomObeysTheLawsToo(Kind kind) {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            var place = new Place.Among(nodes) {
                @Override
                public void create(TableSpec spec) {
                    super.create(spec);
                    nodes.all.forEach(node -> node.table(spec.name()).mostFedCells(1));
                }
            };
            var seen = observe(place, kind, new Consistency.Essp(2), true, 160, 100, false);
            assertThat(seen.violations()).as(seen.first()).isZero();
        }
    }

    @ParameterizedTest(name = "essp:{0}, {1}")
    @CsvSource({"1, SPARSE", "3, COUNTS", "2, ADA_GRAD"})
    @Timeout(120)
    void everyKindOfTableObeysTheLawsInBadWeather(int staleness, Kind kind) {
        try (var nodes = new Nodes(3, Faults.parse("drop=1%,delay=20ms,duplicate=1%,reorder=2%"))) {
            var seen = observe(new Place.Among(nodes), kind, new Consistency.Essp(staleness), true, 40, 1600, false);
            assertThat(seen.reads()).isGreaterThanOrEqualTo(1_000_000);
            assertThat(seen.violations()).as(seen.first()).isZero();
        }
    }

    @Test
    void aBrokenControllerIsCaughtOnTwoNodes() {
        try (var nodes = new Nodes(2, Faults.NONE, (c, clock) -> c.requiredAge(clock) - 1)) {
            assertThat(observe(new Place.Among(nodes), new Consistency.Ssp(1), true, 400, 16)
                            .violations())
                    .isPositive();
        }
    }

    private static Seen observe(Place place, Consistency consistency, boolean adds, int clocks) {
        return observe(place, consistency, adds, clocks, READS_PER_CLOCK);
    }

    private static Seen observe(Place place, Consistency consistency, boolean adds, int clocks, int readsPerClock) {
        return observe(place, consistency, adds, clocks, readsPerClock, false);
    }

    private static Seen observe(
            Place place, Consistency consistency, boolean adds, int clocks, int readsPerClock, boolean gathers) {
        return observe(place, Kind.DENSE, consistency, adds, clocks, readsPerClock, gathers);
    }

    private static Seen observe(
            Place place,
            Kind kind,
            Consistency consistency,
            boolean adds,
            int clocks,
            int readsPerClock,
            boolean gathers) {
        place.create(kind.spec().with(consistency));
        var begun = new AtomicLongArray(WORKERS); // clocks for which a worker may have added
        var reads = new AtomicLong();
        var violations = new AtomicLong();
        var first = new StringBuffer();
        place.run(WORKERS, (session, node) -> {
            var table = node.find("included");
            int me = session.worker();
            var keys = new long[] {3, 2, 1, 0}; // row of worker p at p: of two nodes, each worker's own is the other's
            var own = new long[] {keys[me]};
            if (gathers) {
                session.gatherAdds(table, own);
            }
            var values = new float[WORKERS];
            var before = new float[WORKERS];
            for (long clock = 0; clock < clocks; clock++) {
                for (int r = 0; r < readsPerClock; r++) {
                    if (r == readsPerClock / 2) {
                        begun.set(me, clock + 1);
                        if (adds) {
                            kind.add(session, table, own);
                        } else {
                            session.outbox(table).addCell(keys[me], 0, 1);
                        }
                    }
                    kind.read(session, table, keys, values);
                    reads.addAndGet(WORKERS);
                    boolean sawOwn = adds && !kind.hasRule() && r >= readsPerClock / 2;
                    for (int p = 0; p < WORKERS; p++) {
                        boolean isRight = p == me
                                ? values[p] == clock + (sawOwn && !consistency.staged() ? 1 : 0)
                                : isLegal(consistency, clock, values[p], before[p], begun.get(p));
                        if (!isRight && violations.getAndIncrement() == 0) {
                            first.append(
                                    "worker " + me + " at clock " + clock + " saw " + values[p] + " of worker " + p);
                        }
                        before[p] = values[p];
                    }
                }
                session.tick();
                if (me == 0 && clock % 512 == 0) {
                    LockSupport.parkNanos(200_000); // now and then a straggler
                }
            }
        });
        return new Seen(reads.get(), violations.get(), first.toString());
    }

    private static boolean isLegal(Consistency consistency, long clock, float value, float before, long begun) {
        return switch (consistency) {
            case Consistency.Bsp() -> value == clock;
            case Consistency.Ssp(int staleness) -> value >= clock - staleness && value >= before && value <= begun;
            case Consistency.Essp(int staleness) -> value >= clock - staleness && value >= before && value <= begun;
            case Consistency.Local _ -> throw new IllegalArgumentException("it has copies, not histories");
            case Consistency.SparseSsp _ -> throw new IllegalArgumentException("see SparseSspTest");
            case Consistency.Rotating _ -> throw new IllegalArgumentException("see RotationTest");
            case Consistency.Asp() -> value >= before && value <= begun;
        };
    }
}
