package orrery.table.worker;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Factors;
import orrery.table.cells.Finite;
import orrery.table.cells.FloatShard;
import orrery.table.cells.IntShard;
import orrery.table.outbox.Outbox;
import orrery.table.outbox.SparseOutbox;
import orrery.table.push.SlotFeed;
import orrery.table.push.Unconfirmed;
import orrery.table.spec.NonFiniteUpdateException;
import orrery.table.spec.TableSpec;

/**
 * The way of updates that may be applied in parts, where no read waits for all: own rows change at once. Rows of others
 * change when the worker ticks; until then this worker alone sees their changes, or, where others push the table to this
 * node, all of the node do. Hot rows, of this node or of others, change at the tick, too.
 */
final class Through extends WritePath {
    private static final int MOST_UNCONFIRMED = 256; // clocks

    private final float scale;
    private final @Nullable SlotFeed feed;
    private final @Nullable Unconfirmed unconfirmed; // changes of rows of others, where these are pushed to this node
    private @Nullable SparseOutbox elsewhere; // changes of rows of others, where they are not
    private @Nullable SparseOutbox gathered; // changes of hot rows
    private BitSet hot = new BitSet();

    Through(Port port) {
        super(port);
        scale = port.scale;
        feed = port.feed;
        unconfirmed = feed == null ? null : feed.open(port.self.worker, scale, port.self.waitLimitNanos);
    }

    @Override
    void gatherAdds(long[] rows) {
        hot = new BitSet();
        if (spec.type() == TableSpec.Type.FLOAT) {
            for (long row : rows) {
                if (row >= 0 && row < Integer.MAX_VALUE) { // others go to the shard at once, as ever
                    hot.set((int) row);
                }
            }
        }
    }

    private boolean isHot(long row) {
        return row >= 0 && row < Integer.MAX_VALUE && hot.get((int) row);
    }

    // Adding

    @Override
    void add(long[] keys, int from, int to, float[] values, int at) {
        var shard = table.floats();
        long stripes = shard.rows().stripesOf(keys, from, to);
        if (isRefused(keys, from, values, at, at + (to - from) * spec.width())) {
            return;
        }
        if (!table.isWhole() || !hot.isEmpty()) {
            addApart(shard, keys, from, to, values, at);
            return;
        }
        shard.locks().lockAll(stripes);
        try {
            shard.addScaled(keys, from, to, values, at, scale);
        } finally {
            shard.locks().unlockAll(stripes);
        }
    }

    private void addApart(FloatShard shard, long[] keys, int from, int to, float[] values, int at) {
        int width = spec.width();
        for (int i = from; i < to; i++, at += width) {
            if (isHot(keys[i])) {
                gathered(shard).addRow(keys[i], values, at);
            } else if (table.ownsRow(keys[i])) {
                int stripe = shard.rows().stripe(keys[i]);
                shard.locks().lock(stripe);
                try {
                    shard.addScaled(keys, i, i + 1, values, at, scale);
                } finally {
                    shard.locks().unlock(stripe);
                }
            } else if (unconfirmed != null) {
                addUnconfirmed(shard, unconfirmed, keys[i], values, at);
            } else {
                elsewhere(shard).addRow(keys[i], values, at);
            }
        }
    }

    /** A row of others that is pushed to this node: this node's workers see the change at once. */
    private void addUnconfirmed(FloatShard shard, Unconfirmed changes, long row, float[] values, int at) {
        int stripe = shard.rows().stripe(row);
        shard.locks().lock(stripe);
        try {
            changes.add(row, values, at);
            shard.addRow(row, values, at, scale);
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    private SparseOutbox elsewhere(FloatShard shard) {
        var now = elsewhere;
        if (now == null) {
            now = new SparseOutbox(spec, shard);
            elsewhere = now;
        }
        return now;
    }

    private SparseOutbox gathered(FloatShard shard) {
        var now = gathered;
        if (now == null) {
            now = new SparseOutbox(spec, shard);
            gathered = now;
        }
        return now;
    }

    /** Whether the update is dropped for a value that is not finite; throws if the table does not drop. */
    private boolean isRefused(long[] keys, int from, float[] values, int begin, int end) {
        if (Finite.all(values, begin, end)) {
            return false;
        }
        int i = Finite.firstNot(values, begin, end);
        int width = spec.width();
        return tables.refuse(
                spec,
                new NonFiniteUpdateException(spec, keys[from + (i - begin) / width], (i - begin) % width, values[i]));
    }

    @Override
    void addCells(long[] cells, float[] values) {
        int width = spec.width();
        var shard = table.floats();
        var rows = shard.rows();
        long stripes = 0;
        for (int i = 0; i < cells.length; i++) {
            long row = Math.floorDiv(cells[i], width);
            rows.check(row);
            stripes |= 1L << rows.stripe(row);
            if (!Float.isFinite(values[i])
                    && tables.refuse(
                            spec, new NonFiniteUpdateException(spec, row, Math.floorMod(cells[i], width), values[i]))) {
                return;
            }
        }
        if (!table.isWhole()) {
            for (int i = 0; i < cells.length; i++) {
                addCellApart(shard, Math.floorDiv(cells[i], width), Math.floorMod(cells[i], width), values[i]);
            }
            return;
        }
        shard.locks().lockAll(stripes);
        try {
            for (int i = 0; i < cells.length; i++) {
                shard.addCell(Math.floorDiv(cells[i], width), Math.floorMod(cells[i], width), scale * values[i]);
            }
        } finally {
            shard.locks().unlockAll(stripes);
        }
    }

    private void addCellApart(FloatShard shard, long row, int column, float value) {
        int stripe = shard.rows().stripe(row);
        boolean isOwn = table.ownsRow(row);
        if (!isOwn && unconfirmed == null) {
            elsewhere(shard).addCell(row, column, value);
            return;
        }
        shard.locks().lock(stripe);
        try {
            if (!isOwn && unconfirmed != null) {
                unconfirmed.addCell(row, column, value);
            }
            shard.addCell(row, column, scale * value);
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    @Override
    void addCounts(IntShard shard, long[] keys, int[] values) {
        if (table.isWhole()) {
            long stripes = shard.rows().stripesOf(keys, 0, keys.length);
            shard.locks().lockAll(stripes);
            try {
                shard.add(keys, 0, keys.length, values, 0);
            } finally {
                shard.locks().unlockAll(stripes);
            }
            return;
        }
        int width = spec.width();
        for (int i = 0; i < keys.length; i++) {
            if (!table.ownsRow(keys[i])) {
                counts(shard).addRow(keys[i], values, i * width);
                continue;
            }
            int stripe = shard.rows().stripe(keys[i]);
            shard.locks().lock(stripe);
            try {
                shard.add(keys, i, i + 1, values, i * width);
            } finally {
                shard.locks().unlock(stripe);
            }
        }
    }

    /** A product changes every row: it is applied at once where all are this node's. */
    @Override
    void addFactors(Factors factors) {
        super.addFactors(factors);
        if (table.isWhole()) {
            flush();
        }
    }

    // What this worker sees before others do

    @Override
    void overlayThrough(long[] keys, int from, int to, float[] out, int at) {
        var changes = elsewhere;
        for (int i = from, width = spec.width(); changes != null && i < to; i++) {
            changes.overlay(keys[i], scale, out, at + (i - from) * width);
        }
    }

    @Override
    void overlayCounts(long[] keys, int[] out) {
        var changes = countsIfAny();
        for (int i = 0; changes != null && i < keys.length; i++) {
            changes.overlay(keys[i], out, i * spec.width());
        }
    }

    @Override
    void overlayGathered(long key, float[] out) {
        if (gathered != null) {
            gathered.overlay(key, scale, out, 0);
        }
    }

    @Override
    void overlayGathered(long[] keys, int from, int to, float[] out, int at) {
        var changes = gathered;
        if (changes != null && !changes.isEmpty()) {
            for (int i = from, width = spec.width(); i < to; i++, at += width) {
                changes.overlay(keys[i], scale, out, at);
            }
        }
    }

    // The tick

    @Override
    void flush() {
        flushMerged();
        flush(gathered);
        flush(elsewhere);
        flushUnconfirmed();
        var counts = countsIfAny();
        if (counts != null && !counts.isEmpty()) {
            counts.seal();
            if (pushes != null) {
                pushCounts(counts, pushes);
            }
            if (!port.group.hasJoined(counts)) {
                counts.clear(); // own rows were changed at once
            }
        }
    }

    private void flushMerged() {
        var merged = merged();
        if (merged != null && isSealed(merged)) {
            flushSealed(merged);
        }
    }

    private void flush(@Nullable SparseOutbox changes) {
        if (changes != null && isSealed(changes)) {
            flushSealed(changes);
        }
    }

    private void flushSealed(Outbox sealed) {
        if (pushes != null) {
            if (unconfirmed == null) {
                push(sealed, pushes);
            } else {
                var shard = table.floats();
                table.forEachElsewhere(
                        sealed::touches,
                        (from, to) -> sealed.drain(
                                from, to, (row, values, at) -> addUnconfirmed(shard, unconfirmed, row, values, at)));
            }
        }
        apply(sealed);
    }

    /** Pushes what this node's workers see already; waits if the owners confirm nothing for long. */
    private void flushUnconfirmed() {
        var changes = unconfirmed;
        if (changes == null || feed == null || pushes == null || changes.isEmpty()) {
            return;
        }
        long limitNanos = port.self.waitLimitNanos;
        int most = (int) Math.min(
                MOST_UNCONFIRMED, port.group.clock - tables.requiredAge(spec.consistency(), port.group.clock) + 8);
        feed.awaitConfirmed(changes, most, port.need(), limitNanos);
        try {
            push(changes.send(port.group.clock), pushes);
        } catch (NonFiniteUpdateException e) {
            long[] rows = changes.drop();
            tables.refuse(spec, e);
            feed.again(rows, limitNanos); // the node's own copies have it
            for (long row : rows) {
                port.known.clear((int) table.shard.rows().slot(row));
            }
        }
    }
}
