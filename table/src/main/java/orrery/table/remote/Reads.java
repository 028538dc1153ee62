package orrery.table.remote;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Cells;
import orrery.table.cells.FloatCells;
import orrery.table.clock.Clocks;
import orrery.table.hold.Replica;
import orrery.table.hold.ServerFunction;
import orrery.table.hold.Table;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.table.push.OwnWrites;
import orrery.table.push.RowFeed;
import orrery.table.spec.WaitExpiredException;
import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * What one thread asks of other nodes: one question to each owner at once, and the answers as they come, from whomever.
 * Confined to the thread, save that the event loop hands it frames.
 */
public final class Reads implements Mail.Taker {
    private static final int MOST_BLOCKS = 1 << 14; // of one question

    private final Mail mail;
    private final LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final Map<Long, Question> open = new HashMap<>();
    private boolean isClosed;
    private int movedTo = -1; // the placement under which to ask again

    /** One request to one owner. */
    private record Question(int member, Taker taker) {}

    /** A frame, and when it came among all that came to this node. */
    private record Answer(Frame frame, long stamp) {}

    /** What takes in the frames of an answer. */
    @FunctionalInterface
    private interface Taker {
        void take(Frame frame, long stamp);
    }

    public Reads(Mail mail) {
        this.mail = mail;
        mail.register(this);
    }

    /** Called by the event loop. */
    @Override
    public synchronized void offer(Frame frame, long stamp) {
        if (isClosed) {
            frame.close();
        } else {
            answers.add(new Answer(frame, stamp));
        }
    }

    /** What comes now comes too late. */
    @Override
    public synchronized void close() {
        isClosed = true;
        answers.forEach(answer -> answer.frame().close());
        answers.clear();
    }

    // Blocks

    /** Brings all blocks to this node's mirror, as fresh as {@code need} asks. */
    public void allBlocks(Table table, Replica.Need need, long limitNanos) {
        var all = new BitSet();
        all.set(0, table.shard.rows().blocks);
        blocks(table, all, need, limitNanos);
    }

    /** Brings blocks to this node's mirror, as fresh as {@code need} asks. */
    public void blocks(Table table, BitSet blocks, Replica.Need need, long limitNanos) {
        table.mirror();
        long end = mail.ticker().nanos() + limitNanos;
        while (true) {
            var replica = table.replica();
            var mine = new ArrayList<Integer>();
            int other = -1;
            for (int block = blocks.nextSetBit(0); block >= 0; block = blocks.nextSetBit(block + 1)) {
                if (!table.owns(block) && !replica.has(block, need)) {
                    if (replica.claim(block)) {
                        mine.add(block);
                    } else {
                        other = block;
                    }
                }
            }
            if (!mine.isEmpty()) {
                pull(table, replica, mine, need, end);
            } else if (other >= 0) {
                try {
                    replica.await(other, end - mail.ticker().nanos());
                } catch (InterruptedException e) {
                    throw mail.interrupted(e);
                }
                table.clocks.checkNotEnded();
                if (mail.ticker().nanos() > end) {
                    throw expired(table, need, limitNanos);
                }
            } else {
                return;
            }
        }
    }

    private void pull(Table table, Replica replica, List<Integer> blocks, Replica.Need need, long end) {
        var missing = new ArrayList<>(blocks);
        var byOwner = new HashMap<Integer, List<Integer>>();
        blocks.forEach(b ->
                byOwner.computeIfAbsent(table.owner(b), m -> new ArrayList<>()).add(b));
        try {
            byOwner.forEach((member, theirs) -> {
                for (int from = 0; from < theirs.size(); from += MOST_BLOCKS) {
                    var some = theirs.subList(from, Math.min(theirs.size(), from + MOST_BLOCKS));
                    var wanted = new Messages.PullBlocks(
                            some.stream().mapToInt(b -> b).toArray(),
                            some.stream().mapToInt(replica::version).toArray());
                    var frame = question(Messages.PullBlocks.TYPE, table, need, wanted.bytes());
                    wanted.write(frame);
                    ask(member, frame, (answer, stamp) -> takeBlocks(table, replica, answer, need, missing), end);
                }
            });
            takeAll(table, need, end);
        } finally {
            missing.forEach(replica::failed);
        }
    }

    private static void takeBlocks(
            Table table, Replica replica, Frame frame, Replica.Need need, List<Integer> missing) {
        var shard = table.floats();
        int width = table.spec().width();
        while (frame.remaining() > 0) {
            var part = Messages.BlockPart.read(frame);
            int block = part.block();
            int[] runs = part.runs();
            int cells = Math.multiplyExact(shard.rows().resident(block), width);
            for (int r = 0; r < runs.length; r += 2) {
                if (runs[r] < 0 || runs[r + 1] < 0 || (long) runs[r] + runs[r + 1] > cells) {
                    throw new IndexOutOfBoundsException(
                            "a run of " + runs[r + 1] + " cells from " + runs[r] + " on, in a block of " + cells);
                }
                var values = frame.getFloats(runs[r + 1]);
                shard.setCells(shard.rows().blockStart(block), runs[r], values, 0, values.length);
            }
            if (!part.isMore()) {
                replica.got(block, part.version(), part.age(), need);
                missing.removeIf(b -> b == block);
            }
        }
    }

    // Rows

    /** The rows of {@code keys[from..to)}, to {@code out} from {@code at} on. */
    public void rows(
            Table table,
            long[] keys,
            int from,
            int to,
            Cells out,
            int at,
            Replica.Need need,
            @Nullable OwnWrites mine,
            long limitNanos) {
        int width = table.spec().width();
        long end = mail.ticker().nanos() + limitNanos;
        var feed = RowFeed.of(table);
        if (feed != null) {
            feed.await(need, end);
        }
        var todo = new int[to - from]; // positions in keys
        int left = 0;
        for (int i = from; i < to; i++) {
            table.shard.rows().check(keys[i]);
            todo[left++] = i;
        }
        while (left > 0) {
            int still = 0;
            for (int t = 0; t < left; t++) {
                int i = todo[t];
                int place = at + (i - from) * width;
                if (table.ownsRow(keys[i])) {
                    table.shard.gather(keys, i, i + 1, out, place);
                } else if (!isKnown(table, mine, keys[i], need, out, place)) {
                    todo[still++] = i;
                }
            }
            left = still;
            if (left > 0) {
                pullRows(new Rowwise(table, keys, out, at - from * width, need, feed, mine, true, end), todo, left);
                if (movedTo < 0) {
                    return;
                }
            }
        }
    }

    /** All rows of a dense table of floats: those of others as their owners have them, whatever is known of them here. */
    public float[] all(Table table, Replica.Need need, long limitNanos) {
        var keys = new long[Math.toIntExact(table.spec().rows())];
        Arrays.setAll(keys, row -> row);
        var out = new FloatCells(Math.multiplyExact(keys.length, table.spec().width()));
        asOwned(table, keys, out, need, limitNanos);
        return out.array();
    }

    /** The rows of {@code keys}: those of others as their owners have them, whatever is known of them here. */
    public void asOwned(Table table, long[] keys, Cells out, Replica.Need need, long limitNanos) {
        long end = mail.ticker().nanos() + limitNanos;
        var todo = new int[keys.length];
        for (long key : keys) {
            table.shard.rows().check(key);
        }
        do {
            int left = 0;
            for (int i = 0; i < keys.length; i++) {
                if (table.ownsRow(keys[i])) {
                    table.shard.gather(keys, i, i + 1, out, i * table.spec().width());
                } else {
                    todo[left++] = i;
                }
            }
            movedTo = -1;
            pullRows(new Rowwise(table, keys, out, 0, need, null, null, false, end), todo, left);
        } while (movedTo >= 0);
    }

    /** Copies a row of another node if it is known here, and fresh enough. */
    private static boolean isKnown(
            Table table, @Nullable OwnWrites mine, long key, Replica.Need need, Cells out, int at) {
        var feed = RowFeed.of(table);
        if (feed == null || !feed.holds(key)) {
            return table.replica().find(key, need, out, at);
        }
        return (mine == null || !mine.isOnItsWay(key)) && feed.find(key, out, at);
    }

    /** A read of rows that is under way: what is asked, by whom, and where answers go. */
    private record Rowwise(
            Table table,
            long[] keys,
            Cells out,
            int base,
            Replica.Need need,
            @Nullable RowFeed feed,
            @Nullable OwnWrites mine,
            boolean keeps, // in the cache of others' rows
            long end) {
        int width() {
            return table.spec().width();
        }
    }

    /** To whom a question goes, and whether its rows are to be told of from now on. */
    private record Address(int member, boolean isToTell) {}

    private void pullRows(Rowwise read, int[] todo, int count) {
        int most = Math.min(
                (Frame.MOST_PAYLOAD_BYTES - Messages.Asker.BYTES - Messages.PullRows.HEAD_BYTES) / Long.BYTES,
                Reply.MOST_CELLS / read.width());
        var lists = new HashMap<Address, int[]>(); // positions in keys, their number first
        for (int t = 0; t < count; t++) {
            long key = read.keys()[todo[t]];
            int member = read.table().owner(read.table().shard.rows().block(key));
            var to = new Address(member, read.feed() != null && read.feed().takes(key));
            var list = lists.computeIfAbsent(to, m -> new int[1 + Math.min(count, most)]);
            list[++list[0]] = todo[t];
            if (list[0] == list.length - 1) {
                askRows(read, to, list);
                lists.remove(to);
            }
        }
        lists.forEach((to, list) -> askRows(read, to, list));
        takeAll(read.table(), read.need(), read.end());
    }

    private void askRows(Rowwise read, Address to, int[] list) {
        int n = list[0];
        var keys = new long[n];
        for (int k = 0; k < n; k++) {
            keys[k] = read.keys()[list[k + 1]];
        }
        var feed = read.feed();
        var frame = question(
                Messages.PullRows.TYPE, read.table(), read.need(), Messages.PullRows.HEAD_BYTES + n * Long.BYTES);
        new Messages.PullRows(keys, to.isToTell() && feed != null ? feed.token : Messages.PullRows.NO_TOKEN)
                .write(frame);
        ask(to.member(), frame, (answer, stamp) -> takeRows(read, list, answer, stamp), read.end());
    }

    private static void takeRows(Rowwise read, int[] list, Frame answer, long stamp) {
        int width = read.width();
        var answered = Messages.RowsPart.read(answer);
        int cell = answered.cell();
        int cells = answered.cells();
        if (cell < 0 || cells < 0 || (long) cell + cells > (long) list[0] * width) {
            throw new IndexOutOfBoundsException("an answer of " + cells + " cells from " + cell + " on, where "
                    + list[0] + " rows of " + width + " were asked for");
        }
        Cells all = read.table().shard.newCells(0);
        boolean isPacked = all.mostPacked(0) > 0;
        if (isPacked) {
            all = all.another(cells);
            all.unpack(answer, 0, cells);
        }
        boolean isTold = (answer.flags() & Messages.SUBSCRIBED) != 0;
        for (int done = 0; done < cells; ) {
            int row = (cell + done) / width;
            int column = (cell + done) % width;
            int part = Math.min(width - column, cells - done);
            int place = read.base() + list[1 + row] * width;
            if (isPacked) {
                all.copyTo(read.out(), done, place + column, part);
            } else {
                read.out().take(answer, place + column, part);
            }
            done += part;
            if (column + part == width) {
                take(read, read.keys()[list[1 + row]], isTold, answered.age(), stamp, place);
            }
        }
    }

    private static void take(Rowwise read, long key, boolean isTold, long age, long stamp, int place) {
        var feed = read.feed();
        if (isTold && feed != null) {
            feed.put(key, stamp, read.out(), place);
            if (read.mine() != null) { // the owner has waited for the worker's last clock
                read.mine().answered(key, read.need().clock() - 1);
            }
        } else if (read.keeps()) {
            read.table().replica().put(key, age, stamp, read.need(), read.out(), place);
        }
    }

    // Answers of functions

    /** Has every other node answer for the blocks that it owns. */
    public List<ServerFunction.Pair> call(
            Table table, int kind, int first, int second, Replica.Need need, long limitNanos) {
        long end = mail.ticker().nanos() + limitNanos;
        var pairs = new ArrayList<ServerFunction.Pair>();
        for (int member : mail.others()) {
            var frame = question(Messages.Call.TYPE, table, need, Messages.Call.BYTES);
            new Messages.Call(kind, first, second).write(frame);
            ask(
                    member,
                    frame,
                    (answer, stamp) -> {
                        while (answer.remaining() > 0) {
                            pairs.add(ServerFunction.Pair.read(answer));
                        }
                    },
                    end);
        }
        takeAll(table, need, end);
        return pairs;
    }

    /** Has every owner of blocks of {@code from} copy their values to {@code to}, and waits for it. */
    public void copy(Table from, Table to, long limitNanos) {
        long end = mail.ticker().nanos() + limitNanos;
        var need = new Replica.Need(-1, 0, -1, false, new long[0]);
        for (int member : mail.others()) {
            var frame = question(Messages.Copy.TYPE, from, need, Messages.Copy.BYTES);
            new Messages.Copy(to.number()).write(frame);
            ask(member, frame, (answer, stamp) -> {}, end);
        }
        takeAll(from, need, end);
    }

    // Asking

    private Frame question(int type, Table table, Replica.Need need, int bytes) {
        var frame = mail.frame(type, Lane.PROMPT, Messages.Asker.BYTES + bytes)
                .table(table.number())
                .block(mail.placement().version());
        new Messages.Asker(need.worker(), need.clock(), need.age()).write(frame);
        return frame;
    }

    private void ask(int member, Frame frame, Taker taker, long end) {
        movedTo = -1;
        long id = mail.expect(this);
        open.put(id, new Question(member, taker));
        mail.send(member, frame.request(id), end - mail.ticker().nanos());
    }

    /** Takes in frames until all questions are answered. */
    private void takeAll(Table table, Replica.Need need, long end) {
        try {
            while (!open.isEmpty()) {
                var answer =
                        mail.ticker().poll(answers, Math.min(end - mail.ticker().nanos(), 100_000_000L));
                if (answer == null) {
                    table.clocks.checkNotEnded();
                    if (need.worker() < 0) {
                        mail.waiting();
                    }
                    if (mail.ticker().nanos() > end) {
                        throw expired(table, need, 0);
                    }
                    continue;
                }
                try (var frame = answer.frame()) {
                    take(frame, answer.stamp());
                }
            }
        } catch (InterruptedException e) {
            throw mail.interrupted(e);
        } finally {
            open.keySet().forEach(mail::forget);
            open.clear();
        }
        if (movedTo >= 0) {
            mail.awaitPlacement(movedTo, end, table);
        }
    }

    private void take(Frame frame, long stamp) {
        var question = open.get(frame.request());
        if (question == null) {
            return; // of a read that was given up
        }
        if ((frame.flags() & Messages.MOVED) != 0) {
            movedTo = frame.block();
        } else {
            question.taker().take(frame, stamp);
        }
        if ((frame.flags() & (Messages.LAST | Messages.MOVED)) != 0) {
            open.remove(frame.request());
            mail.forget(frame.request());
        }
    }

    private WaitExpiredException expired(Table table, Replica.Need need, long limitNanos) {
        var members =
                open.values().stream().map(Question::member).distinct().sorted().toList();
        String who = need.worker() < 0 ? "the job's own thread" : "worker " + need.worker();
        return new WaitExpiredException(who + " waited " + (limitNanos > 0 ? Clocks.seconds(limitNanos) + " " : "")
                + (need.worker() < 0 ? "" : "at clock " + need.clock() + " ") + "for table '"
                + table.name() + "' of members " + members + ", whose rows wait for "
                + table.clocks.lateFor(need.age()) + "; a longer limit is set by --wait-limit");
    }
}
