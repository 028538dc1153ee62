package orrery.table.outbox;

import java.util.function.LongConsumer;
import orrery.table.cells.Factors;
import orrery.table.cells.FloatShard;
import orrery.table.spec.TableSpec;

/**
 * What one worker will add to a table of floats at its next tick: merged, one update per row, seen by nobody before,
 * its worker included. The natural place to sum up the gradient of a mini-batch.
 *
 * <p>Confined to the worker's thread until the tick.
 */
public abstract sealed class Outbox extends Sums permits DenseOutbox, SparseOutbox {
    final TableSpec spec;
    final FloatShard shard;

    Outbox(TableSpec spec, FloatShard shard) {
        this.spec = spec;
        this.shard = shard;
    }

    /** Adds the row found in {@code values} from {@code at} on. */
    public abstract void addRow(long row, float[] values, int at);

    /** Adds to one cell. */
    public abstract void addCell(long row, int column, float value);

    /** Adds {@code scale * values[k]} to row {@code rows[k]}, k from {@code from} to {@code to}; width 1. */
    public abstract void addScaled(float scale, int[] rows, float[] values, int from, int to);

    /** Adds {@code x[k] * v} to row {@code rows[k]}, k from {@code from} to {@code to}; v of (width). */
    public abstract void addOuter(int[] rows, float[] x, int from, int to, float[] v);

    /** Adds the sum of products of factors of all rows; dense tables only. */
    public abstract void addFactors(Factors factors);

    /** Visits the rows that were added to; for an outbox that knows them singly. */
    public void forEachRow(LongConsumer action) {
        throw new IllegalStateException("this outbox keeps runs of rows");
    }

    /** Applies what belongs to blocks of one stripe, whose lock the caller holds, and forgets it. Sealed only. */
    public abstract void apply(int from, int to);

    /** Takes rows: the update of one is found in {@code values} from {@code at} on. */
    @FunctionalInterface
    public interface Taker {
        void take(long row, float[] values, int at);
    }

    /** Hands over what belongs to blocks {@code from} to {@code to}, and forgets it. Sealed only. */
    public abstract void drain(int from, int to, Taker taker);

    @Override
    public void addTo(Sums sum, int from, int to) {
        drain(from, to, ((Outbox) sum)::addRow);
    }

    final void checkWidth(int width) {
        if (spec.width() != width) {
            throw new IllegalArgumentException("table '" + spec.name() + "' has " + spec.width()
                    + " columns, the update for its rows has " + width);
        }
    }

    final void checkColumn(long row, int column) {
        shard.rows().check(row);
        if (column < 0 || column >= spec.width()) {
            throw new IndexOutOfBoundsException("table '" + spec.name() + "' has columns 0 to " + (spec.width() - 1)
                    + ", asked for column " + column);
        }
    }
}
