package orrery.table.remote;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import orrery.store.Printable;
import orrery.table.cells.Shard;
import orrery.table.clock.Clocks;
import orrery.table.hold.Section;
import orrery.table.hold.StagedUpdates;
import orrery.table.hold.Table;
import orrery.table.hold.Tables;
import orrery.table.mail.Arrivals;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.table.push.Answer;
import orrery.table.push.Feed;
import orrery.table.push.RowSubscription;
import orrery.table.push.Subscription;
import orrery.table.spec.EndedException;
import orrery.table.spec.Placement;
import orrery.table.spec.WaitExpiredException;
import orrery.wire.Frame;
import orrery.wire.Lane;
import orrery.wire.Peer;
import orrery.wire.PeerEndedException;

/**
 * What a node does for others: applies their pushes, completes their clocks, answers their reads when these are legal.
 * One thread of its own, fed by the event loop; it waits for nobody, save the copies of a snapshot that is being written. An answer that has no credit waits its turn,
 * not yet made, so that a slow reader costs no memory.
 */
public final class Server implements Runnable {
    private static final System.Logger log = System.getLogger(Server.class.getName());
    private static final int MOST_WAITING = 1 << 14; // reads of one peer

    private static final Object CLOCKS_MOVED = new Object();

    private final Mail mail;
    private final Tables tables;
    private final Moves moves;
    private final Owner owner;
    private final LinkedBlockingQueue<Object> todo = new LinkedBlockingQueue<>();
    private final Map<Integer, Arrivals> arrivals = new HashMap<>(); // by the number of their group
    private final WideRows wideRows = new WideRows();
    private @Nullable Travels travels; // of a stage whose blocks go from worker to worker
    private final List<Reply> parked = new ArrayList<>();
    private final Map<Peer, Integer> waiting = new HashMap<>(); // reads of a peer, parked or without credit
    private final Map<Peer, ArrayDeque<Answer>> withoutCredit = new HashMap<>(); // in their order
    private final Map<Peer, Map<Table, Subscription>> subscriptions = new LinkedHashMap<>();
    private final Map<Integer, Integer> present = new HashMap<>(); // number to id of the tables that frames may find
    private final Map<Integer, List<Frame>> forLater = new HashMap<>(); // by a table that is not here yet
    private final Map<Integer, Integer> dropped = new HashMap<>(); // table to its group, by their numbers
    private int[] homes = {}; // by worker: its member; empty if that is not known
    private final List<Frame> early = new ArrayList<>(); // subscriptions under a placement that is not known here yet
    private static final long LOOK_AGAIN_NANOS = 100_000_000;
    private int roundsPushed;
    private volatile boolean isWaitedFor; // somebody is parked
    private volatile boolean isClosed;

    public final LongAdder pushes = new LongAdder();
    public final LongAdder duplicates = new LongAdder();
    public final LongAdder reads = new LongAdder();
    public final LongAdder readsParked = new LongAdder();
    public final LongAdder rounds = new LongAdder();
    public final LongAdder fenced = new LongAdder();
    public final LongAdder moved = new LongAdder();

    /** Who has to know what goes wrong. */
    public interface Owner {
        /** A peer makes no sense, and is to be gone for good. */
        void drop(Peer peer, String why);

        /** What others have asked for cannot be done here. */
        void failed(Throwable why);
    }

    public Server(Mail mail, Tables tables, Moves moves, Owner owner) {
        this.mail = mail;
        this.tables = tables;
        this.moves = moves;
        this.owner = owner;
    }

    /** Hands over a frame. For event loops. */
    public void offer(Frame frame) {
        add(frame);
    }

    private void add(Object next) {
        todo.add(next);
        if (isClosed) {
            closeFrames(); // nobody else does
        }
    }

    private void closeFrames() {
        for (var next = todo.poll(); next != null; next = todo.poll()) {
            if (next instanceof Frame frame) {
                frame.close();
            } else if (next instanceof Pushed(var frame, long _)) {
                frame.close();
            }
        }
    }

    /** A frame of a round, and when it came among all that tell of rows. */
    private record Pushed(Frame frame, long stamp) {}

    /** The same for a frame of a round. */
    public void offer(Frame frame, long stamp) {
        add(new Pushed(frame, stamp));
    }

    /** Has an action run by the node's thread, between two frames. */
    public void execute(Runnable action) {
        todo.add(action);
    }

    /**
     * Has an action run by the node's thread, and waits for it.
     *
     * @param what the action does, for messages
     * @throws EndedException if this node has left the others
     * @throws WaitExpiredException if the thread does not come to it in time
     */
    public void await(Runnable action, String what, Duration limit) {
        var done = new CompletableFuture<@Nullable Void>();
        todo.add((Runnable) () -> {
            try {
                action.run();
                done.complete(null);
            } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        long end = mail.ticker().nanos() + limit.toNanos();
        boolean wasInterrupted = false;
        try {
            while (true) {
                try {
                    if (mail.ticker().join(done, LOOK_AGAIN_NANOS)) {
                        done.get();
                        return;
                    }
                } catch (InterruptedException e) {
                    wasInterrupted = true; // what is begun is ended, and takes microseconds
                    continue;
                } catch (ExecutionException e) {
                    throw new IllegalStateException(what + " failed: " + e.getCause(), e.getCause());
                }
                if (isClosed) {
                    throw new EndedException(
                            what + ": member " + mail.me() + " has left the others, and its node can do no more;"
                                    + " the values of its tables can still be read",
                            null);
                }
                if (mail.ticker().nanos() > end) {
                    throw new WaitExpiredException(what + ": the thread of node " + mail.me()
                            + " did not come to it within " + Clocks.seconds(limit.toNanos()));
                }
            }
        } finally {
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Clocks have moved, or blocks. */
    public void look() {
        if (isWaitedFor) {
            todo.add(CLOCKS_MOVED);
        }
    }

    public void close() {
        isClosed = true;
        todo.add(CLOCKS_MOVED);
    }

    @Override
    public void run() {
        try {
            while (!isClosed) {
                try {
                    next(todo.take());
                } catch (InterruptedException e) {
                    break;
                } catch (RuntimeException | Error e) {
                    owner.failed(e);
                }
            }
        } finally { // also if reporting a failure fails: nobody waits for a thread that is gone
            isClosed = true;
            begin(List.of(), new int[0], null); // which gives back what is kept
            closeFrames();
        }
    }

    private void next(Object next) {
        if (next instanceof Frame frame) {
            receive(frame);
        } else if (next instanceof Pushed(var frame, long stamp)) {
            receive(frame, stamp);
        } else if (next instanceof Runnable action) {
            action.run();
        } else {
            answerParked();
            pushRounds();
        }
    }

    // What begins and ends

    /** A stage begins: everything that is under way is of an earlier one. */
    public void begin(Collection<Clocks> clocks, int[] homesOfWorkers, @Nullable Travels ofStage) {
        travels = ofStage;
        homes = homesOfWorkers.clone();
        arrivals.clear();
        wideRows.clear();
        clocks.forEach(group -> arrivals.put(group.number(), new Arrivals(group, group.completed())));
        parked.clear();
        waiting.clear();
        withoutCredit.values().forEach(answers -> answers.forEach(Answer::forget));
        withoutCredit.clear();
        subscriptions.clear();
        early.forEach(Frame::close);
        early.clear();
        forLater.values().forEach(frames -> frames.forEach(Frame::close));
        forLater.clear();
        dropped.clear();
        isWaitedFor = false;
    }

    /** A group came into being within a stage. */
    public void begin(Clocks group) {
        arrivals.computeIfAbsent(group.number(), n -> new Arrivals(group, group.completed()));
    }

    /** A table is here: what came for it before has its turn, and only then what comes from now on. */
    public void created(Table table) {
        present.put(table.number(), table.id);
        var frames = forLater.remove(table.number());
        if (frames != null) {
            frames.forEach(this::receive);
        }
    }

    public void dropped(Table table) {
        dropped.put(table.number(), table.clocks.number());
        present.remove(table.number());
        subscriptions.values().forEach(ofPeer -> ofPeer.remove(table));
        var frames = forLater.remove(table.number()); // that came when it was gone already, but not known to be
        if (frames != null) {
            frames.forEach(this::receive);
        }
    }

    /** Blocks have moved: what was subscribed to is perhaps elsewhere. */
    public void placed() {
        subscriptions.clear();
        var frames = List.copyOf(early);
        early.clear();
        frames.forEach(this::receive);
        answerParked();
    }

    // Frames

    private void receive(Frame frame) {
        receive(frame, 0);
    }

    /** @param stamp of a frame of a round */
    private void receive(Frame frame, long stamp) {
        var from = frame.from();
        if (from == null || from.hasEnded() || frame.epoch() - mail.epoch() < 0) {
            fenced.increment();
            frame.close();
            return;
        }
        boolean isKept = false;
        try {
            isKept = switch (frame.type()) {
                case Messages.Push.TYPE -> push(frame);
                case Messages.Tick.TYPE -> tick(frame);
                case Messages.Drop.TYPE -> drop(frame);
                case Messages.BlockPiece.TYPE -> block(frame);
                case Messages.Announce.TYPE -> announce(frame);
                case Messages.Passed.TYPE -> passed(frame);
                case Messages.SUBSCRIBE -> subscribe(frame, from);
                case Messages.Round.TYPE -> pushed(frame, from, stamp);
                case Messages.PullBlocks.TYPE, Messages.PullRows.TYPE, Messages.Call.TYPE, Messages.Copy.TYPE ->
                    read(frame, from);
                default -> throw new IndexOutOfBoundsException("there are no frames of type " + frame.type());
            };
        } catch (IndexOutOfBoundsException | IllegalArgumentException | NegativeArraySizeException e) {
            log.log(
                    System.Logger.Level.WARNING,
                    from + " is dropped: it sent what cannot be handled: " + Printable.of(String.valueOf(e)));
            owner.drop(from, "it sent a " + frame + ", which cannot be handled: " + e.getMessage());
        } finally {
            if (!isKept) {
                frame.close();
            }
        }
    }

    /** The table of a frame; null if it is not here yet, in which case the frame is kept, or not any more. */
    private @Nullable Table table(Frame frame) {
        var table = tables.byNumber(frame.table());
        if (table != null && present.getOrDefault(frame.table(), -1) != table.id) {
            table = null; // what came before it has not had its turn
        }
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
        var push = Messages.Push.read(frame);
        int worker = push.worker();
        long clock = push.clock();
        int part = push.part();
        checkBranch(push.branch());
        int groupNumber = table == null ? dropped.getOrDefault(frame.table(), 0) : table.clocks.number();
        var group = arrivals(groupNumber, worker, frame);
        if (table == null) { // nobody will read it, but its clock is complete only with it
            group.isNew(worker, clock, part);
            advance(group, worker);
            return false;
        }
        var read = Section.read(frame, table);
        if (!group.isNew(worker, clock, part)) {
            duplicates.increment();
            return false;
        }
        pushes.increment();
        var sections = wideRows.joined(table, worker, read);
        try {
            if (table.spec().consistency().staged()) {
                tables.staged(table).stage(new StagedUpdates.Received(worker, clock, sections));
            } else if (table.appliesWholeClocks()) {
                group.hold(worker, clock, () -> apply(table.shard, sections));
            } else {
                apply(table.shard, sections);
            }
            advance(group, worker);
        } catch (RuntimeException e) {
            owner.failed(e); // the update is at fault, not its sender
        }
        return false;
    }

    private static void checkBranch(int branch) {
        if (branch != Messages.TRUNK) {
            throw new IllegalArgumentException("there is no branch " + branch);
        }
    }

    /** Completes what can be completed; a read may have waited for that, even if the age stays as it was. */
    private void advance(Arrivals group, int worker) {
        if (group.advance(worker) && !parked.isEmpty()) {
            answerParked();
        }
    }

    private static void apply(Shard shard, List<Section> sections) {
        for (var section : sections) {
            section.forEachStripe(shard.rows(), stripe -> {
                shard.locks().lock(stripe);
                try {
                    section.apply(shard, stripe);
                } finally {
                    shard.locks().unlock(stripe);
                }
            });
        }
    }

    private boolean block(Frame frame) {
        var table = table(frame);
        if (table != null) {
            int blocks = table.shard.rows().blocks;
            var from = frame.from();
            if (frame.block() < 0
                    || frame.block() >= blocks
                    || from == null
                    || mail.placement().owner(table.spec(), frame.block(), blocks) != from.id()) {
                throw new IllegalArgumentException(
                        "block " + frame.block() + " of table '" + table.name() + "' is not the sender's");
            }
            moves.receive(frame, table);
        }
        return table == null && !dropped.containsKey(frame.table());
    }

    private boolean passed(Frame frame) {
        var table = table(frame);
        if (table == null) {
            return !dropped.containsKey(frame.table());
        }
        var now = travels;
        if (now != null) {
            now.receive(frame, table);
        }
        return false;
    }

    private boolean announce(Frame frame) {
        var table = table(frame);
        if (table == null) {
            return !dropped.containsKey(frame.table());
        }
        if (frame.block() != tables.begun()) {
            return false; // late, of a stage that is over
        }
        var announced = Messages.Announce.read(frame);
        int piece = announced.piece();
        int of = announced.pieces();
        arrivals(table.clocks.number(), announced.worker(), frame);
        var detector = table.detector;
        if (detector == null || of < 1 || piece < 0 || piece >= of) {
            throw new IllegalArgumentException(
                    "piece " + piece + " of " + of + " of an announcement to table '" + table.name() + "'");
        }
        detector.announce(announced.worker(), announced.clock(), piece, of, announced.keys());
        answerParked();
        return false;
    }

    private boolean tick(Frame frame) {
        var tick = Messages.Tick.read(frame);
        int worker = tick.worker();
        checkBranch(tick.branch());
        var group = arrivals(frame.table(), worker, frame);
        group.tick(worker, tick.clock(), tick.parts());
        for (int i = 0; i < tick.others().length; i++) {
            int other = tick.others()[i];
            arrivals(frame.table(), other, frame);
            group.tickWith(worker, tick.clock(), other, tick.theirClocks()[i]);
        }
        try {
            advance(group, worker);
        } catch (RuntimeException e) {
            owner.failed(e);
        }
        return false;
    }

    private boolean drop(Frame frame) {
        var table = table(frame);
        if (table == null && !dropped.containsKey(frame.table())) {
            return true;
        }
        int worker = Messages.Drop.read(frame).worker();
        if (worker < 0 || (homes.length > 0 && worker >= homes.length)) {
            throw new IllegalArgumentException("there is no worker " + worker);
        }
        checkHome(worker, frame);
        if (table != null) {
            tables.dropped(table);
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
        var asker = Messages.Asker.read(frame);
        if (asker.worker() >= 0) {
            arrivals(table.clocks.number(), asker.worker(), frame);
        }
        var answer = new Reply(mail, tables, from, frame.request(), frame.epoch(), frame.block(), table, asker);
        switch (frame.type()) {
            case Messages.PullBlocks.TYPE -> answer.blocks(frame);
            case Messages.PullRows.TYPE -> {
                long token = answer.rows(frame);
                if (token != Messages.PullRows.NO_TOKEN
                        && subscription(from, table, token) instanceof RowSubscription rows) {
                    answer.subscribe(rows);
                }
            }
            case Messages.Copy.TYPE -> {
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
        isWaitedFor = !parked.isEmpty() || !subscriptions.isEmpty();
        return false;
    }

    // Pushing

    private boolean subscribe(Frame frame, Peer from) {
        var table = table(frame);
        if (table == null) {
            return !dropped.containsKey(frame.table());
        }
        if (frame.block() - mail.placement().version() > 0) {
            early.add(frame);
            return true;
        }
        if (frame.block() != mail.placement().version()) {
            return false; // its sender will hear of the new one, and ask again
        }
        if (table.pushed() == null) {
            throw new IllegalArgumentException("table '" + table.name() + "' is not pushed");
        }
        var subscription = subscription(from, table, frame.request());
        if (subscription == null) {
            subscription = Subscription.of(mail, from, table, frame.request());
            subscriptions.computeIfAbsent(from, p -> new LinkedHashMap<>()).put(table, subscription);
        }
        isWaitedFor = true; // before the round: if clocks move after it, this thread is told
        subscription.wanted(frame);
        pushRound(subscription);
        return false;
    }

    /** A peer's subscription by that token; null if there is none, or another. */
    private @Nullable Subscription subscription(Peer of, Table table, long token) {
        var ofPeer = subscriptions.get(of);
        var subscription = ofPeer == null ? null : ofPeer.get(table);
        return subscription == null || subscription.token() != token ? null : subscription;
    }

    /** The least clocks have moved: tells all who want to know. Begins with another one each time. */
    private void pushRounds() {
        var all = new ArrayList<Subscription>();
        subscriptions.values().forEach(ofPeer -> all.addAll(ofPeer.values()));
        Collections.rotate(all, roundsPushed++);
        all.forEach(this::pushRound);
    }

    private void pushRound(Subscription subscription) {
        if (subscription.isQueued) {
            subscription.isDue = true;
        } else if (subscription.hasNews()) {
            rounds.increment();
            answer(subscription);
        }
    }

    /** A round that had waited for credit has gone: the next may be due. */
    private void sent(Answer answer) {
        if (answer instanceof Subscription subscription) {
            subscription.isQueued = false;
            if (subscription.isDue) {
                subscription.isDue = false;
                execute(() -> pushRound(subscription));
            }
        }
    }

    private boolean pushed(Frame frame, Peer from, long stamp) {
        var table = tables.byNumber(frame.table());
        var feed = table == null ? null : Feed.of(table);
        if (feed != null) {
            feed.receive(frame, from.id(), stamp);
        }
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
        isWaitedFor = !parked.isEmpty() || !subscriptions.isEmpty();
    }

    /** A peer is gone: what waits for it, or came from it and waits, goes too. */
    public void forget(Peer gone) {
        var answers = withoutCredit.remove(gone);
        if (answers != null) {
            answers.forEach(Answer::forget);
        }
        parked.removeIf(answer -> answer.to == gone);
        subscriptions.remove(gone);
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
            queue(answer, before);
        } else if (!isSent(answer)) {
            var queue = new ArrayDeque<Answer>();
            queue(answer, queue);
            withoutCredit.put(answer.to, queue);
            answer.to.whenCredited(() -> execute(() -> credited(answer.to)));
            credited(answer.to); // the credit may have come in between
        }
    }

    private void queue(Answer answer, ArrayDeque<Answer> queue) {
        queue.add(answer);
        if (answer instanceof Subscription subscription) {
            subscription.isQueued = true;
        } else {
            count(answer.to);
        }
    }

    /** A reader may have credit again. */
    private void credited(Peer reader) {
        var queue = withoutCredit.get(reader);
        while (queue != null && !queue.isEmpty()) {
            if (!isSent(queue.element())) {
                return;
            }
            var sent = queue.remove();
            if (sent instanceof Reply) {
                waiting.merge(reader, -1, Integer::sum);
            }
            sent(sent);
        }
        withoutCredit.remove(reader);
    }

    /** Whether an answer has gone, or need not go any more. */
    private boolean isSent(Answer answer) {
        try {
            boolean isSent = answer.send();
            if (answer instanceof Reply reply && reply.isMoved()) {
                moved.increment();
            }
            return isSent;
        } catch (PeerEndedException e) {
            answer.forget(); // nobody waits for it
            return true;
        } catch (RuntimeException e) {
            owner.failed(e);
            return true;
        }
    }
}
