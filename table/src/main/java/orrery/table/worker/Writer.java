package orrery.table.worker;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Finite;
import orrery.table.cells.FloatShard;
import orrery.table.cells.IntShard;
import orrery.table.hold.LocalCopy;
import orrery.table.hold.Table;
import orrery.table.hold.Tables;
import orrery.table.mail.Pushes;
import orrery.table.outbox.DenseOutbox;
import orrery.table.outbox.IntOutbox;
import orrery.table.outbox.Outbox;
import orrery.table.outbox.SparseOutbox;
import orrery.table.plan.Recording;
import orrery.table.push.Feed;
import orrery.table.push.OwnWrites;
import orrery.table.push.Unconfirmed;
import orrery.table.spec.NonFiniteUpdateException;
import orrery.table.spec.TableSpec;
import orrery.table.spec.Update;

/** How one worker adds to a table: at once, or at its tick; to its own node's shard, or to others. */
final class Writer {
    private static final int MOST_UNCONFIRMED = 256; // clocks
    private static final long MOST_OUTBOX_BYTES = 64L << 20; // of an outbox with a cell for every cell of a dense table

    private final Port port;
    private final Table table;
    private final TableSpec spec;
    private final Tables tables;
    private final int worker;
    private final int workers;
    private final @Nullable Pushes pushes;
    private final @Nullable Recording recording;
    private final boolean isVirtual;
    private final long waitLimitNanos;
    private @Nullable Outbox outbox;
    private @Nullable IntOutbox counts;
    private @Nullable SparseOutbox through; // changes of rows of others, which they see at the tick only
    private @Nullable SparseOutbox gathered; // changes of hot rows, likewise
    private @Nullable Outbox contribution; // to the average, under local steps
    private BitSet hot = new BitSet();
    private final @Nullable OwnWrites mine; // to rows of others that are pushed one by one
    private final @Nullable Unconfirmed unconfirmed; // changes of rows of others, where these are pushed to this node

    Writer(Port port) {
        this.port = port;
        table = port.table;
        spec = port.spec;
        var session = port.session;
        tables = session.tables;
        worker = session.worker();
        workers = session.workers();
        pushes = session.pushes;
        recording = session.recording;
        isVirtual = session.isVirtual;
        waitLimitNanos = session.waitLimitNanos;
        var feed = port.feed;
        var rowFeed = port.rowFeed;
        unconfirmed = feed != null && port.writesThrough ? feed.open(worker, port.scale, waitLimitNanos) : null;
        mine = rowFeed == null ? null : new OwnWrites(rowFeed, table.shard.rows(), worker);
        var pushed = Feed.of(table);
        if (pushed != null) {
            pushed.open(waitLimitNanos);
        }
    }

    @Nullable
    OwnWrites mine() {
        return mine;
    }

    /** As {@link Session#gatherAdds}. */
    void gatherAdds(long[] rows) {
        table.shard.rows().stripesOf(rows, 0, rows.length); // which checks them
        this.hot = new BitSet();
        if (port.writesThrough && table.shard instanceof FloatShard) {
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

    private SparseOutbox gathered() {
        var gathered = this.gathered;
        if (gathered == null) {
            gathered = new SparseOutbox(spec, table.floats());
            this.gathered = gathered;
        }
        return gathered;
    }

    // What this worker sees before others do

    /** Adds to rows of others that were read what this worker has changed of them. */
    void overlayThrough(long[] keys, int from, int to, float[] out, int at) {
        var changes = through;
        for (int i = from, width = spec.width(); changes != null && i < to; i++) {
            changes.overlay(keys[i], port.scale, out, at + (i - from) * width);
        }
    }

    /** The same for counts. */
    void overlayCounts(long[] keys, int[] out) {
        var changes = port.writesThrough ? counts : null;
        for (int i = 0; changes != null && i < keys.length; i++) {
            changes.overlay(keys[i], out, i * spec.width());
        }
    }

    /** The same for changes of hot rows. */
    void overlayGathered(long key, float[] out) {
        if (gathered != null) {
            gathered.overlay(key, port.scale, out, 0);
        }
    }

    /** The same for many rows. */
    void overlayGathered(long[] keys, int from, int to, float[] out, int at) {
        var gathered = this.gathered;
        if (gathered != null && !gathered.isEmpty()) {
            for (int i = from, width = spec.width(); i < to; i++, at += width) {
                gathered.overlay(keys[i], port.scale, out, at);
            }
        }
    }

    /** Adds the rows of {@code keys[from..to)}, found in {@code values} from {@code at} on. */
    void add(long[] keys, int from, int to, float[] values, int at) {
        port.checkLength(to - from, values.length - at);
        port.checkAnnounced(keys, from, to);
        if (recording != null) {
            for (int i = from; port.isRecorded() && i < to; i++) {
                recording.wrote(table.name(), keys[i]);
            }
            if (isVirtual) {
                return;
            }
        }
        admitAdd();
        if (port.writesThrough) {
            writeThrough(keys, from, to, values, at);
        } else {
            var outbox = outbox();
            int width = spec.width();
            for (int i = from; i < to; i++, at += width) {
                outbox.addRow(keys[i], values, at);
            }
        }
    }

    private void writeThrough(long[] keys, int from, int to, float[] values, int at) {
        var shard = table.floats();
        long stripes = shard.rows().stripesOf(keys, from, to);
        if (!table.isWhole() || !hot.isEmpty()) {
            writeApart(keys, from, to, values, at);
            return;
        }
        if (refuse(keys, from, values, at, at + (to - from) * spec.width())) {
            return;
        }
        shard.locks().lockAll(stripes);
        try {
            shard.addScaled(keys, from, to, values, at, port.scale);
        } finally {
            shard.locks().unlockAll(stripes);
        }
    }

    /** Rows of this node change at once, those of others at the tick; until then this worker alone sees their changes. */
    private void writeApart(long[] keys, int from, int to, float[] values, int at) {
        int width = spec.width();
        if (refuse(keys, from, values, at, at + (to - from) * width)) {
            return;
        }
        var shard = table.floats();
        for (int i = from; i < to; i++, at += width) {
            int stripe = shard.rows().stripe(keys[i]);
            if (isHot(keys[i])) {
                gathered().addRow(keys[i], values, at);
            } else if (table.owns(stripe)) {
                shard.locks().lock(stripe);
                try {
                    shard.addScaled(keys, i, i + 1, values, at, port.scale);
                } finally {
                    shard.locks().unlock(stripe);
                }
            } else if (this.unconfirmed != null) {
                addUnconfirmed(this.unconfirmed, keys[i], values, at);
            } else {
                through().addRow(keys[i], values, at);
            }
        }
    }

    /** A row of others that is pushed to this node: this node's workers see the change at once. */
    private void addUnconfirmed(Unconfirmed changes, long row, float[] values, int at) {
        var shard = table.floats();
        int stripe = shard.rows().stripe(row);
        shard.locks().lock(stripe);
        try {
            changes.add(row, values, at);
            shard.addRow(row, values, at, port.scale);
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    private SparseOutbox through() {
        var through = this.through;
        if (through == null) {
            through = new SparseOutbox(spec, table.floats());
            this.through = through;
        }
        return through;
    }

    /** Whether the update is dropped for a value that is not finite; throws if the table does not drop. */
    private boolean refuse(long[] keys, int from, float[] values, int begin, int end) {
        if (Finite.all(values, begin, end)) {
            return false;
        }
        int i = Finite.firstNot(values, begin, end);
        int width = spec.width();
        return refuse(
                new NonFiniteUpdateException(spec, keys[from + (i - begin) / width], (i - begin) % width, values[i]));
    }

    private boolean refuse(NonFiniteUpdateException refusal) {
        return tables.refuse(spec, refusal);
    }

    /** Adds rows to a table of ints. */
    void add(long[] keys, int[] values) {
        port.checkLength(keys.length, values.length);
        port.checkAnnounced(keys, 0, keys.length);
        var shard = table.ints();
        if (isVirtual) {
            return;
        }
        admitAdd();
        if (port.writesThrough && table.isWhole()) {
            long stripes = shard.rows().stripesOf(keys, 0, keys.length);
            shard.locks().lockAll(stripes);
            try {
                shard.add(keys, 0, keys.length, values, 0);
            } finally {
                shard.locks().unlockAll(stripes);
            }
        } else {
            var counts = this.counts;
            if (counts == null) {
                counts = new IntOutbox(spec, shard);
                this.counts = counts;
            }
            int width = spec.width();
            for (int i = 0; i < keys.length; i++) {
                if (port.writesThrough && table.ownsRow(keys[i])) {
                    addOwn(shard, keys, i, values, i * width);
                } else {
                    counts.addRow(keys[i], values, i * width);
                }
            }
        }
    }

    private void addOwn(IntShard shard, long[] keys, int i, int[] values, int at) {
        int stripe = shard.rows().stripe(keys[i]);
        shard.locks().lock(stripe);
        try {
            shard.add(keys, i, i + 1, values, at);
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    /** Adds an update of any kind. */
    void add(Update update) {
        switch (update) {
            case Update.Dense(var keys, var values) -> add(keys, 0, keys.length, values, 0);
            case Update.Sparse(var cells, var values) -> {
                if (port.announcements != null) {
                    var rows = Arrays.stream(cells)
                            .map(cell -> Math.floorDiv(cell, spec.width()))
                            .toArray();
                    port.checkAnnounced(rows, 0, rows.length);
                }
                addCells(cells, values);
            }
            case Update.Factors(var u, var v) -> {
                port.checkKeyed("a product of factors");
                admitAdd();
                outbox().addFactors(u, v);
                if (port.writesThrough && table.isWhole() && !isVirtual) {
                    flush();
                }
            }
        }
    }

    private void addCells(long[] cells, float[] values) {
        int width = spec.width();
        admitAdd();
        if (!port.writesThrough || isVirtual) {
            var outbox = outbox();
            for (int i = 0; i < cells.length; i++) {
                outbox.addCell(Math.floorDiv(cells[i], width), Math.floorMod(cells[i], width), values[i]);
            }
            return;
        }
        var shard = table.floats();
        var rows = shard.rows();
        long stripes = 0;
        for (int i = 0; i < cells.length; i++) {
            long row = Math.floorDiv(cells[i], width);
            rows.check(row);
            stripes |= 1L << rows.stripe(row);
            if (!Float.isFinite(values[i])
                    && refuse(new NonFiniteUpdateException(spec, row, Math.floorMod(cells[i], width), values[i]))) {
                return;
            }
        }
        if (!table.isWhole()) {
            for (int i = 0; i < cells.length; i++) {
                addCellApart(Math.floorDiv(cells[i], width), Math.floorMod(cells[i], width), values[i]);
            }
            return;
        }
        shard.locks().lockAll(stripes);
        try {
            for (int i = 0; i < cells.length; i++) {
                shard.addCell(Math.floorDiv(cells[i], width), Math.floorMod(cells[i], width), port.scale * values[i]);
            }
        } finally {
            shard.locks().unlockAll(stripes);
        }
    }

    private void addCellApart(long row, int column, float value) {
        var shard = table.floats();
        int stripe = shard.rows().stripe(row);
        var unconfirmed = this.unconfirmed;
        boolean isOwn = table.owns(stripe);
        if (!isOwn && unconfirmed == null) {
            through().addCell(row, column, value);
            return;
        }
        shard.locks().lock(stripe);
        try {
            if (!isOwn && unconfirmed != null) {
                unconfirmed.addCell(row, column, value);
            }
            shard.addCell(row, column, port.scale * value);
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    /** What this worker will add to the table at its tick; for sums over a mini-batch. */
    Outbox openOutbox() {
        port.checkKeyed("an outbox");
        admitAdd();
        return outbox();
    }

    private Outbox outbox() {
        var outbox = this.outbox;
        if (outbox == null) {
            var local = port.local;
            outbox = local == null
                    ? newOutbox(spec, table.floats())
                    : newOutbox(spec.with(table.localRule()), local.shard());
            this.outbox = outbox;
        }
        return outbox;
    }

    private Outbox newOutbox(TableSpec of, FloatShard shard) {
        var dense = recording == null ? DenseOutbox.ifItFits(of, shard, MOST_OUTBOX_BYTES) : null;
        return dense == null ? new SparseOutbox(of, shard) : dense;
    }

    /** Under Bsp an add waits like a read: what was added at the last clock may not have been applied yet. */
    private void admitAdd() {
        if (spec.consistency().staged()) {
            port.admit();
            if (!isVirtual) {
                port.reader.local();
            }
        }
    }

    /** Hands all to whom it is for: the worker ticks. */
    void flush() {
        recordOutbox();
        var local = port.local;
        if (local != null) {
            flush(local);
            return;
        }
        if (spec.consistency().staged() && !port.isAdmitted()) {
            return; // not touched at this clock; what the outbox holds is of the last, and staged
        }
        flush(this.outbox);
        flush(this.gathered);
        flush(this.through);
        flushUnconfirmed();
        var counts = this.counts;
        if (counts != null && !counts.isEmpty()) {
            counts.seal();
            if (pushes != null && !table.isWhole()) {
                var mine = this.mine;
                if (mine != null) {
                    counts.forEachRow(row -> noteOwn(mine, row));
                }
                table.forEachElsewhere(counts::touches, stripe -> port.lastPushed[stripe] = port.group.clock);
                if (port.group.joins(table, counts)) {
                    return; // own rows were changed at once
                }
                pushes.all(table, port.group.clock, counts);
            }
            if (spec.consistency().staged()) {
                tables.staged(table).stage(worker, port.group.clock, counts);
            } else {
                counts.clear(); // of rows of others: own ones were changed at once
            }
        }
    }

    /** A local step, and at the end of a round what all of them have come to. */
    private void flush(LocalCopy local) {
        var now = outbox;
        if (now != null && !now.isEmpty()) {
            try {
                now.seal();
                local.apply(now);
            } catch (NonFiniteUpdateException e) {
                now.clear();
                refuse(e);
            }
        }
        long clock = port.group.clock;
        if (local.isOf(clock) && local.endsAt(clock) && !isVirtual) {
            if (local.lacksAverage()) {
                port.reader.local();
            }
            var change = contribution;
            if (change == null) {
                change = newOutbox(spec, table.floats());
                contribution = change;
            }
            local.contribute(port.session.share(), change);
            flush(change);
        }
    }

    private void flush(@Nullable Outbox outbox) {
        if (outbox == null || outbox.isEmpty()) {
            return;
        }
        try {
            outbox.seal();
        } catch (NonFiniteUpdateException e) {
            outbox.clear();
            refuse(e);
            return;
        }
        if (pushes != null && !table.isWhole()) {
            var unconfirmed = this.unconfirmed;
            if (unconfirmed == null) {
                push(outbox, pushes);
            } else {
                table.forEachElsewhere(
                        outbox::touches,
                        stripe -> outbox.drain(
                                stripe, (row, values, at) -> addUnconfirmed(unconfirmed, row, values, at)));
            }
        }
        if (spec.consistency().staged()) {
            tables.staged(table).stage(worker, port.group.clock, outbox);
        } else {
            apply(outbox);
        }
    }

    /** What the tick sends; of a virtual iteration it ends here. */
    private void recordOutbox() {
        var outbox = this.outbox;
        if (recording == null || outbox == null || outbox.isEmpty() || !port.isRecorded()) {
            return;
        }
        outbox.forEachRow(row -> recording.wrote(spec.name(), row));
        if (isVirtual) {
            outbox.clear();
        }
    }

    /** A worker sees its own writes: it asks for rows whose owners have not told of them yet. */
    private void noteOwn(OwnWrites mine, long row) {
        if (!table.ownsRow(row)) {
            mine.add(port.group.clock, row);
        }
    }

    private void push(Outbox outbox, Pushes to) {
        var mine = this.mine;
        boolean knowsRows = outbox instanceof SparseOutbox;
        if (mine != null && knowsRows) {
            outbox.forEachRow(row -> noteOwn(mine, row));
        }
        table.forEachElsewhere(outbox::touches, stripe -> {
            if (mine != null && !knowsRows) {
                mine.addStripe(port.group.clock, stripe);
            }
            port.lastPushed[stripe] = port.group.clock;
        });
        if (!port.group.joins(table, outbox)) {
            to.all(table, port.group.clock, outbox);
        }
    }

    /** Pushes what this node's workers see already; waits if the owners confirm nothing for long. */
    private void flushUnconfirmed() {
        var unconfirmed = this.unconfirmed;
        var feed = port.feed;
        if (unconfirmed == null || feed == null || pushes == null || unconfirmed.isEmpty()) {
            return;
        }
        int most = (int) Math.min(
                MOST_UNCONFIRMED, port.group.clock - tables.requiredAge(spec.consistency(), port.group.clock) + 8);
        feed.awaitConfirmed(unconfirmed, most, port.need(), waitLimitNanos);
        try {
            push(unconfirmed.send(port.group.clock), pushes);
        } catch (NonFiniteUpdateException e) {
            long[] rows = unconfirmed.drop();
            refuse(e);
            feed.again(rows, waitLimitNanos); // the node's own copies have it
            for (long row : rows) {
                port.known.clear((int) table.shard.rows().slot(row));
            }
        }
    }

    /** Applies stripe by stripe; workers begin at different ones and pass by those that others hold. */
    private void apply(Outbox outbox) {
        var shard = table.floats();
        int stripes = shard.rows().stripes;
        long left = 0;
        for (int stripe = 0; stripe < stripes; stripe++) {
            left |= table.owns(stripe) && outbox.touches(stripe) ? 1L << stripe : 0;
        }
        for (int next = (int) ((long) worker * stripes / workers); left != 0; ) {
            int stripe = shard.locks().lockAny(left, next);
            try {
                outbox.apply(stripe);
            } finally {
                shard.locks().unlock(stripe);
            }
            left &= ~(1L << stripe);
            next = stripe + 1;
        }
        if (!port.group.hasJoined(outbox)) {
            outbox.clear();
        }
    }
}
