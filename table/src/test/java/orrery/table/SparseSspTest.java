package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import orrery.table.clock.ConflictDetector;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.Update;
import orrery.wire.Faults;

/** Running ahead where nobody meets: the detector against an oracle, and what real threads saw. */
final class SparseSspTest {
    private static final int WORKERS = 4;

    // The detector

    /** Workers in random order, with an oracle that looks at everything. */
    @RepeatedTest(200)
    void grantsWhatIsLegalAndNothingElse(RepetitionInfo repetition) {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        int workers = random.nextInt(1, 7);
        int staleness = random.nextInt(0, 3);
        int speculation = random.nextInt(0, 6);
        long firstClock = random.nextInt(0, 3);
        int rows = random.nextInt(1, 400);
        var detector = new ConflictDetector(staleness, speculation, () -> {});
        detector.begin(workers, firstClock);
        var sets = new ArrayList<List<long[]>>();
        var done = new long[workers];
        Arrays.fill(done, firstClock - 1);
        for (int w = 0; w < workers; w++) {
            sets.add(new ArrayList<>());
        }
        for (int step = 0; step < 2000; step++) {
            int w = random.nextInt(workers);
            var mine = sets.get(w);
            if (random.nextInt(3) > 0 && firstClock + mine.size() - done[w] < 10) { // announce the next
                mine.add(random.longs(random.nextInt(8), 0, rows).distinct().toArray());
                detector.announce(w, firstClock + mine.size() - 1, mine.getLast());
            } else if (firstClock + mine.size() > done[w] + 1) {
                long clock = done[w] + 1;
                boolean isLegal = isLegal(sets, done, firstClock, w, clock, staleness, speculation);
                long least = Arrays.stream(done).min().orElseThrow();
                boolean isGranted = detector.grants(w, clock);
                if (isGranted) {
                    assertThat(isLegal).isTrue();
                } else {
                    assertThat(least).as("the plain bound").isLessThan(clock - 1 - staleness);
                    if (rows > 100 * workers) { // so few conflicts that there is no pause
                        assertThat(isLegal).isFalse();
                    }
                }
                if (isGranted) {
                    done[w] = clock;
                    detector.ticked(w, clock);
                }
            }
            assertThat(detector.bytes()).isLessThan(64 * detector.keysHeld() + 20_000);
        }
    }

    private static boolean isLegal(
            List<List<long[]>> sets,
            long[] done,
            long firstClock,
            int worker,
            long clock,
            int staleness,
            int speculation) {
        long need = clock - 1 - staleness;
        long least = Arrays.stream(done).min().orElseThrow();
        if (least >= need) {
            return true;
        }
        if (need - least > speculation) {
            return false;
        }
        var mine = new HashSet<Long>();
        Arrays.stream(sets.get(worker).get((int) (clock - firstClock))).forEach(mine::add);
        for (int w = 0; w < done.length; w++) {
            for (long c = done[w] + 1; c <= need; c++) {
                if (c - firstClock >= sets.get(w).size()) {
                    return false; // not announced
                }
                for (long key : sets.get(w).get((int) (c - firstClock))) {
                    if (mine.contains(key)) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    /** Eight workers that announce five clocks ahead, from 10 keys to 5,000. */
    @ParameterizedTest
    @CsvSource({"10", "100", "1000", "5000"})
    void memoryIsOfWhatIsAnnounced(int keys) {
        var detector = new ConflictDetector(0, 5, () -> {});
        detector.begin(8, 0);
        var random = new SplittableRandom(1);
        for (int clock = 0; clock < 6; clock++) {
            for (int w = 0; w < 8; w++) {
                detector.announce(w, clock, random.longs(keys, 0, 1_000_000).toArray());
            }
        }
        assertThat(detector.keysHeld()).isEqualTo(8L * 6 * keys);
        assertThat(detector.bytes()).isLessThanOrEqualTo(64 * detector.keysHeld());
    }

    /** All meet all the time: after a while nothing is kept; when they do not any more, it is again. */
    @Test
    void speculationPausesWhereAllMeet() {
        var detector = new ConflictDetector(0, 3, () -> {});
        detector.begin(2, 0);
        long clock = 0;
        for (; clock < 200; clock++) {
            ahead(detector, clock, 7, 7);
        }
        assertThat(detector.keysHeld()).isZero();
        assertThat(detector.grantsAhead()).isZero();
        long conflicts = detector.conflicts();
        assertThat(conflicts).isBetween(32L, 100L);
        for (; clock < 2000; clock++) {
            ahead(detector, clock, 7, 8);
        }
        assertThat(detector.grantsAhead()).isGreaterThan(500);
    }

    /** Worker 0 asks for a clock that worker 1 has not done the one before of. */
    private static void ahead(ConflictDetector detector, long clock, long key, long other) {
        detector.announce(0, clock, new long[] {key});
        detector.announce(1, clock, new long[] {other});
        if (clock > 0) {
            detector.grants(0, clock);
            detector.ticked(1, clock - 1);
            assertThat(detector.grants(0, clock)).isTrue();
        }
        detector.ticked(0, clock);
    }

    // Histories

    private record Plan(int rows, int clocks, int keys, int staleness, int speculation) {
        long[] keysOf(int worker, long clock) {
            var random = new SplittableRandom(worker * 1_000_003L + clock);
            return random.longs(keys, 0, rows).distinct().toArray();
        }

        /** By row: the clocks of its updates, ascending. */
        List<List<Integer>> updates() {
            var updates = new ArrayList<List<Integer>>();
            for (int row = 0; row < rows; row++) {
                updates.add(new ArrayList<>());
            }
            for (int c = 0; c < clocks; c++) {
                for (int w = 0; w < WORKERS; w++) {
                    for (long key : keysOf(w, c)) {
                        updates.get((int) key).add(c);
                    }
                }
            }
            return updates;
        }
    }

    /** How many are less than a clock. */
    private static int before(List<Integer> updates, int clock) {
        int low = 0;
        int high = updates.size();
        while (low < high) {
            int mid = (low + high) >>> 1;
            if (updates.get(mid) < clock) {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        return low;
    }

    private record Seen(long reads, long violations, String first, long mostAhead) {}

    private static Seen observe(Place place, Plan plan) {
        var consistency = new Consistency.SparseSsp(plan.staleness(), plan.speculation());
        place.create(TableSpec.dense("counts", plan.rows(), 1).with(consistency));
        var updates = plan.updates();
        var reads = new AtomicLong();
        var violations = new AtomicLong();
        var mostAhead = new AtomicLong();
        var first = new StringBuffer();
        var current = new AtomicLongArray(WORKERS);
        place.run(WORKERS, (session, node) -> {
            var table = node.find("counts");
            int me = session.worker();
            var own = new ArrayList<Set<Long>>();
            for (long c = 0; c < plan.clocks(); c++) {
                own.add(Arrays.stream(plan.keysOf(me, c)).boxed().collect(Collectors.toSet()));
            }
            for (long c = 0; c <= plan.speculation(); c++) {
                session.announce(table, c, plan.keysOf(me, c));
            }
            for (int clock = 0; clock < plan.clocks(); clock++) {
                var keys = plan.keysOf(me, clock);
                var values = new float[keys.length];
                session.gather(table, keys, values);
                long slowest = Long.MAX_VALUE;
                for (int w = 0; w < WORKERS; w++) {
                    slowest = Math.min(slowest, current.get(w));
                }
                long ahead = clock - slowest;
                mostAhead.accumulateAndGet(ahead, Math::max);
                reads.addAndGet(keys.length);
                int bound = Math.max(0, clock - plan.staleness());
                for (int i = 0; i < keys.length; i++) {
                    int due = before(updates.get((int) keys[i]), bound);
                    for (int c = bound; c < clock; c++) { // its own, that the bound does not ask for
                        due += own.get(c).contains(keys[i]) ? 1 : 0;
                    }
                    if ((values[i] < due || ahead > plan.staleness() + plan.speculation())
                            && violations.getAndIncrement() == 0) {
                        first.append("worker " + me + " at clock " + clock + ", " + ahead + " ahead, saw " + values[i]
                                + " of row " + keys[i] + ", due " + due);
                    }
                }
                var ones = new float[keys.length];
                Arrays.fill(ones, 1);
                session.add(table, keys, ones);
                current.set(me, clock + 1);
                session.tick();
                session.announce(
                        table, clock + 1 + plan.speculation(), plan.keysOf(me, clock + 1 + plan.speculation()));
                if ((clock * 31L + me * 17L) % 97 == 0) {
                    LockSupport.parkNanos(300_000); // now and then a straggler
                }
            }
            current.set(me, Long.MAX_VALUE);
        });
        return new Seen(reads.get(), violations.get(), first.toString(), mostAhead.get());
    }

    /** 4 workers x clocks x keys: more than a million rows read in each case. */
    @ParameterizedTest(name = "{0} rows, {1} clocks of {2} keys, staleness {3}, speculation {4}")
    @CsvSource({
        "20000, 26000, 10, 0, 5",
        "20000, 26000, 10, 1, 5",
        "300, 13500, 20, 0, 3",
        "300, 1600, 250, 2, 8",
        "5000, 26000, 10, 0, 0"
    })
    @Timeout(120)
    void everyRowObeysTheBoundOfSsp(int rows, int clocks, int keys, int staleness, int speculation) {
        var node = new Node();
        var seen = observe(new Place.Alone(node), new Plan(rows, clocks, keys, staleness, speculation));
        assertThat(seen.violations()).as(seen.first()).isZero();
        assertThat(seen.reads()).isGreaterThanOrEqualTo(1_000_000);
        assertThat(seen.mostAhead()).isLessThanOrEqualTo(staleness + speculation);
    }

    @ParameterizedTest(name = "{0} rows, {1} clocks of {2} keys, staleness {3}, speculation {4}")
    @CsvSource({"100000, 500, 520, 0, 5", "3000, 580, 520, 1, 4"})
    @Timeout(120)
    void everyRowObeysTheBoundOnTwoNodes(int rows, int clocks, int keys, int staleness, int speculation) {
        try (var nodes = new Nodes(2, Faults.NONE)) {
            var seen = observe(new Place.Among(nodes), new Plan(rows, clocks, keys, staleness, speculation));
            assertThat(seen.violations()).as(seen.first()).isZero();
            assertThat(seen.reads()).isGreaterThanOrEqualTo(1_000_000);
        }
    }

    @Test
    @Timeout(120)
    void everyRowObeysTheBoundInBadWeather() {
        try (var nodes = new Nodes(3, Faults.parse("drop=1%,delay=20ms,duplicate=1%,reorder=2%"))) {
            var seen = observe(new Place.Among(nodes), new Plan(100_000, 40, 2000, 0, 4));
            assertThat(seen.violations()).as(seen.first()).isZero();
        }
    }

    /** Without it, some workers do run ahead of the plain bound where nobody meets. */
    @Test
    void workersRunAheadWhereNobodyMeets() {
        var node = new Node();
        var consistency = new Consistency.SparseSsp(0, 5);
        var table = node.create(TableSpec.dense("w", 1000, 1).with(consistency));
        node.begin(2, 0, Sessions.LIMIT);
        var fast = node.session(0);
        var slow = node.session(1);
        for (int c = 0; c < 10; c++) {
            fast.announce(table, c, new long[] {c});
            slow.announce(table, c, new long[] {500 + c});
        }
        var value = new float[1];
        for (int c = 0; c < 6; c++) { // 5 ahead of clock 0
            fast.gather(table, new long[] {c}, value);
            fast.tick();
        }
        assertThat(table.detector.grants(0, 6)).isFalse();
        slow.tick();
        assertThat(table.detector.grants(0, 6)).isTrue();
        assertThat(table.detector.grantsAhead()).isEqualTo(6); // 1 to 5, and 6
    }

    // Words

    @Test
    void whatWasNotAnnouncedIsRefused() {
        var node = new Node();
        var table = node.create(TableSpec.dense("w", 100, 1).with(new Consistency.SparseSsp(1, 2)));
        node.begin(1, 0, Sessions.LIMIT);
        var session = node.session(0);
        session.announce(table, 0, new long[] {1, 2, 3});
        session.gather(table, new long[] {2}, new float[1]);
        assertThatThrownBy(() -> session.gather(table, new long[] {2, 4}, new float[2]))
                .hasMessage(
                        "row 4 of table 'w' was not announced by worker 0 for clock 0: under sparse-ssp:1:2 a worker"
                                + " touches only what it has announced");
        assertThatThrownBy(() -> session.add(table, new long[] {5}, new float[1]))
                .hasMessageContaining("row 5 of table 'w' was not announced");
        assertThatThrownBy(() -> session.add(table, new Update.Sparse(new long[] {6}, new float[1])))
                .hasMessageContaining("row 6 of table 'w' was not announced");
        assertThatThrownBy(() -> session.view(table)).hasMessageContaining("a view does not say which rows it means");
        assertThatThrownBy(() -> session.outbox(table)).hasMessageContaining("an outbox does not say which rows");
        assertThatThrownBy(() -> session.announce(table, 0, new long[] {7}))
                .hasMessage("worker 0 has announced clock 0 of table 'w' already");
        assertThatThrownBy(() -> session.announce(table, 3, new long[] {100})).hasMessageContaining("100");
        session.tick();
        assertThatThrownBy(() -> session.gather(table, new long[] {1}, new float[1]))
                .hasMessageContaining("for clock 1, for which nothing was");
        assertThatThrownBy(() -> session.announce(table, 0, new long[] {7}))
                .hasMessage("clock 0 of table 'w' is over; worker 0 is at 1");
        assertThat(Consistency.parse("sparse-ssp:0:5")).isEqualTo(new Consistency.SparseSsp(0, 5));
        assertThat(Consistency.parse("sparse-ssp:3:2").toString()).isEqualTo("sparse-ssp:3:2");
    }

    /** Under another consistency it says nothing, so that one step serves all. */
    @Test
    void announcementsAreFreeUnderOthers() {
        var node = new Node();
        var table = node.create(TableSpec.dense("w", 100, 1).with(new Consistency.Ssp(1)));
        node.begin(1, 0, Sessions.LIMIT);
        var session = node.session(0);
        session.announce(table, 0, new long[] {1});
        session.announce(table, 0, new long[] {1}); // where it counts, a second one is refused
        session.add(table, new long[] {2}, new float[] {3});
        session.tick();
        session.announce(table, 0, new long[] {1}); // of a clock that is over
        var row = new float[1];
        session.gather(table, new long[] {2}, row);
        assertThat(row).containsExactly(3);
        assertThat(table.detector).isNull();
    }
}
