package orrery.table.push;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import orrery.table.hold.Replica;
import orrery.table.hold.Table;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.table.spec.TableSpec;
import orrery.wire.Frame;

/**
 * A feed of a dense table of floats: rows that come lie in the shard's mirror, beside the own rows. What this node's
 * workers have added and an owner has not applied is added to what it tells, so that they see it at once.
 */
public final class SlotFeed extends Feed {
    private static final int MOST_RUNS = 1 << 14; // of one wish

    private final BitSet asked = new BitSet();
    private final BitSet present = new BitSet();
    private final List<Mine> mine =
            new CopyOnWriteArrayList<>(); // registered before they add, so before a lock of theirs

    private record Mine(int worker, Unconfirmed changes) {}

    SlotFeed(Mail mail, Table table) {
        super(mail, table);
    }

    /** The feed of a table, if it is one of this kind. */
    public static @Nullable SlotFeed of(Table table) {
        return table.pushed() instanceof SlotFeed feed ? feed : null;
    }

    @Override
    public boolean isInPlace() {
        return true;
    }

    /** Whether a table can have such a feed: its node may have a place for every row, and every row fits a frame. */
    static boolean canHave(TableSpec spec) {
        return spec.layout() == TableSpec.Layout.DENSE
                && spec.type() == TableSpec.Type.FLOAT
                && spec.read() != TableSpec.Read.BY_KEY
                && spec.rows() < Integer.MAX_VALUE
                && (spec.consistency().staged() || spec.writesThrough());
    }

    /** A worker of this node is going to add to the table. Returns where it keeps what it adds to rows of others. */
    public Unconfirmed open(int worker, float scale, long limitNanos) {
        table.mirror(); // a place for what it adds to rows of others
        var changes = new Unconfirmed(table.spec(), table.floats(), scale);
        mine.add(new Mine(worker, changes));
        open(limitNanos);
        return changes;
    }

    @Override
    Frame wishForNothing() {
        return wish(new int[0], 0);
    }

    private Frame wish(int[] runs, int count) {
        var slots = new Messages.WishForSlots(runs, count);
        var frame = wish(slots.bytes());
        slots.write(frame);
        return frame;
    }

    // Asking

    /** Asks for slots {@code from} to {@code to}, as far as others own them and they were not asked for yet. */
    public void want(long from, long to, long limitNanos) {
        table.mirror();
        var wishes = new Wishes();
        synchronized (this) {
            int until;
            for (int i = asked.nextClearBit((int) from); i < to; i = asked.nextClearBit(until)) {
                int block = rows.blockOfSlot(i);
                int end = (int) Math.min(to, rows.blockStart(block + 1));
                int next = asked.nextSetBit(i);
                until = next < 0 || table.owns(block) ? end : Math.min(end, next);
                if (!table.owns(block)) {
                    asked.set(i, until);
                    wishes.add(block, i, until - i);
                }
            }
        }
        wishes.send(limitNanos);
    }

    @Override
    public void want(long[] keys, int from, int to, long limitNanos) {
        table.mirror();
        var wishes = new Wishes();
        synchronized (this) {
            for (int k = from; k < to; k++) {
                int slot = (int) rows.slot(keys[k]);
                int block = rows.blockOfSlot(slot);
                if (!table.owns(block) && !asked.get(slot)) {
                    asked.set(slot);
                    wishes.add(block, slot, 1);
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

        void add(int block, int first, int rowCount) {
            int owner = owners.indexOf(table.owner(block));
            var now = runs[owner];
            int n = count[owner];
            if (n > 0 && now[n - 2] + now[n - 1] == first && rows.blockOfSlot(first - 1) == block) {
                now[n - 1] += rowCount;
                return;
            }
            if (n == 2 * MOST_RUNS) {
                full.add(() -> mail.send(owners.get(owner), wish(now, n), limit));
                runs[owner] = new int[n];
                count[owner] = 0;
                add(block, first, rowCount);
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
                    mail.send(owners.get(o), wish(runs[o], count[o]), limitNanos);
                }
            }
        }
    }

    /** Rows whose copies here are not to be used any more are asked for again. */
    public void again(long[] keys, long limitNanos) {
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
            int block = rows.blockOfSlot(i);
            if (!table.owns(block)) {
                return false;
            }
            i = present.nextClearBit((int) rows.blockStart(block + 1));
        }
        return true;
    }

    /** Waits until all is as fresh as {@code need}, and slots {@code from} to {@code to} are here. */
    public synchronized void await(long from, long to, Replica.Need need, long limitNanos) {
        long end = mail.ticker().nanos() + limitNanos;
        while (freshness() < need.age() || !has(from, to)) {
            pause(need, end);
        }
    }

    /** Waits until all is as fresh as {@code need}, and the rows of {@code keys[from..to)} are here. */
    public synchronized void await(long[] keys, int from, int to, Replica.Need need, long limitNanos) {
        long end = mail.ticker().nanos() + limitNanos;
        awaitFresh(need, end);
        for (int k = from; k < to; k++) {
            while (!present.get((int) rows.slot(keys[k])) && !table.ownsRow(keys[k])) {
                pause(need, end);
            }
        }
    }

    // Hearing; by the node's thread

    @Override
    void take(Frame frame, int from, long[] completed, long stamp) {
        while (frame.remaining() > 0) {
            var run = Messages.SlotRun.read(frame);
            int first = run.first();
            int count = run.count();
            checkRun(first, count, from);
            take(frame, first, count, completed);
            synchronized (this) {
                present.set(first, first + count);
            }
        }
    }

    @Override
    boolean appliesAtOnce() {
        return true;
    }

    @Override
    void told() {
        for (var own : mine) {
            own.changes().confirm(confirmed(own.worker()));
        }
    }

    private void checkRun(int first, int count, int from) {
        if (first < 0 || count < 1 || (long) first + count > rows.slots()) {
            throw new IndexOutOfBoundsException(
                    "table '" + table.name() + "' has no " + count + " slots from " + first + " on");
        }
        checkOwner(rows.blockOfSlot(first), from, "slot " + first);
        checkOwner(rows.blockOfSlot(first + count - 1), from, "slot " + (first + count - 1));
        if (rows.blockOfSlot(first) != rows.blockOfSlot(first + count - 1)) {
            throw new IllegalArgumentException(
                    "slots " + first + " and following of table '" + table.name() + "' are of two blocks");
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

    /** Waits until at most so many clocks of a worker's changes are not confirmed. */
    public void awaitConfirmed(Unconfirmed changes, int most, Replica.Need need, long limitNanos) {
        long end = mail.ticker().nanos() + limitNanos;
        while (changes.open() > most) {
            synchronized (this) {
                if (changes.open() > most) {
                    pause(need, end);
                }
            }
        }
    }
}
