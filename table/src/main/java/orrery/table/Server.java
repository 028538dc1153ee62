package orrery.table;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import orrery.wire.Frame;
import orrery.wire.Lane;
import orrery.wire.Peer;
import orrery.wire.PeerEndedException;

/**
 * What a node does for others: applies their pushes, completes their clocks, answers their reads when these are legal.
 * One thread of its own, fed by the event loop; it never waits for anybody. An answer that has no credit waits its turn,
 * not yet made, so that a slow reader costs no memory.
 */
final class Server implements Runnable {
    private static final System.Logger log = System.getLogger(Server.class.getName());
    private static final int MOST_WAITING = 1 << 14; // reads of one peer
    private static final int ANSWER_HEAD = 3 * Integer.BYTES + Long.BYTES;
    private static final int KNOWN_IN_PART_BYTES = 64 << 10;
    private static final int LEAST_RUN_BYTES = 16 * Integer.BYTES;
    static final int MOST_ANSWER_CELLS = 1 << 28;

    private static final Object CLOCKS_MOVED = new Object();

    private final Cluster cluster;
    private final Node node;
    private final LinkedBlockingQueue<Object> todo = new LinkedBlockingQueue<>();
    private final Map<Integer, Arrivals> arrivals = new HashMap<>(); // by the number of their group
    private final List<Answer> parked = new ArrayList<>();
    private final Map<Peer, Integer> waiting = new HashMap<>(); // reads of a peer, parked or without credit
    private final Map<Peer, ArrayDeque<Answer>> withoutCredit = new HashMap<>(); // in their order
    private final Map<Integer, List<Frame>> forLater = new HashMap<>(); // by a table that is not here yet
    private final Map<Integer, Integer> dropped = new HashMap<>(); // table to its group, by their numbers
    private int[] homes = {}; // by worker: its member; empty if that is not known
    private volatile boolean isWaitedFor; // somebody is parked
    private volatile boolean isClosed;

    final LongAdder pushes = new LongAdder();
    final LongAdder duplicates = new LongAdder();
    final LongAdder reads = new LongAdder();
    final LongAdder readsParked = new LongAdder();
    final LongAdder fenced = new LongAdder();
    final LongAdder moved = new LongAdder();

    Server(Cluster cluster, Node node) {
        this.cluster = cluster;
        this.node = node;
    }

    /** Hands over a frame. For event loops. */
    void offer(Frame frame) {
        todo.add(frame);
    }

    /** Has an action run by the node's thread, between two frames. */
    void execute(Runnable action) {
        todo.add(action);
    }

    /** Has an action run by the node's thread, and waits for it. */
    void await(Runnable action) {
        var done = new CountDownLatch(1);
        todo.add((Runnable) () -> {
            action.run();
            done.countDown();
        });
        boolean wasInterrupted = false;
        while (true) {
            try {
                done.await();
                break;
            } catch (InterruptedException e) {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Clocks have moved, or blocks. */
    void look() {
        if (isWaitedFor) {
            todo.add(CLOCKS_MOVED);
        }
    }

    void close() {
        isClosed = true;
        todo.add(CLOCKS_MOVED);
    }

    @Override
    public void run() {
        while (!isClosed) {
            try {
                Object next = todo.take();
                if (next instanceof Frame frame) {
                    receive(frame);
                } else if (next instanceof Runnable action) {
                    action.run();
                } else {
                    answerParked();
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException | Error e) {
                cluster.failed(e);
            }
        }
    }

    // What begins and ends

    /** A stage begins: everything that is under way is of an earlier one. */
    void begin(Map<String, Clocks> clocks, int[] homesOfWorkers) {
        homes = homesOfWorkers.clone();
        arrivals.clear();
        clocks.forEach((name, group) -> arrivals.put(name.hashCode(), new Arrivals(group, group.completed())));
        parked.clear();
        waiting.clear();
        withoutCredit.values().forEach(answers -> answers.forEach(Answer::forget));
        withoutCredit.clear();
        forLater.values().forEach(frames -> frames.forEach(Frame::close));
        forLater.clear();
        dropped.clear();
        isWaitedFor = false;
    }

    /** A group came into being within a stage. */
    void begin(String name, Clocks group) {
        arrivals.computeIfAbsent(name.hashCode(), n -> new Arrivals(group, group.completed()));
    }

    /** A table is here: what came for it before has its turn. */
    void created(Table table) {
        dropped.remove(table.number());
        var frames = forLater.remove(table.number());
        if (frames != null) {
            frames.forEach(this::receive);
        }
    }

    void dropped(Table table) {
        dropped.put(table.number(), table.spec().group().hashCode());
    }

    // Frames

    private void receive(Frame frame) {
        var from = frame.from();
        if (from == null || from.hasEnded() || frame.epoch() - cluster.epoch() < 0) {
            fenced.increment();
            frame.close();
            return;
        }
        boolean isKept = false;
        try {
            isKept = switch (frame.type()) {
                case Messages.PUSH -> push(frame);
                case Messages.TICK -> tick(frame);
                case Messages.DROP -> drop(frame);
                case Messages.BLOCK -> block(frame);
                case Messages.PULL_BLOCKS, Messages.PULL_ROWS, Messages.CALL, Messages.COPY -> read(frame, from);
                default -> throw new IndexOutOfBoundsException("there are no frames of type " + frame.type());
            };
        } catch (IndexOutOfBoundsException | IllegalArgumentException | NegativeArraySizeException e) {
            log.log(System.Logger.Level.WARNING, from + " is dropped: it sent what cannot be handled: " + e);
            cluster.drop(from, "it sent a " + frame + ", which cannot be handled: " + e.getMessage());
        } finally {
            if (!isKept) {
                frame.close();
            }
        }
    }

    /** The table of a frame; null if it is not here yet, in which case the frame is kept, or not any more. */
    private @Nullable Table table(Frame frame) {
        var table = node.byNumber(frame.table());
        if (table == null && !dropped.containsKey(frame.table())) {
            var from = frame.from();
            if (frame.lane() == Lane.CONTROL && from != null) {
                count(from); // others hold their sender's credit
            }
            forLater.computeIfAbsent(frame.table(), n -> new ArrayList<>()).add(frame);
        }
        return table;
    }

    private Arrivals arrivals(int group, int worker, Frame frame) {
        var here = arrivals.get(group);
        if (here == null || worker < 0 || worker >= here.workers()) {
            throw new IllegalArgumentException("there is no worker " + worker + " in a table group of number " + group);
        }
        checkHome(worker, frame);
        return here;
    }

    /** Nobody speaks for the workers of others. */
    private void checkHome(int worker, Frame frame) {
        var from = frame.from();
        if (worker < homes.length && (from == null || homes[worker] != from.id())) {
            throw new IllegalArgumentException("worker " + worker + " is of member " + homes[worker]);
        }
    }

    private boolean push(Frame frame) {
        var table = table(frame);
        if (table == null && !dropped.containsKey(frame.table())) {
            return true;
        }
        int worker = frame.getInt();
        long clock = frame.getLong();
        int part = frame.getInt();
        int groupNumber = table == null
                ? dropped.getOrDefault(frame.table(), 0)
                : table.spec().group().hashCode();
        var group = arrivals(groupNumber, worker, frame);
        if (part < 0 || part > 1 << 24) {
            throw new IllegalArgumentException("a clock has no part " + part);
        }
        if (table == null) { // nobody will read it, but its clock is complete only with it
            group.isNew(worker, clock, part);
            advance(group, worker);
            return false;
        }
        var sections = Section.read(frame, table);
        for (var section : sections) {
            if (!table.owns(section.stripe())) {
                throw new IllegalArgumentException("stripe " + section.stripe() + " of table '" + table.name()
                        + "' is not owned here but by member " + table.owner(section.stripe()));
            }
        }
        if (!group.isNew(worker, clock, part)) {
            duplicates.increment();
            return false;
        }
        pushes.increment();
        try {
            if (table.spec().consistency().staged()) {
                node.staged(table).stage(new StagedUpdates.Received(worker, clock, sections));
            } else {
                apply(table.shard, sections);
            }
            advance(group, worker);
        } catch (RuntimeException e) {
            cluster.failed(e); // the update is at fault, not its sender
        }
        return false;
    }

    /** Completes what can be completed; a read may have waited for that, even if the age stays as it was. */
    private void advance(Arrivals group, int worker) {
        if (group.advance(worker) && !parked.isEmpty()) {
            answerParked();
        }
    }

    private static void apply(Shard shard, List<Section> sections) {
        for (var section : sections) {
            shard.locks().lock(section.stripe());
            try {
                section.apply(shard);
            } finally {
                shard.locks().unlock(section.stripe());
            }
        }
    }

    private boolean block(Frame frame) {
        var table = table(frame);
        if (table != null) {
            int stripes = table.shard.rows().stripes;
            var from = frame.from();
            if (frame.block() < 0
                    || frame.block() >= stripes
                    || from == null
                    || cluster.placement().owner(table.spec(), frame.block(), stripes) != from.id()) {
                throw new IllegalArgumentException(
                        "stripe " + frame.block() + " of table '" + table.name() + "' is not the sender's");
            }
            cluster.moves().receive(frame, table);
        }
        return table == null && !dropped.containsKey(frame.table());
    }

    private boolean tick(Frame frame) {
        int worker = frame.getInt();
        var group = arrivals(frame.table(), worker, frame);
        group.tick(worker, frame.getLong(), frame.getInt());
        try {
            advance(group, worker);
        } catch (RuntimeException e) {
            cluster.failed(e);
        }
        return false;
    }

    private boolean drop(Frame frame) {
        var table = table(frame);
        if (table == null && !dropped.containsKey(frame.table())) {
            return true;
        }
        int worker = frame.getInt();
        if (worker < 0) {
            throw new IllegalArgumentException("there is no worker " + worker);
        }
        checkHome(worker, frame);
        if (table != null) {
            node.dropped(table);
        }
        return false;
    }

    // Reads

    private boolean read(Frame frame, Peer from) {
        var table = table(frame);
        if (table == null) {
            if (dropped.containsKey(frame.table())) {
                throw new IllegalArgumentException("table " + frame.table() + " was dropped by all workers");
            }
            return true;
        }
        reads.increment();
        int worker = frame.getInt();
        long clock = frame.getLong();
        long need = frame.getLong();
        if (worker >= 0) {
            arrivals(table.spec().group().hashCode(), worker, frame);
        }
        var answer = new Answer(from, frame.request(), frame.epoch(), frame.block(), table, worker, clock, need);
        switch (frame.type()) {
            case Messages.PULL_BLOCKS -> answer.blocks(frame);
            case Messages.PULL_ROWS -> answer.rows(frame);
            case Messages.COPY -> {
                if (from.id() != Placement.COORDINATOR) {
                    throw new IllegalArgumentException("only the coordinator has tables copied");
                }
                answer.copy(frame);
            }
            default -> answer.call(frame);
        }
        isWaitedFor = true; // before the look at the clocks: if they move after it, this thread is told
        if (answer.isLegal()) {
            answer(answer);
        } else {
            count(from);
            readsParked.increment();
            parked.add(answer);
        }
        isWaitedFor = !parked.isEmpty();
        return false;
    }

    private void count(Peer from) {
        if (waiting.merge(from, 1, Integer::sum) > MOST_WAITING) {
            throw new IllegalArgumentException("more than " + MOST_WAITING + " of its reads wait");
        }
    }

    /** Answers the reads that the clocks have made legal. */
    private void answerParked() {
        for (int i = 0; i < parked.size(); ) {
            var answer = parked.get(i);
            if (answer.to.hasEnded() || answer.isLegal()) {
                parked.set(i, parked.getLast());
                parked.removeLast();
                waiting.merge(answer.to, -1, Integer::sum);
                answer(answer);
            } else {
                i++;
            }
        }
        isWaitedFor = !parked.isEmpty();
    }

    /** A peer is gone: what waits for it, or came from it and waits, goes too. */
    void forget(Peer gone) {
        var answers = withoutCredit.remove(gone);
        if (answers != null) {
            answers.forEach(Answer::forget);
        }
        parked.removeIf(answer -> answer.to == gone);
        waiting.remove(gone);
        forLater.values()
                .forEach(frames -> frames.removeIf(frame -> {
                    boolean isGone = frame.from() == gone;
                    if (isGone) {
                        frame.close();
                    }
                    return isGone;
                }));
    }

    /** Gives an answer, or has it wait behind others for the reader's credit. */
    private void answer(Answer answer) {
        var before = withoutCredit.get(answer.to);
        if (before != null) {
            count(answer.to);
            before.add(answer);
        } else if (!isSent(answer)) {
            var queue = new ArrayDeque<Answer>();
            queue.add(answer);
            count(answer.to);
            withoutCredit.put(answer.to, queue);
            answer.to.whenCredited(() -> execute(() -> credited(answer.to)));
            credited(answer.to); // the credit may have come in between
        }
    }

    /** A reader may have credit again. */
    private void credited(Peer reader) {
        var queue = withoutCredit.get(reader);
        while (queue != null && !queue.isEmpty()) {
            if (!isSent(queue.element())) {
                return;
            }
            queue.remove();
            waiting.merge(reader, -1, Integer::sum);
        }
        withoutCredit.remove(reader);
    }

    /** Whether an answer has gone, or need not go any more. */
    private boolean isSent(Answer answer) {
        try {
            return answer.send();
        } catch (PeerEndedException e) {
            answer.forget(); // nobody waits for it
            return true;
        } catch (RuntimeException e) {
            cluster.failed(e);
            return true;
        }
    }

    /** An answer that is given frame by frame. */
    private final class Answer {
        private final Peer to;
        private final long request;
        private final int epoch;
        private final int placement; // under which it was asked
        private final Table table;
        private final int worker;
        private final long clock;
        private final long need;
        private int[] stripes = {};
        private int[] known = {};
        private long[] keys = {};
        private List<Reads.Pair> pairs = List.of();
        private BooleanSupplier more = () -> false; // fills the frame; whether there is more to come
        private int next; // stripe or key or pair
        private int cell; // within it
        private int version; // of the stripe under way
        private int[] runs = new int[64];
        private long age;
        private @Nullable Frame frame;

        Answer(Peer to, long request, int epoch, int placement, Table table, int worker, long clock, long need) {
            this.to = to;
            this.request = request;
            this.epoch = epoch;
            this.placement = placement;
            this.table = table;
            this.worker = worker;
            this.clock = clock;
            this.need = need;
        }

        /** Whether all the read must see is here: of everybody up to {@code need}, of its own worker up to the last clock. */
        boolean isLegal() {
            if (!isHere()) { // but this node may be about to get it
                return placement - cluster.placement().version() < 0;
            }
            if (need < 0 && worker < 0) {
                return true;
            }
            return table.clocks.age() >= need
                    && (worker < 0
                            || table.spec().consistency().staged()
                            || table.clocks.completed(worker) >= clock - 1);
        }

        void blocks(Frame question) {
            int n = count(question, 2 * Integer.BYTES);
            stripes = new int[n];
            known = new int[n];
            for (int i = 0; i < n; i++) {
                stripes[i] = question.getInt();
                known[i] = question.getInt();
                if (stripes[i] < 0 || stripes[i] >= table.shard.rows().stripes) {
                    throw new IndexOutOfBoundsException("there is no stripe " + stripes[i]);
                }
            }
            table.floats();
            if (!table.shard.rows().isDense) {
                throw new IllegalArgumentException("a sparse table has no blocks to pull");
            }
            more = this::putBlocks;
        }

        void rows(Frame question) {
            keys = question.getLongs(count(question, Long.BYTES));
            for (long key : keys) {
                table.shard.rows().check(key);
            }
            if (keys.length > MOST_ANSWER_CELLS / table.spec().width()) {
                throw new IllegalArgumentException(keys.length + " rows of table '" + table.name() + "' at once");
            }
            node.counts().asked(table.name(), keys);
            more = this::putRows;
        }

        private static int count(Frame question, int bytes) {
            int n = question.getInt();
            if (n < 0 || n > question.remaining() / bytes) {
                throw new IndexOutOfBoundsException(n + " entries in " + question.remaining() + " bytes");
            }
            return n;
        }

        void call(Frame question) {
            int kind = question.getInt();
            int first = question.getInt();
            int second = question.getInt();
            more = () -> {
                if (next == 0) {
                    pairs = ServerFunction.partial(node, table, kind, first, second);
                }
                return putPairs();
            };
        }

        void copy(Frame question) {
            var target = node.byNumber(question.getInt());
            if (target == null) {
                throw new IllegalArgumentException("there is no table to copy to");
            }
            more = () -> {
                Node.copyOwn(table, target);
                return false;
            };
        }

        /** Sends what there is credit for. Returns whether that was all. */
        boolean send() {
            if (next == 0 && cell == 0 && frame == null && !isHere()) {
                moved.increment();
                to.offer(cluster.frame(Messages.REPLY, Lane.CONTROL, 0)
                        .request(request)
                        .epoch(epoch)
                        .flags(Messages.MOVED)
                        .block(cluster.placement().version()));
                return true;
            }
            while (true) {
                var now = frame;
                if (now == null) {
                    now = cluster.frame(Messages.REPLY, Lane.PROMPT, capacity())
                            .request(request)
                            .epoch(epoch);
                    frame = now;
                    if (!more.getAsBoolean()) {
                        now.flags(Messages.LAST);
                    }
                }
                boolean isLast = (now.flags() & Messages.LAST) != 0;
                frame = null;
                if (!to.offer(now)) {
                    frame = now;
                    return false;
                }
                if (isLast) {
                    return true;
                }
            }
        }

        /** Whether all that is asked for is this node's own. */
        private boolean isHere() {
            boolean isHere = true;
            for (int stripe : stripes) {
                isHere &= table.owns(stripe);
            }
            for (long key : keys) {
                isHere &= table.ownsRow(key);
            }
            return isHere;
        }

        void forget() {
            var now = frame;
            if (now != null) {
                frame = null;
                now.close();
            }
        }

        /** Room for all that may be left; of blocks that are known in part, which is mostly little, some. */
        private int capacity() {
            long width = table.spec().width();
            long cells = (keys.length - next) * width;
            long changed = 0;
            for (int i = next; i < stripes.length; i++) {
                long all = table.shard.rows().resident(stripes[i]) * width;
                cells += known[i] < 0 ? all : 0;
                changed += known[i] < 0 || known[i] == table.shard.locks().version(stripes[i]) ? 0 : all;
            }
            long bytes = (cells - (known.length == 0 ? cell : 0)) * Float.BYTES
                    + Math.min(changed * Float.BYTES, KNOWN_IN_PART_BYTES)
                    + (stripes.length + 1L) * (ANSWER_HEAD + LEAST_RUN_BYTES);
            return Math.clamp(bytes, 4096, Frame.MOST_PAYLOAD_BYTES);
        }

        private Frame filling() {
            var now = frame;
            if (now == null) {
                throw new IllegalStateException();
            }
            return now;
        }

        private boolean putBlocks() {
            var to = filling();
            var shard = table.floats();
            var changes = shard.watch();
            for (; next < stripes.length; next++, cell = 0) {
                int stripe = stripes[next];
                if (cell == 0) {
                    age = table.clocks.age(); // before the version, and that before the values
                    version = shard.locks().version(stripe);
                }
                int room = to.room() - ANSWER_HEAD;
                if (room < LEAST_RUN_BYTES) {
                    return true;
                }
                int end = version == known[next]
                        ? 0
                        : shard.rows().resident(stripe) * table.spec().width();
                int n = 0;
                while (cell < end && room >= LEAST_RUN_BYTES) {
                    int from = known[next] < 0 ? cell : changes.next(stripe, cell, end, known[next]);
                    int until =
                            known[next] < 0 ? end : from < end ? changes.runEnd(stripe, from, end, known[next]) : end;
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
                to.putInt(stripe | (cell < end ? Messages.MORE : 0))
                        .putInt(version)
                        .putLong(age)
                        .putInt(n / 2);
                to.putInts(runs, 0, n);
                for (int r = 0; r < n; r += 2) {
                    shard.putCells(shard.rows().stripeStart(stripe), runs[r], runs[r + 1], to);
                }
                if (cell < end) {
                    return true;
                }
            }
            return false;
        }

        private boolean putRows() {
            var to = filling();
            int width = table.spec().width();
            int cells = keys.length * width;
            if (next == 0 && cell == 0) {
                age = table.clocks.age();
            }
            int at = next * width + cell;
            int count = Math.min(cells - at, (to.room() - Long.BYTES - 2 * Integer.BYTES) / Float.BYTES);
            to.putLong(age).putInt(at).putInt(count);
            var floats = table.shard instanceof FloatShard ? new float[width] : new float[0];
            var ints = floats.length == 0 ? new int[width] : new int[0];
            for (int left = count; left > 0; ) {
                int n = Math.min(left, width - cell);
                if (table.shard instanceof FloatShard shard) {
                    shard.read(keys[next], floats, 0);
                    to.putFloats(floats, cell, n);
                } else {
                    table.ints().gather(keys, next, next + 1, ints, 0);
                    to.putInts(ints, cell, n);
                }
                left -= n;
                cell += n;
                if (cell == width) {
                    cell = 0;
                    next++;
                }
            }
            return next < keys.length;
        }

        private boolean putPairs() {
            var to = filling();
            for (; next < pairs.size() && to.room() >= 2 * Long.BYTES; next++) {
                to.putLong(pairs.get(next).key()).putDouble(pairs.get(next).value());
            }
            return next < pairs.size();
        }

        @Override
        public String toString() {
            return "answer to " + to + " about '" + table.name() + "', " + Arrays.toString(stripes);
        }
    }
}
