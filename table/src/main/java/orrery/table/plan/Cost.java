package orrery.table.plan;

import java.util.BitSet;
import orrery.wire.Frame;

/** Adds up what a plan sends over the wire, run by run, as {@code Pushes} and {@code Subscription} lay it out. */
final class Cost {
    private static final int PUSH_HEAD = Frame.HEADER_BYTES + 2 * Integer.BYTES + Long.BYTES;
    private static final int PUSHED_RUN = Integer.BYTES + Long.BYTES;
    private static final int PUSHED_CELL = Integer.BYTES + Float.BYTES;
    private static final int TOLD_RUN = 2 * Integer.BYTES;
    private static final int GRANULE_CELLS = 64;
    private static final int CHANGE_CELLS = 16;

    private final RowOrder order;
    private final int width;
    private final long blockSlots;
    long pushed;
    long told;
    long bytes;

    Cost(RowOrder order, int width) {
        this.order = order;
        this.width = width;
        blockSlots = 1L << order.blockShift();
    }

    /** What a member is told of what it wants, by all owners, when something has changed. */
    void round(int member, BitSet wanted, BitSet changed, int workers) {
        int head = Frame.HEADER_BYTES + Long.BYTES + Integer.BYTES + workers * Long.BYTES;
        int granule = granule(CHANGE_CELLS);
        for (int first = 0; first < order.blocks(); ) {
            int owner = order.owner(first);
            int end = first;
            long payload = 0;
            for (; end < order.blocks() && order.owner(end) == owner; end++) {
                payload += owner == member ? 0 : toldOfBlock(end, wanted, changed, granule);
            }
            if (owner != member) {
                bytes += payload + head * frames(payload, head);
            }
            first = end;
        }
    }

    private static long frames(long payload, int head) {
        return Math.max(1, -(-payload / (Frame.MOST_BYTES - head)));
    }

    private long toldOfBlock(int block, BitSet wanted, BitSet changed, int granule) {
        int end = (int) ((block + 1) * blockSlots);
        long payload = 0;
        int at = next(block << order.blockShift(), end, wanted, changed, granule);
        while (at < end) {
            int first = at;
            int last = at;
            for (at++; at < end; at++) {
                if (isTold(at, wanted, changed, granule)) {
                    last = at;
                } else if (!wanted.get(at) || (long) (at - last) * width * Float.BYTES > TOLD_RUN) {
                    break;
                }
            }
            told += last + 1 - first;
            payload += TOLD_RUN + (long) (last + 1 - first) * width * Float.BYTES;
            at = next(at, end, wanted, changed, granule);
        }
        return payload;
    }

    private int next(int from, int end, BitSet wanted, BitSet changed, int granule) {
        for (int at = wanted.nextSetBit(from); at >= 0 && at < end; at = wanted.nextSetBit(at + 1)) {
            if (isTold(at, wanted, changed, granule)) {
                return at;
            }
        }
        return end;
    }

    /** What has changed is known by granule. */
    private static boolean isTold(int slot, BitSet wanted, BitSet changed, int granule) {
        if (!wanted.get(slot)) {
            return false;
        }
        int first = slot & -granule;
        int next = changed.nextSetBit(first);
        return next >= 0 && next < first + granule;
    }

    private int granule(int cells) {
        int rows = 1;
        while (rows * width < cells && rows < blockSlots) {
            rows *= 2;
        }
        return rows;
    }

    /** What a worker of a member pushes of what it has written: runs of granules, or cells where most are untouched. */
    void push(int member, BitSet written) {
        int granule = granule(GRANULE_CELLS);
        int owner = -1;
        long payload = 0;
        for (int block = 0; block < order.blocks(); block++) {
            if (order.owner(block) != owner) {
                send(payload);
                owner = order.owner(block);
                payload = 0;
            }
            payload += owner == member ? 0 : pushedOfBlock(block, written, granule);
        }
        send(payload);
    }

    private void send(long payload) {
        if (payload > 0) {
            bytes += payload + PUSH_HEAD * frames(payload, PUSH_HEAD);
        }
    }

    private long pushedOfBlock(int block, BitSet written, int granule) {
        int end = (int) ((block + 1) * blockSlots);
        long payload = 0;
        long cells = 0;
        int at = written.nextSetBit(block << order.blockShift());
        while (at >= 0 && at < end) {
            int first = at & -granule;
            int stop = first + granule;
            while (stop < end && hasAny(written, stop, stop + granule)) {
                stop += granule;
            }
            stop = Math.min(stop, end);
            int touched = written.get(first, stop).cardinality();
            pushed += touched;
            if (2L * touched < stop - first) {
                cells += (long) touched * width;
            } else {
                payload += PUSHED_RUN + (long) (stop - first) * width * Float.BYTES;
            }
            at = written.nextSetBit(stop);
        }
        return payload + (cells > 0 ? Integer.BYTES + cells * PUSHED_CELL : 0);
    }

    private static boolean hasAny(BitSet set, int from, int to) {
        int next = set.nextSetBit(from);
        return next >= 0 && next < to;
    }
}
