package orrery.table.push;

import java.util.ArrayDeque;
import java.util.stream.LongStream;
import orrery.table.cells.FloatShard;
import orrery.table.outbox.SparseOutbox;
import orrery.table.spec.TableSpec;

/**
 * What one worker has added to others' rows of a table that is pushed to its node, and the owners have not confirmed yet:
 * of the clock under way, and of those whose pushes are on their way. What a node is told of a row does not have it yet,
 * so it is added again.
 *
 * <p>The worker adds, the node's thread overlays.
 */
public final class Unconfirmed {
    private final TableSpec spec;
    private final FloatShard shard;
    private final float scale;
    private final ArrayDeque<Sent> sent = new ArrayDeque<>(); // by clock
    private final ArrayDeque<SparseOutbox> spare = new ArrayDeque<>();
    private SparseOutbox current;

    private record Sent(long clock, SparseOutbox outbox) {}

    Unconfirmed(TableSpec spec, FloatShard shard, float scale) {
        this.spec = spec;
        this.shard = shard;
        this.scale = scale;
        current = new SparseOutbox(spec, shard);
    }

    /** The worker adds to a row; the caller holds the lock of its stripe. */
    public synchronized void add(long row, float[] values, int at) {
        current.addRow(row, values, at);
    }

    public synchronized void addCell(long row, int column, float value) {
        current.addCell(row, column, value);
    }

    public synchronized boolean isEmpty() {
        return current.isEmpty();
    }

    /** Whether there is anything that an owner may not have applied. */
    synchronized boolean hasAny() {
        return !sent.isEmpty() || !current.isEmpty();
    }

    /** Forgets what was added at this clock. Returns the rows. */
    public synchronized long[] drop() {
        var rows = LongStream.builder();
        current.forEachRow(rows);
        current.clear();
        return rows.build().toArray();
    }

    /** What was added at this clock is about to be pushed; it is read only from now on. */
    public synchronized SparseOutbox send(long clock) {
        var now = current;
        now.seal();
        sent.add(new Sent(clock, now));
        var next = spare.poll();
        current = next == null ? new SparseOutbox(spec, shard) : next;
        return now;
    }

    /** Adds to a row what an owner that has applied the worker's clocks up to {@code applied} does not have. */
    synchronized void overlay(long row, long applied, float[] into, int at) {
        for (var outbox : sent) {
            if (outbox.clock() > applied) {
                outbox.outbox().overlay(row, scale, into, at);
            }
        }
        current.overlay(row, scale, into, at);
    }

    /** All owners have applied the worker's clocks up to {@code clock}. */
    synchronized void confirm(long clock) {
        for (var first = sent.peek(); first != null && first.clock() <= clock; first = sent.peek()) {
            sent.remove();
            first.outbox().clear();
            spare.add(first.outbox());
        }
        notifyAll();
    }

    /** How many clocks are not confirmed. */
    synchronized int open() {
        return sent.size();
    }
}
