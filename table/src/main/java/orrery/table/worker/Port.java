package orrery.table.worker;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import orrery.table.hold.LocalCopy;
import orrery.table.hold.Replica;
import orrery.table.hold.Table;
import orrery.table.hold.TouchedCopy;
import orrery.table.push.Feed;
import orrery.table.push.RowFeed;
import orrery.table.push.SlotFeed;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

/** A table as one worker sees it, and when it may be read. Confined to the worker's thread. */
final class Port {
    final Self self;
    final Table table;
    final Group group;
    final TableSpec spec;
    final float scale; // of a change that is written through
    final @Nullable SlotFeed feed; // if others push the table to this node's own array
    final @Nullable RowFeed rowFeed; // if they push it row by row
    final long[] lastPushed; // by block: the clock of the last push to its owner; empty where all is own
    final BitSet known = new BitSet(); // rows of others that were found here
    final @Nullable LocalCopy local; // under local steps
    final @Nullable TouchedCopy touched; // under local steps, where the table is read by key
    final @Nullable Announcements announcements; // under SparseSsp
    private @Nullable BitSet expected; // rows that the worker was planned to touch
    private @Nullable Ring ring; // of a table that rotates
    private long admitted = Long.MIN_VALUE; // the clock for which reads have been found legal

    Port(Self self, Table table, Group group) {
        this.self = self;
        this.table = table;
        this.group = group;
        spec = table.spec();
        scale = spec.rule() instanceof UpdateRule.Sgd sgd ? -sgd.rate() : 1;
        feed = SlotFeed.of(table);
        rowFeed = RowFeed.of(table);
        lastPushed = new long[table.isWhole() ? 0 : table.shard.rows().blocks];
        Arrays.fill(lastPushed, Long.MIN_VALUE);
        boolean isByKey = spec.layout() == TableSpec.Layout.SPARSE || spec.read() == TableSpec.Read.BY_KEY;
        local = spec.consistency() instanceof Consistency.Local steps && !isByKey
                ? new LocalCopy(table, steps, () -> group.clock - 1)
                : null;
        touched = spec.consistency() instanceof Consistency.Local steps && isByKey
                ? new TouchedCopy(table, steps, () -> group.clock - 1)
                : null;
        announcements = table.detector == null || self.isVirtual ? null : new Announcements(this, table.detector);
    }

    /** Whether a read or an add has been found legal at the clock that is under way. */
    boolean isAdmitted() {
        return admitted == group.clock;
    }

    /** Says which rows the worker is planned to touch. */
    void expect(long[] rows) {
        var planned = new BitSet();
        for (long row : rows) {
            planned.set(Math.toIntExact(row));
        }
        expected = planned;
        var pushed = Feed.of(table);
        if (pushed != null) {
            table.shard.rows().stripesOf(rows, 0, rows.length); // which checks them
            pushed.want(rows, 0, rows.length, self.waitLimitNanos);
        }
    }

    boolean isPlanned() {
        return expected != null;
    }

    /** Counts a row of others that is read for the first time, if it was not planned to be. */
    void countUnplanned(long row) {
        if (expected != null && !expected.get((int) row)) {
            self.tables.counts().rowsOutsidePlan.increment();
        }
    }

    void admit() {
        checkDoesNotRotate();
        if (self.isVirtual) {
            return;
        }
        if (admitted != group.clock) {
            long need = self.tables.requiredAge(spec.consistency(), group.clock);
            if (announcements != null) {
                announcements.await(group.clock);
            } else if (group.clocks.age() < need) {
                await(need);
            }
            var feed = table.pushed();
            long age = group.clocks.age();
            self.tables
                    .counts()
                    .read(group.clock, feed == null ? age : Math.min(age, Math.max(need, feed.freshness())));
            admitted = group.clock;
        }
    }

    /** Plans are for rows that have a number and a place. */
    boolean isRecorded() {
        return spec.layout() == TableSpec.Layout.DENSE
                && spec.type() == TableSpec.Type.FLOAT
                && spec.rows() < Integer.MAX_VALUE;
    }

    void recordReads(long[] keys, int from, int to) {
        var recording = self.recording;
        if (recording != null && isRecorded()) {
            table.shard.rows().stripesOf(keys, from, to); // which checks them
            recording.read(spec.name(), keys, from, to);
        }
    }

    /** Under SparseSsp: refuses rows that the worker has not announced for its clock. */
    void checkAnnounced(long[] keys, int from, int to) {
        if (announcements != null) {
            announcements.check(keys, from, to);
        }
    }

    /** The blocks of a table that rotates. */
    Ring ring() {
        var now = ring == null ? new Ring(this) : ring;
        ring = now;
        return now;
    }

    /** A clock is about to end. */
    void endOfClock() {
        if (ring != null) {
            ring.tick();
        }
    }

    /** Refuses reads and adds by key where blocks go from worker to worker. */
    void checkDoesNotRotate() {
        if (spec.consistency().rotates()) {
            throw new IllegalArgumentException("table '" + spec.name() + "' is under " + spec.consistency()
                    + ": a worker reads and changes the blocks that it holds (Session.ring), no others");
        }
    }

    /** Under SparseSsp: refuses what does not say its rows. */
    void checkKeyed(String what) {
        if (spec.consistency() instanceof Consistency.SparseSsp) {
            throw new IllegalArgumentException("table '" + spec.name() + "' is under " + spec.consistency() + ", where "
                    + what + " does not say which rows it means; read by gather, and add by keys");
        }
    }

    boolean isElsewhere(long key) {
        return lastPushed.length > 0 && !table.ownsRow(key);
    }

    /** What the next read of a table accepts of what is known of others' blocks. */
    Replica.Need need() {
        var consistency = spec.consistency();
        long clockOfGroup = group.clock;
        return new Replica.Need(
                self.worker,
                clockOfGroup,
                self.tables.requiredAge(consistency, clockOfGroup),
                !(consistency instanceof Consistency.Asp),
                lastPushed);
    }

    /** What a read accepts that wants all of an age, whatever the consistency. */
    Replica.Need needOfAge(long age) {
        return new Replica.Need(self.worker, group.clock, age, true, lastPushed);
    }

    /** Waits for an age, whatever the consistency. */
    void awaitAge(long age) {
        if (!self.isVirtual && group.clocks.age() < age) {
            await(age);
        }
    }

    void await(long need) {
        int slowest = group.clocks.slowest();
        long waited = group.clocks.await(group.ticket, need, group.clock, self.waitLimitNanos);
        waited(waited, slowest);
    }

    /** The worker has waited for others, the slowest of whom was that. */
    void waited(long nanos, int slowest) {
        self.waitedNanos += nanos;
        self.tables.counts().waited(nanos, slowest);
        if (nanos >= SlowRead.NANOS) {
            slow(nanos, "worker " + slowest);
        }
    }

    void slow(long waited, String whom) {
        self.tables.counts().slowReads.increment();
        var read = new SlowRead();
        read.table = spec.name();
        read.worker = self.worker;
        read.clock = group.clock;
        read.waitedFor = whom;
        read.waited = waited;
        read.commit();
    }

    void waitedElsewhere(long nanos) {
        self.waitedNanos += nanos;
        self.tables.counts().waitNanosForNodes.add(nanos);
        if (nanos >= SlowRead.NANOS) {
            slow(nanos, "other nodes");
        }
    }

    void checkLength(int rows, int cells) {
        long due = (long) rows * spec.width();
        if (rows < 0 || cells < due) {
            throw new IllegalArgumentException(rows + " rows of table '" + spec.name() + "' have " + due
                    + " values, the array has room for " + cells);
        }
    }
}
