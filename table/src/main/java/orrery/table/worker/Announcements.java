package orrery.table.worker;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.table.clock.Clocks;
import orrery.table.clock.ConflictDetector;
import orrery.table.clock.KeyCounts;
import orrery.table.hold.Table;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.table.spec.Consistency;
import orrery.table.spec.WaitExpiredException;
import orrery.wire.Frame;
import orrery.wire.Lane;
import orrery.wire.Ticker;

/** What one worker has announced of a table under {@link Consistency.SparseSsp}. Confined to the worker's thread. */
final class Announcements {
    private static final int MOST_KEYS = (Frame.MOST_PAYLOAD_BYTES - Messages.Announce.HEAD_BYTES) / Long.BYTES;
    private static final long LOOK_NANOS = 100_000_000; // whether the job has ended

    private final Port port;
    private final Table table;
    private final Ticker ticker;
    private final ConflictDetector detector;
    private final Map<Long, long[]> coming = new HashMap<>(); // by clock
    private @Nullable KeyCounts here; // of the clock under way, made when first needed

    Announcements(Port port, ConflictDetector detector) {
        this.port = port;
        this.detector = detector;
        table = port.table;
        ticker = table.clocks.ticker();
    }

    /** The worker will touch these rows at a clock. */
    void announce(long clock, long[] keys) {
        if (clock < port.group.clock) {
            throw new IllegalArgumentException("clock " + clock + " of table '" + table.name() + "' is over; worker "
                    + port.self.worker + " is at " + port.group.clock);
        }
        for (long key : keys) {
            table.shard.rows().check(key);
        }
        var copy = keys.clone();
        if (coming.putIfAbsent(clock, copy) != null) {
            throw new IllegalArgumentException("worker " + port.self.worker + " has announced clock " + clock
                    + " of table '" + table.name() + "' already");
        }
        var mail = port.self.mail;
        if (mail == null) {
            tell(clock, copy);
            return;
        }
        tell(clock, ofOwner(mail.me(), copy));
        for (int member : mail.others()) {
            send(mail, member, clock, ofOwner(member, copy));
        }
    }

    /** Those of the rows that a member owns. */
    private long[] ofOwner(int member, long[] keys) {
        var theirs = new long[keys.length];
        int n = 0;
        for (long key : keys) {
            if (table.owner(table.shard.rows().block(key)) == member) {
                theirs[n++] = key;
            }
        }
        return Arrays.copyOf(theirs, n);
    }

    private void tell(long clock, long[] keys) {
        detector.announce(port.self.worker, clock, keys);
        port.self.tables.look(); // at it, others may wait for that
    }

    private void send(Mail mail, int member, long clock, long[] keys) {
        int pieces = Math.max(1, (keys.length + MOST_KEYS - 1) / MOST_KEYS);
        for (int piece = 0; piece < pieces; piece++) {
            int from = piece * MOST_KEYS;
            int n = Math.min(MOST_KEYS, keys.length - from);
            var frame = mail.frame(Messages.Announce.TYPE, Lane.BULK, Messages.Announce.HEAD_BYTES + n * Long.BYTES)
                    .table(table.number())
                    .block(port.self.tables.begun());
            new Messages.Announce(port.self.worker, clock, piece, pieces, Arrays.copyOfRange(keys, from, from + n))
                    .write(frame);
            mail.send(member, frame, port.self.waitLimitNanos);
        }
    }

    /** Refuses rows that were not announced for the clock under way. */
    void check(long[] keys, int from, int to) {
        var announced = coming.get(port.group.clock);
        if (announced != null && Arrays.equals(announced, 0, announced.length, keys, from, to)) {
            return;
        }
        var known = here;
        if (known == null) {
            known = new KeyCounts();
            for (long key : announced == null ? new long[0] : announced) {
                known.add(key);
            }
            here = known;
        }
        for (int i = from; i < to; i++) {
            if (!known.holds(keys[i])) {
                throw new IllegalArgumentException("row " + keys[i] + " of table '" + table.name()
                        + "' was not announced by worker " + port.self.worker + " for clock " + port.group.clock
                        + (announced == null ? ", for which nothing was" : "") + ": under "
                        + table.spec().consistency() + " a worker touches only what it has announced");
            }
        }
    }

    /** Waits until the worker may begin its clock, as far as this node's rows are concerned. */
    void await(long clock) {
        int worker = port.self.worker;
        if (detector.grantsOrWakes(worker, clock, Thread.currentThread())) {
            return;
        }
        int slowest = port.group.clocks.slowest();
        long start = ticker.nanos();
        while (!detector.grants(worker, clock)) {
            long left = port.self.waitLimitNanos - (ticker.nanos() - start);
            port.group.clocks.checkNotEnded();
            if (left <= 0) {
                throw new WaitExpiredException("worker " + worker + " waited "
                        + Clocks.seconds(port.self.waitLimitNanos) + " at clock " + clock + " for table '"
                        + table.name() + "', for " + detector.late(clock) + "; a longer limit is set by --wait-limit");
            }
            ticker.park(this, Math.min(left, LOOK_NANOS));
            if (Thread.interrupted()) {
                port.group.clocks.checkNotEnded();
                throw new IllegalStateException(
                        "worker " + worker + " was interrupted while it waited at clock " + clock);
            }
        }
        port.waited(ticker.nanos() - start, slowest);
    }

    /** The clock ends: of what was not announced, nothing was touched. */
    void end(long clock) {
        if (!coming.containsKey(clock)) {
            announce(clock, new long[0]);
        }
        coming.remove(clock);
        here = null;
    }
}
