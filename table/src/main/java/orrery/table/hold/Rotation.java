package orrery.table.hold;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import orrery.table.spec.EndedException;
import orrery.table.spec.WaitExpiredException;
import orrery.wire.Ticker;

/**
 * How the blocks of a table go around in one stage: from the worker whose home they have to the next, and after as many hops as
 * there are workers home again. A block's <i>visit</i> is how many hops it has made since the stage began; at visit v it is with
 * the worker that is v after its home, and with nobody else.
 *
 * <p>Safe for use by many threads: guarded by its lock.
 */
public final class Rotation {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Table table;
    private final int workers;
    private final int[] members; // by worker; empty if all are here
    private final int me;
    private final Carrier carrier;
    private final int[] homes; // by block: a worker
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();
    private final long[]
            visits; // by block: the visit for which it is here, or -1 while somebody here has it or it is elsewhere

    /** Takes a block to another node. */
    public interface Carrier {
        /** Sends a block, which is not here any more when this returns. */
        void send(Table table, int block, long visit, int member, long limitNanos);
    }

    /** All workers are of this node. */
    Rotation(Table table, int workers) {
        this(table, workers, new int[0], 0, (moving, block, visit, member, limit) -> {
            throw new IllegalStateException("there are no other members");
        });
    }

    /** @param members by worker: whose it is */
    public Rotation(Table table, int workers, int[] members, int me, Carrier carrier) {
        this.table = table;
        this.workers = workers;
        this.members = members.clone();
        this.me = me;
        this.carrier = carrier;
        int blocks = table.shard.rows().blocks;
        homes = new int[blocks];
        visits = new long[blocks];
        for (int block = 0; block < blocks; block++) {
            homes[block] = homeOf(block, blocks);
            visits[block] = isHere(homes[block]) ? 0 : -1;
        }
    }

    /** Neighbouring blocks have their homes at neighbouring workers, of the member that owns them. */
    private int homeOf(int block, int blocks) {
        int worker = (int) ((long) block * workers / blocks);
        if (members.length == 0 || members[worker] == table.owner(block)) {
            return worker;
        }
        var ofOwner = new ArrayList<Integer>();
        for (int w = 0; w < workers; w++) {
            if (members[w] == table.owner(block)) {
                ofOwner.add(w);
            }
        }
        if (ofOwner.isEmpty()) {
            throw new IllegalStateException("block " + block + " of table '" + table.name() + "' is of member "
                    + table.owner(block) + ", which has no worker");
        }
        return ofOwner.get(block % ofOwner.size());
    }

    private boolean isHere(int worker) {
        return members.length == 0 || members[worker] == me;
    }

    /** The blocks in the order in which a worker has them in a lap: its own first, then those of the worker before it, and so on. */
    public int[] order(int worker) {
        var order = new int[homes.length];
        int n = 0;
        for (int hop = 0; hop < workers; hop++) {
            int home = Math.floorMod(worker - hop, workers);
            for (int block = 0; block < homes.length; block++) {
                if (homes[block] == home) {
                    order[n++] = block;
                }
            }
        }
        return order;
    }

    /** The blocks that have their home at a worker. */
    public List<Integer> homeBlocks(int worker) {
        var all = new ArrayList<Integer>();
        for (int block = 0; block < homes.length; block++) {
            if (homes[block] == worker) {
                all.add(block);
            }
        }
        return all;
    }

    /** At which visit a worker has a block in a lap, from 0. */
    public long visit(int block, int worker, long lap) {
        return lap * workers + Math.floorMod(worker - homes[block], workers);
    }

    /** Whose the block is at a visit. */
    public int worker(int block, long visit) {
        return (int) ((homes[block] + visit) % workers);
    }

    /** The member that has a worker. */
    public int member(int worker) {
        return members.length == 0 ? me : members[worker];
    }

    /** A worker waits for a block, which is its own until it passes it on. Returns how long it has waited, in nanoseconds. */
    public long take(int block, long visit, long limitNanos) {
        return await(block, visit, limitNanos, true);
    }

    /** Waits until a block is at home after so many visits, where others will find it. */
    public long awaitHome(int block, long visit, long limitNanos) {
        return await(block, visit, limitNanos, false);
    }

    private long await(int block, long visit, long limitNanos, boolean takes) {
        var ticker = table.clocks.ticker();
        lock.lock();
        try {
            if (visits[block] == visit) {
                visits[block] = takes ? -1 : visit;
                return 0;
            }
            return awaitOthers(ticker, block, visit, limitNanos, takes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EndedException("interrupted while it waited for a block of table '" + table.name() + "'", e);
        } finally {
            lock.unlock();
        }
    }

    private long awaitOthers(Ticker ticker, int block, long visit, long limitNanos, boolean takes)
            throws InterruptedException {
        long start = ticker.nanos();
        while (visits[block] != visit) {
            table.clocks.checkNotEnded();
            long waited = ticker.nanos() - start;
            if (waited > limitNanos) {
                throw new WaitExpiredException(
                        "worker " + worker(block, visit) + " waited " + TimeUnit.NANOSECONDS.toMillis(waited) / 1000.0
                                + " s for block " + block + " of table '" + table.name() + "', which worker "
                                + worker(block, Math.max(0, visit - 1))
                                + " has not passed on; a longer limit is set by --wait-limit");
            }
            ticker.await(lock, moved, LOOK_NANOS);
        }
        visits[block] = takes ? -1 : visit;
        return ticker.nanos() - start;
    }

    /** Whether a block is of this node when it is passed on after a visit. */
    public boolean staysHere(int block, long visit) {
        return isHere(worker(block, visit + 1));
    }

    /** A worker has done its part with a block that it has had at a visit: it goes to the next. */
    public void pass(int block, long visit, long limitNanos) {
        int next = worker(block, visit + 1);
        if (isHere(next)) {
            arrived(block, visit + 1);
        } else {
            carrier.send(table, block, visit + 1, members[next], limitNanos);
        }
    }

    /** A block is here for a visit. */
    public void arrived(int block, long visit) {
        lock.lock();
        try {
            visits[block] = visit;
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Throws if a block that is this node's is somewhere else, or with a worker: at a cut all are at home. */
    public void checkAtHome() {
        lock.lock();
        try {
            for (int block = 0; block < homes.length; block++) {
                if (isHere(homes[block]) && (visits[block] < 0 || visits[block] % workers != 0)) {
                    throw new IllegalStateException("table '" + table.name() + "' is under "
                            + table.spec().consistency()
                            + ", and block " + block
                            + " is on its way at a cut: stages over it are cut, and stopped, after"
                            + " whole laps (Stage.cutEvery, Stage.stoppedEvery)");
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return table.name() + " " + Arrays.toString(homes);
    }
}
