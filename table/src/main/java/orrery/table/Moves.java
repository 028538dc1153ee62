package orrery.table;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * Blocks on their way from one owner to the next, at a cut: a node sends those that leave it, waits for those that come,
 * and from then on lives under the new placement. Reads that come in meanwhile are answered as before.
 */
final class Moves {
    private static final int HEAD_BYTES = 4 * Integer.BYTES;

    private final Cluster cluster;
    private final Node node;
    private final Map<Key, Coming> coming = new HashMap<>(); // guarded by this
    private int version; // those of earlier moves are forgotten

    private record Key(int version, int table, int stripe) {}

    /** A block of which some has come: its keys, then its planes. */
    private static final class Coming {
        long[] keys = {};
        final List<float[]> floats = new ArrayList<>();
        int[] ints = {};
        boolean isWhole;
    }

    Moves(Cluster cluster, Node node) {
        this.cluster = cluster;
        this.node = node;
    }

    /** A piece of a block: which array of how many, its length, where the piece begins, its values. */
    synchronized void receive(Frame frame, Table table) {
        int of = (int) frame.request();
        if (of - version < 0) {
            return; // of a move that is over
        }
        var block = coming.computeIfAbsent(new Key(of, frame.table(), frame.block()), k -> new Coming());
        int array = frame.getInt();
        int length = frame.getInt();
        int at = frame.getInt();
        int count = frame.getInt();
        if (array < 0 || length < 0 || at < 0 || count < 0 || (long) at + count > length) {
            throw new IndexOutOfBoundsException("a piece of " + count + " from " + at + " on, of " + length);
        }
        if (array == 0) {
            if (at == 0) {
                block.keys = new long[length];
            }
            frame.getLongs(block.keys, at, count);
        } else if (table.spec().type() == TableSpec.Type.INT) {
            if (at == 0) {
                block.ints = new int[length];
            }
            frame.getInts(block.ints, at, count);
        } else {
            if (at == 0) {
                block.floats.add(new float[length]);
            }
            frame.getFloats(block.floats.get(array - 1), at, count);
        }
        if ((frame.flags() & Messages.LAST) != 0) {
            block.isWhole = true;
            notifyAll();
        }
    }

    /** Sends, waits, and takes up the new placement. Returns how many blocks came. Only while no worker is at work. */
    int move(Placement from, Placement to, long limitNanos) throws InterruptedException {
        long end = System.nanoTime() + limitNanos;
        node.tables().forEach(Table::closeFeed); // a late round must not undo what comes
        var due = new ArrayList<Key>();
        for (var table : node.tables()) {
            int stripes = table.shard.rows().stripes;
            for (int stripe = 0; stripe < stripes; stripe++) {
                int was = from.owner(table.spec(), stripe, stripes);
                int is = to.owner(table.spec(), stripe, stripes);
                if (was == cluster.me() && is != cluster.me()) {
                    send(table, stripe, is, to.version(), end - System.nanoTime());
                } else if (is == cluster.me() && was != cluster.me()) {
                    due.add(new Key(to.version(), table.number(), stripe));
                }
            }
        }
        await(due, end);
        for (var key : due) {
            install(key);
        }
        for (var table : node.tables()) {
            for (int stripe = 0, n = table.shard.rows().stripes; stripe < n; stripe++) {
                if (from.owner(table.spec(), stripe, n) == cluster.me()
                        && to.owner(table.spec(), stripe, n) != cluster.me()) {
                    table.shard.forget(stripe);
                }
            }
        }
        synchronized (this) {
            version = to.version() + 1;
            coming.clear();
        }
        return due.size();
    }

    private void send(Table table, int stripe, int to, int placement, long limitNanos) {
        StripeCopy copy;
        table.shard.locks().lock(stripe);
        try {
            copy = table.shard.copy(stripe);
        } finally {
            table.shard.locks().unlockUnchanged(stripe);
        }
        boolean isInt = table.spec().type() == TableSpec.Type.INT;
        int arrays = isInt ? 2 : 1 + copy.floats().length;
        for (int array = 0; array < arrays; array++) {
            int length = array == 0 ? copy.keys().length : isInt ? copy.ints().length : copy.floats()[array - 1].length;
            int most = (Frame.MOST_PAYLOAD_BYTES - HEAD_BYTES) / (array == 0 ? Long.BYTES : Float.BYTES);
            int at = 0;
            do {
                int count = Math.min(most, length - at);
                var frame = cluster.frame(
                                Messages.BLOCK, Lane.BULK, HEAD_BYTES + count * (array == 0 ? Long.BYTES : Float.BYTES))
                        .table(table.number())
                        .block(stripe)
                        .request(placement)
                        .putInt(array)
                        .putInt(length)
                        .putInt(at)
                        .putInt(count);
                if (array == 0) {
                    frame.putLongs(copy.keys(), at, count);
                } else if (isInt) {
                    frame.putInts(copy.ints(), at, count);
                } else {
                    frame.putFloats(copy.floats()[array - 1], at, count);
                }
                at += count;
                cluster.send(to, frame.flags(array == arrays - 1 && at == length ? Messages.LAST : 0), limitNanos);
            } while (at < length);
        }
    }

    private synchronized void await(List<Key> due, long end) throws InterruptedException {
        for (var key : due) {
            for (var block = coming.get(key); block == null || !block.isWhole; block = coming.get(key)) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    throw new WaitExpiredException("block " + key.stripe() + " of table " + node.byNumber(key.table())
                            + " did not come from its former owner");
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
    }

    private void install(Key key) {
        var table = node.byNumber(key.table());
        Coming block;
        synchronized (this) {
            block = coming.get(key);
        }
        if (table == null || block == null) {
            return;
        }
        var copy = new StripeCopy(key.stripe(), block.keys, block.floats.toArray(float[][]::new), block.ints);
        table.shard.locks().lock(key.stripe());
        try {
            table.shard.install(copy);
        } finally {
            table.shard.locks().unlock(key.stripe());
        }
    }
}
