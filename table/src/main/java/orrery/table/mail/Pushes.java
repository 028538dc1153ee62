package orrery.table.mail;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Cells;
import orrery.table.cells.Factors;
import orrery.table.cells.FloatCells;
import orrery.table.cells.KeyedRows;
import orrery.table.hold.Section;
import orrery.table.hold.Table;
import orrery.table.outbox.Sums;
import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * What one worker pushes to other nodes at one clock: fills frames and sends them as they fill. Counts the parts that
 * each member gets, which the tick then tells. Confined to one thread at a time.
 */
public final class Pushes implements Sums.Sink {
    /** No clock. */
    static final long NONE = Long.MIN_VALUE;

    private static final long[] NOBODY = {};
    private static final int OWNER = -1;

    private static final int MOST_ROW_BYTES =
            Frame.MOST_PAYLOAD_BYTES - Messages.Push.BYTES - Section.RUN_HEAD_BYTES - Long.BYTES;

    private final Mail mail;
    private final long limitNanos;
    private int worker;
    private @Nullable Frame[] open = {}; // by member
    private int[] parts = {}; // by member
    private int receiver = OWNER; // of what is written
    private @Nullable Table table;
    private long clock;
    private int hint;
    private final int[] cells = new int[1 << 14]; // that are collected, counted from the first of their block
    private Cells changes = new FloatCells(0); // of them
    private int cellCount;

    public Pushes(Mail mail, int worker, long limitNanos) {
        this.mail = mail;
        this.worker = worker;
        this.limitNanos = limitNanos;
    }

    /** What follows is another worker's. Between two clocks. */
    Pushes as(int other) {
        worker = other;
        return this;
    }

    /** A table's updates follow; {@code bytes} says about how many there are for each member. */
    private void begin(Table next, long atClock, long bytes) {
        if (table != next) {
            changes = next.shard.newCells(cells.length);
        }
        table = next;
        clock = atClock;
        hint = Math.clamp(bytes + 1024, 1024, Frame.MOST_PAYLOAD_BYTES);
    }

    @Override
    public void rows(int block, KeyedRows rows, int from, int to, Cells values, int width) {
        int bytes = Long.BYTES + Cells.BYTES * width;
        if (bytes > MOST_ROW_BYTES) {
            for (int i = from; i < to; i++) {
                parts(block, rows.key(rows.sorted(i)), values, rows.sorted(i) * width, width);
            }
            return;
        }
        for (int i = from; i < to; ) {
            var frame = room(block, Section.HEAD_BYTES + bytes);
            int n = Math.min(to - i, (frame.room() - Section.HEAD_BYTES) / bytes);
            Section.writeRows(frame, block, rows, i, n, values, width);
            i += n;
        }
    }

    @Override
    public void run(int block, int from, int to, FloatCells values, int width) {
        int bytes = Cells.BYTES * width;
        int head = Section.RUN_HEAD_BYTES;
        var rows = table().shard.rows();
        for (int slot = from; slot < to; ) {
            if (bytes > MOST_ROW_BYTES) {
                if (rows.row(slot) >= 0) {
                    parts(block, rows.row(slot), values, slot * width, width);
                }
                slot++;
                continue;
            }
            var frame = room(block, head + bytes);
            int n = Math.min(to - slot, (frame.room() - head) / bytes);
            Section.writeRun(frame, block, slot, n, values, width);
            slot += n;
        }
    }

    /** A row that no frame has room for. */
    private void parts(int block, long row, Cells values, int at, int width) {
        int head = Section.PART_HEAD_BYTES;
        for (int column = 0; column < width; ) {
            var frame = room(block, head + Cells.BYTES);
            int n = Math.min(width - column, (frame.room() - head) / Cells.BYTES);
            Section.writePart(frame, block, row, column, n, values, at);
            column += n;
        }
    }

    @Override
    public void cells(int block, int start, Cells values, int from, int to) {
        for (int i = from; i < to; ) {
            cellCount = values.nonZeros(i, to, start, cells, changes, cellCount);
            if (cellCount < cells.length) {
                return;
            }
            i = cells[cellCount - 1] + start + 1;
            endCells(block);
        }
    }

    @Override
    public void endCells(int block) {
        int bytes = Integer.BYTES + Cells.BYTES;
        for (int i = 0; i < cellCount; ) {
            var frame = room(block, Section.HEAD_BYTES + bytes);
            int n = Math.min(cellCount - i, (frame.room() - Section.HEAD_BYTES) / bytes);
            Section.writeCells(frame, block, cells, changes, i, n);
            i += n;
        }
        cellCount = 0;
    }

    private Table table() {
        var to = table;
        if (to == null) {
            throw new IllegalStateException("no table was begun");
        }
        return to;
    }

    /** The frame under way to the block's owner, or to the receiver, with room for so many bytes. */
    private Frame room(int block, int bytes) {
        var to = table();
        int member = receiver == OWNER ? to.owner(block) : receiver;
        if (open.length <= member) {
            open = Arrays.copyOf(open, member + 1);
            parts = Arrays.copyOf(parts, member + 1);
        }
        var frame = open[member];
        if (frame != null && frame.room() < bytes) {
            open[member] = null;
            mail.send(member, frame, limitNanos);
            frame = null;
        }
        if (frame == null) {
            frame = mail.frame(
                            Messages.Push.TYPE,
                            Lane.BULK,
                            Messages.Push.BYTES + Math.max(bytes, hint - Messages.Push.BYTES))
                    .table(to.number());
            new Messages.Push(worker, clock, Messages.TRUNK, parts[member]++).write(frame);
            open[member] = frame;
        }
        return frame;
    }

    /** Pushes what is sealed for rows of others, and forgets it. */
    public void all(Table table, long atClock, Sums sealed) {
        begin(table, atClock, sealed.bytes());
        if (table.isReplicated()) {
            forEachOther(table, () -> table.forEachOwn(sealed::touches, (from, to) -> sealed.write(from, to, this)));
        } else {
            table.forEachElsewhere(sealed::touches, (from, to) -> sealed.push(from, to, this));
        }
        end();
    }

    /** Pushes factors: those of their rows to their owners, or all to all that hold the table. */
    public void factors(Table table, long atClock, Factors factors) {
        begin(table, atClock, (long) Float.BYTES * factors.numbers().length);
        int blocks = table.shard.rows().blocks;
        if (table.isReplicated()) {
            forEachOther(table, () -> factors(0, factors));
        } else {
            for (int from = 0, to; from < blocks; from = to) {
                for (to = from + 1; to < blocks && table.owner(to) == table.owner(from); to++) {}
                if (!table.owns(from)) {
                    var rows = table.shard.rows();
                    factors(from, factors.ofRows((int) rows.blockStart(from), (int) rows.blockStart(to)));
                }
            }
        }
        end();
    }

    private void factors(int block, Factors factors) {
        int head = Section.FACTORS_HEAD_BYTES;
        int length = factors.numbers().length;
        for (int at = 0; at < length; ) {
            var frame = room(block, (int) Math.min(MOST_ROW_BYTES, head + (long) (length - at) * Float.BYTES));
            int n = Math.min(length - at, (frame.room() - head) / Float.BYTES);
            Section.writeFactors(frame, block, factors, at, n);
            at += n;
        }
    }

    /** Writes to each other member that holds a table. */
    private void forEachOther(Table table, Runnable write) {
        if (!table.isHere()) {
            throw new IllegalStateException(
                    "table '" + table.name() + "' is not held here, so no worker here may change it");
        }
        for (int member : table.holders()) {
            if (member != mail.me()) {
                receiver = member;
                write.run();
            }
        }
        receiver = OWNER;
    }

    /** Sends what is left of the table. */
    private void end() {
        for (int member = 0; member < open.length; member++) {
            var frame = open[member];
            if (frame != null) {
                open[member] = null;
                mail.send(member, frame, limitNanos);
            }
        }
    }

    /** Tells all other members that the worker has completed a clock of a group, and how many parts belong to it. */
    public void tick(int group, long completed) {
        tick(group, completed, NOBODY);
    }

    /** The same of other workers whose updates are in those parts: by worker the clock, or {@link #NONE}. */
    public void tick(int group, long completed, long[] others) {
        int n = 0;
        for (long clock : others) {
            n += clock == NONE ? 0 : 1;
        }
        var workers = new int[n];
        var clocks = new long[n];
        for (int other = others.length - 1; other >= 0; other--) {
            if (others[other] != NONE) {
                workers[--n] = other;
                clocks[n] = others[other];
            }
        }
        for (int member : mail.others()) {
            int count = member < parts.length ? parts[member] : 0;
            var tick = new Messages.Tick(worker, completed, Messages.TRUNK, count, workers, clocks);
            var frame =
                    mail.frame(Messages.Tick.TYPE, Lane.CONTROL, tick.bytes()).table(group);
            tick.write(frame);
            mail.send(member, frame, limitNanos);
        }
        Arrays.fill(parts, 0);
    }

    /** Tells all other members that the worker has dropped a table. */
    public void drop(Table gone) {
        for (int member : mail.others()) {
            var frame = mail.frame(Messages.Drop.TYPE, Lane.CONTROL, Messages.Drop.BYTES)
                    .table(gone.number());
            new Messages.Drop(worker).write(frame);
            mail.send(member, frame, limitNanos);
        }
    }
}
