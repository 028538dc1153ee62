package orrery.table;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * What a node is told of others' rows of a dense table, without asking again: the other end of {@link Subscription}s. The
 * values lie in the table's own array, where own rows lie; with an owner's round they become as fresh as the round.
 *
 * <p>The node's freshness is the least over all owners of the last round that came completely. What this node's workers
 * have added and an owner has not applied is added to what it tells. Safe for use by many threads.
 */
final class Feed {
    private static final AtomicLong TOKENS = new AtomicLong();
    private static final int MOST_RUNS = 1 << 14; // of one wish
    private static final long NEVER = Long.MIN_VALUE;

    private final Cluster cluster;
    private final Table table;
    private final Rows rows;
    private final int width;
    private final long token = TOKENS.incrementAndGet();
    private final BitSet asked = new BitSet();
    private final BitSet present = new BitSet();
    private final List<Integer> owners; // other members that own some of it
    private final long[] age; // by owner, of its last complete round
    private final long[][] applied; // by owner and worker
    private final List<Mine> mine =
            new CopyOnWriteArrayList<>(); // registered before they add, so before a lock of theirs
    private boolean isOpen;
    private volatile long freshness = NEVER;

    private record Mine(int worker, Unconfirmed changes) {}

    Feed(Cluster cluster, Table table) {
        this.cluster = cluster;
        this.table = table;
        rows = table.shard.rows();
        width = table.spec().width();
        var members = new ArrayList<Integer>();
        for (int s = 0; s < rows.stripes; s++) {
            if (!table.owns(s) && !members.contains(table.owner(s))) {
                members.add(table.owner(s));
            }
        }
        owners = List.copyOf(members);
        age = new long[owners.size()];
        Arrays.fill(age, NEVER);
        applied = new long[owners.size()][0];
    }

    /** Whether a table can be pushed: its node has a place for every row, and every row fits a frame. */
    static boolean canHave(TableSpec spec) {
        return spec.layout() == TableSpec.Layout.DENSE
                && spec.type() == TableSpec.Type.FLOAT
                && spec.rows() < Integer.MAX_VALUE
                && (long) spec.width() * Float.BYTES < Frame.MOST_PAYLOAD_BYTES / 2;
    }

    /** A worker of this node is going to add to the table. Returns where it keeps what it adds to rows of others. */
    Unconfirmed open(int worker, float scale, long limitNanos) {
        var changes = new Unconfirmed(table.spec(), table.floats(), scale);
        mine.add(new Mine(worker, changes));
        open(limitNanos);
        return changes;
    }

    /** The owners tell from now on what their clocks are. */
    void open(long limitNanos) {
        synchronized (this) {
            if (isOpen) {
                return;
            }
            isOpen = true;
        }
        owners.forEach(member -> cluster.send(member, wish(new int[0], 0), limitNanos));
    }

    private Frame wish(int[] runs, int count) {
        return cluster.frame(Messages.SUBSCRIBE, Lane.PROMPT, Integer.BYTES * (1 + count))
                .table(table.number())
                .request(token)
                .block(cluster.placement().version())
                .putInt(count / 2)
                .putInts(runs, 0, count);
    }

    /** How fresh all is that was told; the greatest number where nobody else owns anything. */
    long freshness() {
        return owners.isEmpty() ? Clocks.FINISHED : freshness;
    }

    // Asking

    /** Asks for slots {@code from} to {@code to}, as far as others own them and they were not asked for yet. */
    void want(long from, long to, long limitNanos) {
        var wishes = new Wishes();
        synchronized (this) {
            int until;
            for (int i = asked.nextClearBit((int) from); i < to; i = asked.nextClearBit(until)) {
                int stripe = rows.stripeOfSlot(i);
                int end = (int) Math.min(to, rows.stripeStart(stripe + 1));
                int next = asked.nextSetBit(i);
                until = next < 0 || table.owns(stripe) ? end : Math.min(end, next);
                if (!table.owns(stripe)) {
                    asked.set(i, until);
                    wishes.add(stripe, i, until - i);
                }
            }
        }
        wishes.send(limitNanos);
    }

    /** Asks for the rows of {@code keys[from..to)} that others own, if they were not asked for yet. */
    void want(long[] keys, int from, int to, long limitNanos) {
        var wishes = new Wishes();
        synchronized (this) {
            for (int k = from; k < to; k++) {
                int slot = (int) rows.slot(keys[k]);
                int stripe = rows.stripeOfSlot(slot);
                if (!table.owns(stripe) && !asked.get(slot)) {
                    asked.set(slot);
                    wishes.add(stripe, slot, 1);
                }
            }
        }
        wishes.send(limitNanos);
    }

    /** Runs of rows to be asked for, by owner. */
    private final class Wishes {
        private final int[][] runs = new int[owners.size()][0];
        private final int[] count = new int[owners.size()];
        private final List<Runnable> full = new ArrayList<>();
        private long limit;

        void add(int stripe, int first, int rowCount) {
            int owner = owners.indexOf(table.owner(stripe));
            var now = runs[owner];
            int n = count[owner];
            if (n > 0 && now[n - 2] + now[n - 1] == first && rows.stripeOfSlot(first - 1) == stripe) {
                now[n - 1] += rowCount;
                return;
            }
            if (n == 2 * MOST_RUNS) {
                full.add(() -> cluster.send(owners.get(owner), wish(now, n), limit));
                runs[owner] = new int[n];
                count[owner] = 0;
                add(stripe, first, rowCount);
                return;
            }
            runs[owner] = n < now.length ? now : Arrays.copyOf(now, Math.max(64, 2 * n));
            runs[owner][n] = first;
            runs[owner][n + 1] = rowCount;
            count[owner] = n + 2;
        }

        void send(long limitNanos) {
            limit = limitNanos;
            full.forEach(Runnable::run);
            for (int o = 0; o < runs.length; o++) {
                if (count[o] > 0) {
                    cluster.send(owners.get(o), wish(runs[o], count[o]), limitNanos);
                }
            }
        }
    }

    /** Rows whose copies here are not to be used any more are asked for again. */
    void again(long[] keys, long limitNanos) {
        synchronized (this) {
            for (long key : keys) {
                asked.clear((int) rows.slot(key));
                present.clear((int) rows.slot(key));
            }
        }
        want(keys, 0, keys.length, limitNanos);
    }

    // Waiting

    /** Whether slots {@code from} to {@code to} are here, as far as others own them. */
    private boolean has(long from, long to) {
        for (int i = present.nextClearBit((int) from); i < to; ) {
            int stripe = rows.stripeOfSlot(i);
            if (!table.owns(stripe)) {
                return false;
            }
            i = present.nextClearBit((int) rows.stripeStart(stripe + 1));
        }
        return true;
    }

    /** Waits until all is as fresh as {@code need}, and slots {@code from} to {@code to} are here. */
    synchronized void await(long from, long to, Replica.Need need, long limitNanos) {
        long end = System.nanoTime() + limitNanos;
        while (freshness() < need.age() || !has(from, to)) {
            pause(need, end);
        }
    }

    /** Waits until all is as fresh as {@code need}, and the rows of {@code keys[from..to)} are here. */
    synchronized void await(long[] keys, int from, int to, Replica.Need need, long limitNanos) {
        long end = System.nanoTime() + limitNanos;
        while (freshness() < need.age()) {
            pause(need, end);
        }
        for (int k = from; k < to; k++) {
            while (!present.get((int) rows.slot(keys[k])) && !table.ownsRow(keys[k])) {
                pause(need, end);
            }
        }
    }

    private void pause(Replica.Need need, long end) { // under this lock
        try {
            TimeUnit.MILLISECONDS.timedWait(this, 100);
        } catch (InterruptedException e) {
            throw cluster.interrupted(e);
        }
        cluster.checkNotEnded(table);
        if (System.nanoTime() > end) {
            throw new WaitExpiredException("worker " + need.worker() + " waited at clock " + need.clock()
                    + " for members " + late(need.age()) + " to push table '" + table.name() + "' up to clock "
                    + need.age() + ", and they wait for " + table.clocks.lateFor(need.age())
                    + "; a longer limit is set by --wait-limit");
        }
    }

    private List<Integer> late(long need) {
        var late = new ArrayList<Integer>();
        for (int o = 0; o < age.length; o++) {
            if (age[o] < need) {
                late.add(owners.get(o));
            }
        }
        return late.isEmpty() ? owners : late;
    }

    // Hearing; by the node's thread

    /** Takes in a frame of a round; of an earlier subscription, it is of no use. */
    void receive(Frame frame, int from) {
        int owner = owners.indexOf(from);
        if (frame.request() != token || owner < 0) {
            return;
        }
        long roundAge = frame.getLong();
        long[] completed = frame.getLongs(frame.getInt());
        while (frame.remaining() > 0) {
            int first = frame.getInt();
            int count = frame.getInt();
            checkRun(first, count, from);
            take(frame, first, count, completed);
            synchronized (this) {
                present.set(first, first + count);
            }
        }
        applied[owner] = completed;
        for (var own : mine) {
            own.changes().confirm(confirmed(own.worker()));
        }
        if ((frame.flags() & Messages.LAST) != 0) {
            synchronized (this) {
                age[owner] = roundAge;
                freshness = Arrays.stream(age).min().orElse(Clocks.FINISHED);
                notifyAll();
            }
        }
    }

    private void checkRun(int first, int count, int from) {
        if (first < 0 || count < 1 || (long) first + count > rows.slots()) {
            throw new IndexOutOfBoundsException(
                    "table '" + table.name() + "' has no " + count + " slots from " + first + " on");
        }
        if (table.owner(rows.stripeOfSlot(first)) != from
                || rows.stripeOfSlot(first) != rows.stripeOfSlot(first + count - 1)) {
            throw new IllegalArgumentException(
                    "slot " + first + " of table '" + table.name() + "' is not the sender's");
        }
    }

    private void take(Frame frame, int first, int count, long[] completed) {
        var shard = table.floats();
        int stripe = rows.stripeOfSlot(first);
        float[] values = frame.getFloats(Math.multiplyExact(count, width));
        shard.locks().lock(stripe);
        try {
            for (var own : mine) {
                long hasApplied = own.worker() < completed.length ? completed[own.worker()] : NEVER;
                if (own.changes().hasAny()) {
                    for (int i = 0; i < count; i++) {
                        own.changes().overlay(rows.row(first + i), hasApplied, values, i * width);
                    }
                }
            }
            shard.setCells(first, 0, values, 0, values.length);
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    /** Up to which clock all owners have applied what a worker has added. */
    private long confirmed(int worker) {
        long least = Clocks.FINISHED;
        for (var of : applied) {
            least = Math.min(least, worker < of.length ? of[worker] : NEVER);
        }
        return least;
    }

    /** Waits until at most so many clocks of a worker's changes are not confirmed. */
    void awaitConfirmed(Unconfirmed changes, int most, Replica.Need need, long limitNanos) {
        long end = System.nanoTime() + limitNanos;
        while (changes.open() > most) {
            synchronized (this) {
                if (changes.open() > most) {
                    pause(need, end);
                }
            }
        }
    }
}
