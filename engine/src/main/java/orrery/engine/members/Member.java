package orrery.engine.members;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import orrery.engine.event.JobCancelledException;
import orrery.engine.event.JobFailedException;
import orrery.engine.event.Outcome;
import orrery.engine.event.Spent;
import orrery.engine.keep.Checkpoint;
import orrery.engine.keep.Checkpoints;
import orrery.engine.keep.Identity;
import orrery.engine.keep.Locals;
import orrery.engine.launch.Invitation;
import orrery.engine.launch.Membership;
import orrery.engine.launch.Threads;
import orrery.engine.stage.Conclusion;
import orrery.engine.stage.Course;
import orrery.engine.stage.Run;
import orrery.engine.team.Site;
import orrery.engine.team.StageRun;
import orrery.engine.team.Team;
import orrery.table.Ear;
import orrery.table.Node;
import orrery.table.plan.AccessPlan;
import orrery.table.spec.EndedException;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;
import orrery.wire.Endpoint;
import orrery.wire.Frame;

/**
 * A member's part of a job: its blocks of the tables and its share of the workers, under the coordinator's orders. One
 * thread takes these in order; another renews the lease.
 */
public final class Member {
    private static final System.Logger log = System.getLogger(Member.class.getName());
    private static final Duration TO_ANSWER = Duration.ofSeconds(2); // at first; twice as long each time there is none
    private static final Duration LONGEST_TO_ANSWER = Duration.ofSeconds(16);
    private static final Duration TO_LET_GO = Duration.ofSeconds(20);
    private static final int LEASES_OF_COORDINATOR = 3; // it answers every second, unless it is gone

    private final Invitation invitation;
    private final Optional<Duration> started; // CPU time until it was invited
    private final Duration ready = Spent.byThisProcess(); // CPU time until it had read its data
    private Run run; // with the plan, once there is one
    private List<TableSpec> tables;
    private final Course course;
    private final Optional<Conclusion> conclusion;
    private final Identity identity;
    private final Node node;
    private final LinkedBlockingQueue<Object> inbox = new LinkedBlockingQueue<>();
    private final Map<Integer, byte[]> locals = new HashMap<>(); // states of workers between two stages, by worker
    private final Map<Integer, byte[]> coming = new HashMap<>(); // those that are on their way; guarded by itself
    private final Map<Integer, Integer> missing = new HashMap<>(); // of those, bytes that have not come
    private @Nullable StageRun team; // whose workers run, or have just ended
    private boolean hasToldCut;
    private boolean hasToldEnd;
    private volatile @Nullable StageRun progressing;
    private volatile boolean isOver;
    private Team.@Nullable Saving saving;

    private record Gone(int member, String why) {}

    private record Failed(Throwable why) {}

    public Member(
            Membership membership,
            Run run,
            List<TableSpec> tables,
            Course course,
            Optional<Conclusion> conclusion,
            Identity identity) {
        this.conclusion = conclusion;
        invitation = membership.invitation();
        started = membership.started();
        this.run = run;
        node = new Node(run.ticker());
        this.tables = tables;
        this.course = course;
        this.identity = identity;
    }

    /** Lives until the coordinator says that the job is over. */
    public Outcome live() throws IOException {
        try {
            node.join(
                    invitation.credentials(),
                    invitation.member(),
                    invitation.incarnation(),
                    Endpoint.Settings.DEFAULT.with(invitation.faults()).on(invitation.host(), run.world()),
                    new Inbound());
            node.whileWaiting(this::look);
            node.epoch(invitation.epoch());
            var address = node.listen();
            node.connect(Coordinator.ID, invitation.coordinator(), run.waitLimit());
            tell(new Report.Hello(
                    Invitation.host(address),
                    address.getPort(),
                    identity.values(),
                    identity.files(),
                    identity.own(),
                    Runtime.getRuntime().maxMemory(),
                    spent()));
            Thread.ofPlatform().name("lease").daemon().start(this::renew);
            while (!isOver) {
                try {
                    obey();
                } catch (OutOfMemoryError | RuntimeException e) {
                    var lack = lackOfMemory(e);
                    if (lack == null) {
                        throw e;
                    }
                    outOfMemory(lack);
                }
            }
            return new Outcome(Outcome.Status.DONE, node, 0, List.of(), Duration.ZERO, Duration.ZERO, Spent.NOTHING);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JobCancelledException("member " + invitation.member() + " was interrupted");
        } finally {
            isOver = true;
            var running = team;
            if (running != null) {
                running.abandon(new JobCancelledException("the job is over"));
            }
            node.leave();
        }
    }

    /** Runs on the event loop and the node's thread. */
    private final class Inbound implements Ear {
        @Override
        public void heard(Frame frame) {
            try (frame) {
                if (frame.type() == LocalsPiece.TYPE) {
                    receiveLocals(frame);
                } else {
                    var peer = frame.from();
                    if (peer == null || peer.id() != Coordinator.ID || frame.type() != Codec.TYPE) {
                        throw new IllegalArgumentException("orders come from the coordinator, not " + peer);
                    }
                    inbox.add(Codec.read(Order.class, frame));
                }
            } catch (IOException e) {
                throw new IllegalArgumentException(e);
            }
        }

        @Override
        public void disconnected(int member, long incarnation, String why) {
            if (!node.knows(member)) {
                inbox.add(new Gone(member, why));
            }
        }

        @Override
        public void failed(Throwable why) {
            inbox.add(new Failed(why));
        }
    }

    private <R extends Record & Report> void tell(R report) {
        node.send(Coordinator.ID, Codec.frame(report, node.epoch()));
    }

    private Spent spent() {
        return new Spent(
                started.orElse(Duration.ZERO),
                started.isEmpty() ? Duration.ZERO : ready.minus(started.get()),
                Spent.byThisProcess().minus(ready));
    }

    /** The lease: says from time to time that this member lives, and how far it is. */
    private void renew() {
        long pause = Math.min(1000, invitation.lease().toMillis() / 5);
        while (!isOver) {
            try {
                run.ticker().sleep(TimeUnit.MILLISECONDS.toNanos(pause));
                var running = progressing;
                tell(new Report.Progress(
                        running == null ? Report.Standing.NONE : standing(running),
                        running == null ? "" : running.whereabouts(),
                        node.counted(),
                        spent()));
            } catch (EndedException e) {
                // the coordinator is gone, which others notice
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    // Orders

    private void obey() throws InterruptedException, IOException {
        boolean isDue = team != null && !(hasToldCut && hasToldEnd);
        var next = run.ticker().poll(inbox, TimeUnit.MILLISECONDS.toNanos(isDue ? 2 : 200));
        switch (next) {
            case null -> {}
            case Order order -> obey(order);
            case Gone(int member, String why) -> {
                if (member == Coordinator.ID) {
                    throw new IOException("member " + invitation.member() + " is no member any more: " + why);
                }
            }
            case Failed(Throwable why) -> fail(-1, 0, why);
            default -> {} // the workers have something to tell
        }
        if (node.silentNanos(Coordinator.ID)
                > LEASES_OF_COORDINATOR * invitation.lease().toNanos()) {
            throw new IOException("member " + invitation.member() + " has heard nothing of the coordinator for "
                    + LEASES_OF_COORDINATOR * invitation.lease().toMillis() / 1000.0 + " s");
        }
        report();
    }

    private void obey(Order order) throws IOException, InterruptedException {
        var running = team;
        switch (order) {
            case Order.Connect connect -> {
                try {
                    connect(connect);
                } catch (Overtaken e) {
                    // the next order says what is to be done instead
                }
            }
            case Order.Begin begin -> begin(begin);
            case Order.Go _ -> {
                if (running != null) {
                    running.start(new Threads());
                }
            }
            case Order.Release release -> {
                if (running != null) {
                    hasToldCut = false;
                    running.release(release.isEnd());
                }
            }
            case Order.Hold _ -> {
                if (running != null) {
                    tell(new Report.Held(running.hold()));
                }
            }
            case Order.CutAt cut -> {
                if (running != null) {
                    running.cutAt(cut.clock());
                }
            }
            case Order.Keep keep -> checkpoint(keep.folder());
            case Order.DropUnused drop -> tell(new Report.Dropped(node.dropUnused(drop.clock())));
            case Order.Conclude conclude -> conclude(conclude);
            case Order.Move move -> moving(() -> move(move));
            case Order.Follow follow -> moving(() -> follow(follow));
            case Order.Rollback rollback -> rollback(rollback);
            case Order.End end -> {
                log.log(System.Logger.Level.INFO, "the job has ended: " + end.why());
                isOver = true;
            }
            case Order.Bye _ -> isOver = true;
        }
    }

    /** Blocks that are sent or awaited. */
    @FunctionalInterface
    private interface Moving {
        void run() throws IOException, InterruptedException;
    }

    private void moving(Moving blocks) throws IOException, InterruptedException {
        try {
            blocks.run();
        } catch (Overtaken e) {
            team = null; // and goes back to the last checkpoint
        } catch (EndedException e) {
            team = null; // the other one is gone, as the coordinator will say
        }
    }

    /** An order has come that makes what is being waited for needless. */
    private static final class Overtaken extends RuntimeException {
        private static final long serialVersionUID = 1;

        Overtaken() {
            super("another order has come", null, false, false);
        }
    }

    /** Called while this member waits for others, one of whom may be gone. */
    private void look() {
        for (var entry : inbox) {
            if (entry instanceof Order order && order.overtakes()) {
                throw new Overtaken();
            }
        }
    }

    /** Connects to the members that come before; those that come after connect to this one. */
    private void connect(Order.Connect order) throws IOException, InterruptedException {
        long end = run.ticker().nanos() + run.waitLimit().toNanos();
        for (var member : order.members()) {
            int id = member.id();
            var address = Invitation.address(member.host(), member.port());
            var limit = TO_ANSWER;
            while (id != invitation.member() && !node.knows(id)) {
                look();
                if (run.ticker().nanos() > end) {
                    throw new IOException("member " + id + " did not connect within "
                            + run.waitLimit().toSeconds() + " s; a longer limit is set by --wait-limit");
                }
                if (id > invitation.member()) {
                    run.ticker().sleep(TimeUnit.MILLISECONDS.toNanos(2));
                } else {
                    tryToConnect(id, address, limit);
                    limit = limit.compareTo(LONGEST_TO_ANSWER) < 0 ? limit.multipliedBy(2) : limit;
                }
            }
        }
        tell(new Report.Connected());
    }

    private void tryToConnect(int id, InetSocketAddress address, Duration limit) throws InterruptedException {
        try {
            node.connect(id, address, limit);
        } catch (IOException e) { // it may be gone, which the coordinator will say
            log.log(System.Logger.Level.INFO, "cannot connect to member " + id + " yet: " + e.getMessage());
            run.ticker().sleep(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    private void begin(Order.Begin order) throws IOException {
        long clock = order.clock();
        var storage = run.checkpoints().map(Checkpoints::storage);
        var workers = order.layout().workers();
        var placement = placement(order.layout());
        if (order.isFresh()) {
            node.clear();
            learn(order.plan());
            node.place(placement);
            tables.forEach(node::create);
            locals.clear();
            if (!order.checkpoint().isEmpty()) {
                Checkpoint.read(storage.orElseThrow(), order.checkpoint()).restoreTables(node);
            }
        }
        if (node.placement().version() != placement.version()) {
            node.place(placement);
        }
        node.begin(
                workers.size(),
                clock,
                run.waitLimit(),
                workers.stream().mapToInt(Integer::intValue).toArray(),
                order.begun());
        var mine = new ArrayList<Integer>();
        for (int w = 0; w < workers.size(); w++) {
            if (workers.get(w) == invitation.member()) {
                mine.add(w);
            }
        }
        var states = order.locals().isEmpty()
                ? Locals.of(locals)
                : Locals.of(Checkpoint.read(storage.orElseThrow(), order.locals()));
        var next = new StageRun(
                course.stage(order.stage(), order.history())
                        .orElseThrow(() -> new IOException("there is no stage " + order.stage()))
                        .upTo(order.clocks()),
                clock,
                run,
                node,
                states,
                mine.isEmpty() ? 0 : mine.getFirst(),
                mine.isEmpty() ? 0 : mine.getLast() + 1,
                order.isRecorded());
        next.whenMoved(() -> inbox.add(next));
        locals.clear();
        team = next;
        progressing = next;
        hasToldCut = false;
        hasToldEnd = false;
        tell(new Report.Prepared());
    }

    private static Placement placement(Order.Layout layout) {
        return Placement.of(layout.version(), layout.members(), layout.workers());
    }

    /** Takes the plan that the run has learned, if it has. */
    private void learn(String file) throws IOException {
        if (!file.isEmpty()) {
            var storage = run.checkpoints().map(Checkpoints::storage).orElseThrow();
            var plan = AccessPlan.read(storage, file);
            run = run.with(plan);
            tables = Site.ordered(tables, Optional.of(plan));
        }
    }

    /** Tells the coordinator what it waits for, once it is true of the blocks of this node, too. */
    private void report() throws InterruptedException {
        var running = team;
        if (running == null || hasToldEnd) {
            return;
        }
        switch (running.await(Duration.ZERO)) {
            case AT_CUT -> {
                if (!hasToldCut && node.hasCompleted(running.slowest() - 1)) {
                    hasToldCut = true;
                    tell(new Report.AtCut(standing(running), node.counted(), tallies(running)));
                }
            }
            case ALL_ENDED -> {
                if (node.hasCompleted(Long.MAX_VALUE)) {
                    hasToldEnd = true;
                    var waited =
                            running.waited().stream().map(Duration::toNanos).toList();
                    tell(new Report.Ended(standing(running), node.counted(), waited));
                }
            }
            case FAILED -> {
                var failure = running.failure();
                hasToldEnd = true;
                if (failure != null) {
                    fail(failure.worker(), failure.clock(), failure.cause());
                }
            }
            case NOTHING_YET -> {}
        }
    }

    private static Report.Standing standing(StageRun running) {
        return new Report.Standing(true, running.slowest(), running.totalDone(), running.examples());
    }

    private static List<Map<String, Report.Tallied>> tallies(StageRun running) {
        var tallies = new ArrayList<Map<String, Report.Tallied>>();
        for (var ofWorker : running.taken().values()) {
            var named = new LinkedHashMap<String, Report.Tallied>();
            ofWorker.forEach((name, tally) -> named.put(name, new Report.Tallied(tally.sum(), tally.weight())));
            tallies.add(named);
        }
        return tallies;
    }

    private void fail(int worker, long clock, Throwable why) {
        if (why instanceof EndedException) {
            return; // of somebody else's making
        }
        var lack = lackOfMemory(why);
        if (lack != null) {
            outOfMemory(lack);
            return;
        }
        log.log(System.Logger.Level.ERROR, "worker " + worker + " has failed at clock " + clock, why);
        var running = team;
        tell(new Report.Failed(
                running == null ? "" : running.stage(), worker, clock, JobFailedException.describe(why)));
    }

    /** Another life would end in the same way: the coordinator ends the job. */
    private void outOfMemory(OutOfMemoryError lack) {
        log.log(System.Logger.Level.ERROR, "out of memory", lack);
        var running = team;
        team = null;
        progressing = null;
        if (running != null) {
            running.abandon(new JobCancelledException("out of memory"));
        }
        try {
            node.clear(); // so that there is enough to say so
        } finally {
            tell(new Report.OutOfMemory(String.valueOf(lack.getMessage())));
        }
    }

    /** The lack of memory that something comes of, if it does. */
    private static @Nullable OutOfMemoryError lackOfMemory(Throwable why) {
        for (var cause = why; cause != null; cause = cause.getCause()) {
            if (cause instanceof OutOfMemoryError lack) {
                return lack;
            }
        }
        return null;
    }

    private void checkpoint(String folder) {
        var running = team;
        if (running == null) {
            return;
        }
        var storage = run.checkpoints().map(Checkpoints::storage).orElseThrow();
        var sums = node.sumsOfCopies();
        var files = running.save(storage, folder, "member-" + invitation.member() + "-" + invitation.incarnation());
        saving = files;
        int epoch = node.epoch();
        tell(new Report.Snapped(sums));
        Thread.ofPlatform().name("checkpoint written").daemon().start(() -> {
            Report.Written written;
            try {
                written = new Report.Written(files.files(), "");
            } catch (IOException e) {
                written = new Report.Written(Map.of(), String.valueOf(e.getMessage()));
            } catch (InterruptedException e) {
                written = new Report.Written(Map.of(), "interrupted");
            }
            if (epoch == node.epoch()) {
                try {
                    tell(written);
                } catch (EndedException e) {
                    // nobody waits for it
                }
            }
        });
    }

    /** The result's part of this member; workers have ended. */
    private void conclude(Order.Conclude order) {
        Report.Concluded concluded;
        try {
            var writes = conclusion.orElseThrow(() -> new IOException("this member's job has no result to write"));
            concluded = new Report.Concluded(writes.write(node, order.position(), order.count()), "");
        } catch (IOException e) {
            concluded = new Report.Concluded(Map.of(), String.valueOf(e.getMessage()));
        }
        try {
            tell(concluded);
        } catch (EndedException e) {
            // the coordinator is gone, which others notice
        }
    }

    // Moving

    private void move(Order.Move order) throws InterruptedException, IOException {
        var running = team;
        var workersBefore = order.from().workers();
        var workersAfter = order.to().workers();
        if (!order.from().members().contains(invitation.member())) { // new here
            learn(order.plan());
            node.place(placement(order.from()));
            tables.forEach(node::create);
            node.begin(workersAfter.size(), 0, run.waitLimit());
        }
        var states = running == null ? Map.<Integer, byte[]>of() : running.localBytes();
        var due = new ArrayList<Integer>();
        for (int w = 0; w < workersAfter.size(); w++) {
            boolean was = workersBefore.get(w) == invitation.member();
            boolean is = workersAfter.get(w) == invitation.member();
            var state = states.getOrDefault(w, new byte[0]);
            if (was && is) {
                locals.put(w, state);
            } else if (was) {
                sendLocals(w, workersAfter.get(w), state);
            } else if (is) {
                due.add(w);
            }
        }
        int blocks = node.move(placement(order.to()), run.waitLimit());
        awaitLocals(due);
        team = null;
        progressing = null;
        tell(new Report.Moved(blocks, spent()));
    }

    /** Blocks of tables that are with the workers go to where those of the next stage are. */
    private void follow(Order.Follow order) throws InterruptedException {
        int blocks = node.move(placement(order.to()), run.waitLimit());
        team = null;
        progressing = null;
        tell(new Report.Moved(blocks, spent()));
    }

    private void sendLocals(int worker, int member, byte[] state) {
        int at = 0;
        do {
            int count = Math.min(LocalsPiece.MOST_BYTES, state.length - at);
            var piece = new LocalsPiece(worker, state.length, at, Arrays.copyOfRange(state, at, at + count));
            node.send(member, piece.frame(node.epoch()));
            at += count;
        } while (at < state.length);
    }

    private void receiveLocals(Frame frame) {
        var piece = LocalsPiece.read(frame);
        int worker = piece.worker();
        synchronized (coming) {
            if (piece.at() == 0) {
                coming.put(worker, new byte[piece.length()]);
                missing.put(worker, piece.length());
            }
            var bytes = piece.bytes();
            System.arraycopy(bytes, 0, coming.getOrDefault(worker, new byte[piece.length()]), piece.at(), bytes.length);
            missing.merge(worker, -bytes.length, Integer::sum);
            coming.notifyAll();
        }
    }

    private void awaitLocals(List<Integer> due) throws InterruptedException, IOException {
        long end = run.ticker().nanos() + run.waitLimit().toNanos();
        synchronized (coming) {
            for (int worker : due) {
                while (missing.getOrDefault(worker, 1) > 0) {
                    long left = end - run.ticker().nanos();
                    if (left <= 0) {
                        throw new IOException("the state of worker " + worker + " did not come");
                    }
                    look();
                    run.ticker().await(coming, TimeUnit.MILLISECONDS.toNanos(100));
                }
                locals.put(worker, coming.getOrDefault(worker, new byte[0]));
            }
            coming.clear();
            missing.clear();
        }
    }

    // Going back

    private void rollback(Order.Rollback order) throws IOException, InterruptedException {
        var running = team;
        team = null;
        progressing = null;
        order.lost().forEach(lost -> node.forget(lost, "it is lost"));
        if (running != null) {
            var left =
                    running.abandon(new JobCancelledException("the job goes back to its last checkpoint"), TO_LET_GO);
            if (!left.isEmpty()) {
                throw new IOException("workers " + left + " are still within their steps after " + TO_LET_GO.toSeconds()
                        + " s, and cannot go back with the others");
            }
        }
        awaitSaving();
        node.epoch(order.epoch());
        synchronized (coming) {
            coming.clear();
            missing.clear();
        }
        locals.clear();
        if (order.keepsTables() && running != null) {
            locals.putAll(running.localBytes());
        } else {
            node.clear();
        }
        inbox.removeIf(entry -> entry instanceof Failed || entry instanceof StageRun);
        tell(new Report.Idle(running == null ? 0 : running.furthest()));
    }

    /** What is being written is finished first: later files of the same names must not meet it. */
    private void awaitSaving() throws InterruptedException {
        var unfinished = saving;
        if (unfinished != null) {
            try {
                unfinished.files();
            } catch (IOException e) {
                log.log(System.Logger.Level.WARNING, "a checkpoint that is not needed any more failed", e);
            }
            saving = null;
        }
    }
}
