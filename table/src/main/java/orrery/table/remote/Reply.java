package orrery.table.remote;

import java.util.Arrays;
import java.util.List;
import orrery.table.hold.ServerFunction;
import orrery.table.hold.Table;
import orrery.table.hold.Tables;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.table.push.Answer;
import orrery.table.push.RowSubscription;
import orrery.wire.Frame;
import orrery.wire.Lane;
import orrery.wire.Peer;

/** The answer to a question that another node has asked. */
public final class Reply extends Answer {
    static final int MOST_CELLS = 1 << 28;
    private static final int KNOWN_IN_PART_BYTES = 64 << 10;
    private static final int LEAST_RUN_BYTES = 16 * Integer.BYTES;

    private final Mail mail;
    private final Tables tables;
    private final long request;
    private final int epoch;
    private final int placement; // under which it was asked
    private final Table table;
    private final int worker;
    private final long clock;
    private final long need;
    private int[] blocks = {};
    private int[] known = {};
    private long[] keys = {};
    private List<ServerFunction.Pair> pairs = List.of();
    private Filling more = frame -> false;
    private int next; // block or key or pair
    private int cell; // within it
    private int version; // of the block under way
    private int[] runs = new int[64];
    private long age;
    private boolean isMoved;
    private boolean isSubscribed;

    /** Fills a frame. Returns whether there is more to come. */
    @FunctionalInterface
    private interface Filling {
        boolean into(Frame frame);
    }

    Reply(
            Mail mail,
            Tables tables,
            Peer to,
            long request,
            int epoch,
            int placement,
            Table table,
            Messages.Asker asker) {
        super(to);
        this.mail = mail;
        this.tables = tables;
        this.request = request;
        this.epoch = epoch;
        this.placement = placement;
        this.table = table;
        worker = asker.worker();
        clock = asker.clock();
        need = asker.age();
    }

    /** Whether all the read must see is here: of everybody up to {@code need}, of its own worker up to the last clock. */
    boolean isLegal() {
        if (!isHere()) { // but this node may be about to get it
            return placement - mail.placement().version() < 0;
        }
        if (need < 0 && worker < 0) {
            return true;
        }
        var detector = table.detector;
        if (detector != null && keys.length > 0) {
            return detector.grants(worker, clock) && table.clocks.completed(worker) >= clock - 1;
        }
        return table.clocks.age() >= need
                && (worker < 0 || table.spec().consistency().staged() || table.clocks.completed(worker) >= clock - 1);
    }

    void blocks(Frame question) {
        var wanted = Messages.PullBlocks.read(question);
        for (int block : wanted.blocks()) {
            if (block < 0 || block >= table.shard.rows().blocks) {
                throw new IndexOutOfBoundsException("there is no block " + block);
            }
        }
        blocks = wanted.blocks();
        known = wanted.known();
        table.floats();
        if (!table.shard.rows().isDense) {
            throw new IllegalArgumentException("a sparse table has no blocks to pull");
        }
        more = this::putBlocks;
    }

    /** Returns the token of the subscription that the rows are to go on to, or {@link Messages.PullRows#NO_TOKEN}. */
    long rows(Frame question) {
        var wanted = Messages.PullRows.read(question);
        keys = wanted.keys();
        for (long key : keys) {
            table.shard.rows().check(key);
        }
        if (keys.length > MOST_CELLS / table.spec().width()) {
            throw new IllegalArgumentException(keys.length + " rows of table '" + table.name() + "' at once");
        }
        tables.counts().asked(table.name(), keys);
        more = this::putRows;
        return wanted.token();
    }

    /** Has the rows asked for told of from now on, too. */
    void subscribe(RowSubscription to) {
        if (isHere()) {
            isSubscribed = to.answered(keys);
        }
    }

    void call(Frame question) {
        var call = Messages.Call.read(question);
        more = frame -> {
            if (next == 0) {
                pairs = ServerFunction.partial(tables, table, call.kind(), call.first(), call.second());
            }
            return putPairs(frame);
        };
    }

    void copy(Frame question) {
        var target = tables.byNumber(Messages.Copy.read(question).to());
        if (target == null) {
            throw new IllegalArgumentException("there is no table to copy to");
        }
        more = frame -> {
            Tables.copyOwn(table, target);
            return false;
        };
    }

    @Override
    public Frame next() {
        if (next == 0 && cell == 0 && !isHere()) {
            isMoved = true;
            return mail.frame(Messages.REPLY, Lane.CONTROL, 0)
                    .request(request)
                    .epoch(epoch)
                    .flags(Messages.MOVED | Messages.LAST)
                    .block(mail.placement().version());
        }
        var frame = mail.frame(Messages.REPLY, Lane.PROMPT, capacity())
                .request(request)
                .epoch(epoch);
        boolean isMore = more.into(frame);
        return frame.flags((isMore ? 0 : Messages.LAST) | (isSubscribed ? Messages.SUBSCRIBED : 0));
    }

    /** Whether the asker was told to ask elsewhere. */
    boolean isMoved() {
        return isMoved;
    }

    /** Whether all that is asked for is this node's own. */
    private boolean isHere() {
        boolean isHere = true;
        for (int block : blocks) {
            isHere &= table.owns(block);
        }
        for (long key : keys) {
            isHere &= table.ownsRow(key);
        }
        return isHere;
    }

    /** Room for all that may be left; of blocks that are known in part, which is mostly little, some. */
    private int capacity() {
        long width = table.spec().width();
        long cells = (keys.length - next) * width;
        long changed = 0;
        for (int i = next; i < blocks.length; i++) {
            long all = table.shard.rows().resident(blocks[i]) * width;
            cells += known[i] < 0 ? all : 0;
            changed += known[i] < 0 || known[i] == version(blocks[i]) ? 0 : all;
        }
        long bytes = (cells - (known.length == 0 ? cell : 0)) * Float.BYTES
                + Math.min(changed * Float.BYTES, KNOWN_IN_PART_BYTES)
                + (blocks.length + 1L) * (Messages.BlockPart.HEAD_BYTES + LEAST_RUN_BYTES);
        return Math.clamp(bytes, 4096, Frame.MOST_PAYLOAD_BYTES);
    }

    private int version(int block) {
        return table.shard.locks().version(table.shard.rows().stripeOfBlock(block));
    }

    private boolean putBlocks(Frame to) {
        var shard = table.floats();
        var changes = shard.watch();
        for (; next < blocks.length; next++, cell = 0) {
            int block = blocks[next];
            if (cell == 0) {
                age = table.clocks.age(); // before the version, and that before the values
                version = version(block);
            }
            int room = to.room() - Messages.BlockPart.HEAD_BYTES;
            if (room < LEAST_RUN_BYTES) {
                return true;
            }
            int end = version == known[next]
                    ? 0
                    : shard.rows().resident(block) * table.spec().width();
            int n = 0;
            while (cell < end && room >= LEAST_RUN_BYTES) {
                int from = known[next] < 0 ? cell : changes.next(block, cell, end, known[next]);
                int until = known[next] < 0 ? end : from < end ? changes.runEnd(block, from, end, known[next]) : end;
                int count = Math.min(until - from, (room - 2 * Integer.BYTES) / Float.BYTES);
                if (count > 0) {
                    if (n + 2 > runs.length) {
                        runs = Arrays.copyOf(runs, 2 * runs.length);
                    }
                    runs[n++] = from;
                    runs[n++] = count;
                    room -= 2 * Integer.BYTES + count * Float.BYTES;
                }
                cell = from + count;
            }
            Messages.BlockPart.write(to, block | (cell < end ? Messages.BlockPart.MORE : 0), version, age, runs, n);
            for (int r = 0; r < n; r += 2) {
                shard.putCells(shard.rows().blockStart(block), runs[r], runs[r + 1], to);
            }
            if (cell < end) {
                return true;
            }
        }
        return false;
    }

    private boolean putRows(Frame to) {
        int width = table.spec().width();
        int cells = keys.length * width;
        if (next == 0 && cell == 0) {
            age = table.clocks.age();
        }
        int at = next * width + cell;
        var none = table.shard.newCells(0);
        int count = Math.min(cells - at, (to.room() - Messages.RowsPart.BYTES - none.mostPacked(0)) / Float.BYTES);
        new Messages.RowsPart(age, at, count).write(to);
        int last = count == 0 ? next - 1 : (at + count - 1) / width;
        var rows = table.shard.newCells((last + 1 - next) * width);
        table.shard.gather(keys, next, last + 1, rows, 0);
        rows.pack(to, cell, count);
        next = (at + count) / width;
        cell = (at + count) % width;
        return next < keys.length;
    }

    private boolean putPairs(Frame to) {
        for (; next < pairs.size() && to.room() >= ServerFunction.Pair.BYTES; next++) {
            pairs.get(next).write(to);
        }
        return next < pairs.size();
    }

    @Override
    public String toString() {
        return "answer to " + to + " about '" + table.name() + "', " + Arrays.toString(blocks);
    }
}
