package orrery.table.hold;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Factors;
import orrery.table.cells.Shard;
import orrery.table.clock.Clocks;
import orrery.table.clock.Work;
import orrery.table.outbox.IntOutbox;
import orrery.table.outbox.Outbox;
import orrery.table.spec.TableSpec;

/**
 * The updates of a table under Bsp: kept per worker until all have ticked, then applied stripe by stripe, clock by clock,
 * in the order of workers. So the values depend on the updates alone, never on who was first or where it ran.
 */
public final class StagedUpdates implements Clocks.Staged {
    private static final int WORTH_SHARING_CELLS = 1 << 17; // some 50 us of AdaGrad, several times a wake-up
    private static final Comparator<Received> ORDER =
            Comparator.comparingLong(Received::clock).thenComparingInt(Received::worker);
    private static final long NONE = Long.MIN_VALUE;

    private final Table table;
    private final Shard shard;
    private final boolean isWorthSharing;
    private @Nullable Outbox[] floats = {};
    private @Nullable IntOutbox[] ints = {};
    private @Nullable Factors[] factors = {};
    private volatile long[] stagedAt = {}; // by worker: the clock of its outbox, or NONE
    private final ArrayDeque<Received> received = new ArrayDeque<>(); // guarded by itself
    private List<Received> due = List.of(); // of what was received, what is being applied
    private long[] clocks = new long[4]; // of which there is something due, ascending
    private int clocksDue;
    private long dueUpTo;

    /** What a worker of another node has pushed, in one frame. */
    public record Received(int worker, long clock, List<Section> sections) {
        boolean isOf(int otherWorker, long otherClock) {
            return worker == otherWorker && clock == otherClock;
        }

        void apply(int stripe, Shard shard) {
            for (int i = 0; i < sections.size(); i++) {
                sections.get(i).apply(shard, stripe);
            }
        }
    }

    StagedUpdates(Table table) {
        this.table = table;
        shard = table.shard;
        var spec = table.spec();
        isWorthSharing = spec.layout() == TableSpec.Layout.SPARSE || spec.rows() * spec.width() >= WORTH_SHARING_CELLS;
    }

    void begin(int workers) {
        floats = new Outbox[workers];
        ints = new IntOutbox[workers];
        factors = new Factors[workers];
        synchronized (received) {
            received.clear();
        }
        var none = new long[workers];
        Arrays.fill(none, NONE);
        stagedAt = none;
    }

    /** The worker's sealed outbox waits for its turn. Followed by the worker's tick, which publishes it. */
    public void stage(int worker, long clock, Outbox outbox) {
        floats[worker] = outbox;
        stagedAt[worker] = clock;
    }

    public void stage(int worker, long clock, IntOutbox outbox) {
        ints[worker] = outbox;
        stagedAt[worker] = clock;
    }

    /** The same of factors, which are all of the worker's clock. */
    public void stage(int worker, long clock, Factors update) {
        factors[worker] = update;
        stagedAt[worker] = clock;
    }

    /** What a worker of another node has pushed waits for its turn. */
    public void stage(Received push) {
        synchronized (received) {
            received.add(push);
        }
    }

    /*
     * What workers of this node have staged is of one clock, age + 1, or under local steps the end of the round: a worker
     * that has staged something cannot touch the table again before it is applied, because its next read or add waits for
     * that. Workers of other nodes may be ahead, since their nodes may have heard of a tick that this one has not.
     */
    @Override
    public @Nullable Work upTo(long clock) {
        int n = 0;
        dueUpTo = clock;
        for (long at : stagedAt) {
            n = at == NONE || at > clock ? n : enter(n, at);
        }
        due = takeReceived(clock);
        for (int i = 0; i < due.size(); i++) {
            n = enter(n, due.get(i).clock());
        }
        if (n == 0) {
            return null;
        }
        Arrays.sort(clocks, 0, n);
        clocksDue = n;
        if (isWorthSharing) {
            return new Work(shard.rows().stripes, this::apply);
        }
        for (int stripe = 0; stripe < shard.rows().stripes; stripe++) { // sooner done than a thread is woken
            apply(stripe);
        }
        done();
        return null;
    }

    private int enter(int n, long clock) {
        for (int i = 0; i < n; i++) {
            if (clocks[i] == clock) {
                return n;
            }
        }
        if (n == clocks.length) {
            clocks = Arrays.copyOf(clocks, 2 * n);
        }
        clocks[n] = clock;
        return n + 1;
    }

    private List<Received> takeReceived(long upTo) {
        synchronized (received) {
            if (received.isEmpty()) {
                return List.of();
            }
            var taken = new ArrayList<Received>();
            received.removeIf(push -> push.clock() <= upTo && taken.add(push));
            taken.sort(ORDER);
            return taken;
        }
    }

    private void apply(int stripe) {
        if (!table.ownsSome(stripe)) {
            return; // pushed to its owners
        }
        shard.locks().lock(stripe);
        try {
            int next = 0; // of what is due
            for (int c = 0; c < clocksDue; c++) {
                long clock = clocks[c];
                for (int w = 0; w < stagedAt.length; w++) {
                    if (stagedAt[w] == clock) {
                        applyOwn(w, stripe);
                    }
                    for (; next < due.size() && due.get(next).isOf(w, clock); next++) {
                        due.get(next).apply(stripe, shard);
                    }
                }
            }
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    private void applyOwn(int worker, int stripe) {
        var outbox = floats[worker];
        if (outbox != null) {
            table.forEachOwn(stripe, outbox::touches, outbox::apply);
        }
        var counts = ints[worker];
        if (counts != null) {
            table.forEachOwn(stripe, counts::touches, counts::apply);
        }
        var update = factors[worker];
        if (update != null) {
            table.forEachOwn(stripe, (from, to) -> true, (from, to) -> update.apply(table.floats(), from, to));
        }
    }

    @Override
    public void done() {
        due = List.of();
        for (int w = 0; w < stagedAt.length; w++) {
            if (stagedAt[w] != NONE && stagedAt[w] <= dueUpTo) {
                stagedAt[w] = NONE;
                var outbox = floats[w];
                if (outbox != null) {
                    outbox.clear();
                }
                var counts = ints[w];
                if (counts != null) {
                    counts.clear();
                }
                factors[w] = null;
            }
        }
    }

    @Override
    public String toString() {
        return "staged updates of table '" + table.name() + "'";
    }
}
