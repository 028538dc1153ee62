package orrery.table.clock;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import orrery.table.spec.Consistency;

/**
 * Who may run ahead under {@link Consistency.SparseSsp}, of the rows of a table that one node owns. Workers announce which
 * rows they will touch at coming clocks. A worker may begin clock c if all others have completed clock c - 1 - staleness,
 * or if they are no more than {@code speculation} clocks behind that and no clock of theirs that is not completed, up to c -
 * 1 - staleness, holds one of its rows. So whatever it reads is as fresh as the bound asks (FlexPS, section 7).
 *
 * <p>Per clock that is not completed there is one map of counts. A worker that has to wait remembers the row and the clock
 * that it waits for, and looks for others only when that one is free: what holds rows can only become less, since it is not
 * asked before all have announced those clocks.
 *
 * <p>If most who ask are found in conflict, speculation is not worth its memory: for some clocks, then for twice as many
 * and so on, announcements are counted and not kept, and the bound is the plain one.
 *
 * <p>Safe for use by many threads: guarded by itself.
 */
public final class ConflictDetector implements Clocks.Ticked {
    private static final int WINDOW = 32; // questions by which a rate is judged
    private static final double WORTHWHILE = 0.5;
    private static final long SHORTEST_PAUSE = 64; // clocks
    private static final long LONGEST_PAUSE = 4096;
    private static final long MOST_AHEAD = 1 << 16; // clocks

    private final Runnable whenTold; // somebody elsewhere may have become free
    private final int staleness;
    private final int speculation;
    private long[] finished = {}; // by worker: clocks completed
    private long[] announced = {}; // by worker: all clocks up to this one are announced
    private Wait[] waits = {};
    private @Nullable Version[] ring =
            new Version[16]; // by clock: those that some have announced and not all completed
    private final Map<Pieces, long[][]> pieces = new HashMap<>(); // of announcements that have not come whole
    private long least;
    private long keepsFrom; // announcements of earlier clocks are counted, not kept
    private long highest; // clock that was announced
    private long pause = SHORTEST_PAUSE;
    private int asked;
    private int inConflict;
    private long grantsAhead;
    private long conflicts;
    private long keysHeld;
    private long mostKeysHeld;

    /** What is announced for one clock. */
    private static final class Version {
        final boolean isKept;
        final KeyCounts counts = new KeyCounts();
        final long[] @Nullable [] keys; // by worker

        Version(int workers, boolean isKept) {
            keys = new long[workers][];
            this.isKept = isKept;
        }
    }

    /** Whose announcement it is that has not come whole. */
    private record Pieces(int worker, long clock) {}

    /** How far a worker's question has come. */
    private static final class Wait {
        @Nullable
        Thread thread; // that is parked, if it is one of this node

        long clock = Long.MIN_VALUE;
        boolean isGranted;
        boolean wasJudged;
        int key; // all before this one are free
        long version; // the clock that holds it
    }

    /**
     * @param whenTold called without a lock held whenever a worker has completed a clock
     */
    public ConflictDetector(int staleness, int speculation, Runnable whenTold) {
        this.whenTold = whenTold;
        this.staleness = staleness;
        this.speculation = speculation;
    }

    /** Begins a stage. */
    public synchronized void begin(int workers, long firstClock) {
        finished = new long[workers];
        Arrays.fill(finished, firstClock - 1);
        announced = finished.clone();
        waits = new Wait[workers];
        Arrays.setAll(waits, w -> new Wait());
        Arrays.fill(ring, null);
        pieces.clear();
        least = firstClock - 1;
        keepsFrom = firstClock;
        highest = firstClock - 1;
        pause = SHORTEST_PAUSE;
        asked = 0;
        inConflict = 0;
        keysHeld = 0;
    }

    /** The clock's rows, or null if nobody has announced it, or all have completed it. */
    private @Nullable Version at(long clock) {
        return clock > least && clock <= highest ? ring[(int) (clock & (ring.length - 1))] : null;
    }

    private Version make(long clock) {
        var known = at(clock);
        if (known != null) {
            return known;
        }
        if (clock - least >= ring.length) {
            var old = ring;
            ring = new Version[(int) Long.highestOneBit(clock - least) << 1];
            for (long c = least + 1; c <= highest; c++) {
                ring[(int) (c & (ring.length - 1))] = old[(int) (c & (old.length - 1))];
            }
        }
        highest = Math.max(highest, clock);
        var made = new Version(finished.length, clock >= keepsFrom);
        ring[(int) (clock & (ring.length - 1))] = made;
        return made;
    }

    /** A piece of an announcement that is too long for one frame. */
    public synchronized void announce(int worker, long clock, int piece, int of, long[] keys) {
        if (of == 1) {
            announce(worker, clock, keys);
            return;
        }
        var all = pieces.computeIfAbsent(new Pieces(worker, clock), p -> new long[of][]);
        if (all.length != of) {
            throw new IllegalArgumentException("an announcement of " + of + " pieces had " + all.length);
        }
        all[piece] = keys;
        if (Arrays.stream(all).allMatch(some -> some != null)) {
            pieces.remove(new Pieces(worker, clock));
            announce(
                    worker,
                    clock,
                    Arrays.stream(all).flatMapToLong(Arrays::stream).toArray());
        }
    }

    /**
     * A worker will touch these of this node's rows, and no others, at a clock. Said again, or too late, it is nothing. The
     * array is kept.
     */
    public synchronized void announce(int worker, long clock, long[] keys) {
        if (clock <= finished[worker]) {
            return;
        }
        if (clock - least > MOST_AHEAD) {
            throw new IllegalArgumentException("worker " + worker + " announces clock " + clock
                    + ", and the slowest is at " + (least + 1) + ": at most " + MOST_AHEAD + " clocks ahead");
        }
        var version = make(clock);
        if (version.keys[worker] != null) {
            return;
        }
        version.keys[worker] = version.isKept ? keys : new long[0];
        if (version.isKept) {
            for (long key : keys) {
                version.counts.add(key);
            }
            keysHeld += keys.length;
            mostKeysHeld = Math.max(mostKeysHeld, keysHeld);
        }
        while (hasAnnounced(worker, announced[worker] + 1)) {
            announced[worker]++;
        }
        release();
    }

    private boolean hasAnnounced(int worker, long clock) {
        var version = at(clock);
        return version != null && version.keys[worker] != null;
    }

    /** A worker has completed its clocks up to this one; what it did is in the table. */
    @Override
    public void ticked(int worker, long clock) {
        finished(worker, clock);
        whenTold.run();
    }

    private synchronized void finished(int worker, long clock) {
        long from = Math.max(finished[worker] + 1, least + 1);
        for (long c = from; c <= Math.min(clock, highest); c++) {
            var version = at(c);
            var keys = version == null ? null : version.keys[worker];
            if (version != null && keys != null) {
                for (long key : keys) {
                    version.counts.remove(key);
                }
                keysHeld -= keys.length;
                version.keys[worker] = null;
            }
        }
        finished[worker] = clock;
        announced[worker] = Math.max(announced[worker], clock);
        long now = Long.MAX_VALUE;
        for (long f : finished) {
            now = Math.min(now, f);
        }
        for (long c = least + 1; c <= Math.min(now, highest); c++) {
            ring[(int) (c & (ring.length - 1))] = null;
        }
        least = now;
        release();
    }

    /** Wakes those of this node who may begin now. */
    private void release() {
        for (int w = 0; w < waits.length; w++) {
            var thread = waits[w].thread;
            if (thread != null && grants(w, waits[w].clock)) {
                waits[w].thread = null;
                LockSupport.unpark(thread);
            }
        }
    }

    /** As {@link #grants}; if not, the thread is woken as soon as it is so. */
    public synchronized boolean grantsOrWakes(int worker, long clock, Thread thread) {
        boolean isGranted = grants(worker, clock);
        waits[worker].thread = isGranted ? null : thread;
        return isGranted;
    }

    /** Whether a worker may begin a clock, having completed the one before. */
    public synchronized boolean grants(int worker, long clock) {
        var wait = waits[worker];
        if (wait.clock != clock) {
            wait.clock = clock;
            wait.isGranted = false;
            wait.wasJudged = false;
            wait.key = 0;
            wait.version = Long.MAX_VALUE;
        }
        if (!wait.isGranted) {
            long need = clock - 1 - staleness;
            if (least >= need) {
                wait.isGranted = true;
            } else if (need - least <= speculation && isFree(worker, wait, need)) {
                wait.isGranted = true;
                grantsAhead++;
            }
        }
        return wait.isGranted;
    }

    /** Whether no clock that is not completed, up to {@code need}, holds a row of the worker's clock. */
    private boolean isFree(int worker, Wait wait, long need) {
        var mine = at(wait.clock);
        var keys = mine == null ? null : mine.keys[worker];
        if (mine == null || keys == null || !mine.isKept) {
            return false;
        }
        for (long has : announced) {
            if (has < need) {
                return false;
            }
        }
        if (wait.version != Long.MAX_VALUE && holds(wait.version, keys[wait.key])) {
            return false; // what it waits for is still held
        }
        for (long c = need; c > least; c--) {
            var version = at(c);
            if (version != null && !version.isKept) {
                return false;
            }
        }
        for (; wait.key < keys.length; wait.key++) {
            for (long c = need; c > least; c--) {
                if (holds(c, keys[wait.key])) {
                    wait.version = c;
                    judge(wait, true);
                    return false;
                }
            }
        }
        judge(wait, false);
        return true;
    }

    private boolean holds(long clock, long key) {
        var version = at(clock);
        return version != null && version.counts.holds(key);
    }

    /** Counts a question once, by what it found first; if most find conflicts, there is a pause. */
    private void judge(Wait wait, boolean isConflict) {
        if (wait.wasJudged) {
            return;
        }
        wait.wasJudged = true;
        asked++;
        if (isConflict) {
            inConflict++;
            conflicts++;
        }
        if (asked == WINDOW) {
            if (inConflict > WORTHWHILE * WINDOW) {
                keepsFrom = highest + 1 + pause;
                pause = Math.min(LONGEST_PAUSE, 2 * pause);
            } else {
                pause = SHORTEST_PAUSE;
            }
            asked = 0;
            inConflict = 0;
        }
    }

    /** Clocks that were begun ahead of the bound. */
    public synchronized long grantsAhead() {
        return grantsAhead;
    }

    /** Clocks that could not be begun at once, since a row was held. */
    public synchronized long conflicts() {
        return conflicts;
    }

    /** Announced rows that are held at present. */
    public synchronized long keysHeld() {
        return keysHeld;
    }

    /** The most that were held at once. */
    public synchronized long mostKeysHeld() {
        return mostKeysHeld;
    }

    /** Bytes of memory for what is announced. */
    public synchronized long bytes() {
        long bytes = 0;
        for (long c = least + 1; c <= highest; c++) {
            var version = at(c);
            if (version != null) {
                bytes += 64 + version.counts.bytes() + (long) version.keys.length * Integer.BYTES;
                for (var keys : version.keys) {
                    bytes += keys == null ? 0 : 16 + (long) keys.length * Long.BYTES;
                }
            }
        }
        return bytes;
    }

    /** Where a worker stands, for messages: who is behind. */
    public synchronized String late(long clock) {
        long need = clock - 1 - staleness - speculation;
        var late = new StringBuilder();
        for (int w = 0; w < finished.length; w++) {
            if (finished[w] < Math.max(need, least + 1)) {
                late.append(late.isEmpty() ? "" : ", ").append("worker ").append(w);
            }
        }
        return late.toString();
    }
}
