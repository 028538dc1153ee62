package orrery.engine;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import orrery.table.EndedException;
import orrery.table.Node;
import orrery.table.Placement;
import orrery.table.TableSpec;
import orrery.table.plan.AccessPlan;
import orrery.wire.Endpoint;
import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * A member's part of a job: its blocks of the tables and its share of the workers, under the coordinator's orders. One
 * thread takes these in order; another renews the lease.
 */
final class Member {
    private static final System.Logger log = System.getLogger(Member.class.getName());
    private static final Duration TO_ANSWER = Duration.ofSeconds(2); // at first; twice as long each time there is none
    private static final Duration LONGEST_TO_ANSWER = Duration.ofSeconds(16);
    private static final Duration TO_LET_GO = Duration.ofSeconds(20);
    private static final int LEASES_OF_COORDINATOR = 3; // it answers every second, unless it is gone
    private static final int LOCALS_HEAD = 2 * Integer.BYTES;

    private final Invitation invitation;
    private final Optional<Duration> started; // CPU time until it was invited
    private final Duration ready = Spent.byThisProcess(); // CPU time until it had read its data
    private Run run; // with the plan, once there is one
    private List<TableSpec> tables;
    private final List<Stage> stages;
    private final Identity identity;
    private final Node node = new Node();
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

    Member(Membership membership, Run run, List<TableSpec> tables, List<Stage> stages, Identity identity) {
        invitation = membership.invitation();
        started = membership.started();
        this.run = run;
        this.tables = tables;
        this.stages = stages;
        this.identity = identity;
    }

    /** Lives until the coordinator says that the job is over. */
    Outcome live() throws IOException {
        try {
            node.join(
                    invitation.credentials(),
                    invitation.member(),
                    invitation.incarnation(),
                    new Endpoint.Settings(
                            invitation.host(), Endpoint.Settings.DEFAULT.creditBytes(), invitation.faults()),
                    new Ear());
            node.whileWaiting(this::look);
            node.epoch(invitation.epoch());
            var address = node.listen();
            node.connect(Coordinator.ID, invitation.coordinator(), run.waitLimit());
            tell(Message.of("hello")
                    .with("host", address.getAddress().getHostAddress())
                    .with("port", address.getPort())
                    .with("identity", identity.values())
                    .with("files", identity.files())
                    .with("own", identity.own())
                    .with("cpu", spent().nanos()));
            Thread.ofPlatform().name("lease").daemon().start(this::renew);
            while (!isOver) {
                obey();
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
    private final class Ear implements Node.Ear {
        @Override
        public void heard(Frame frame) {
            try (frame) {
                if (frame.type() == Message.LOCALS) {
                    receiveLocals(frame);
                } else {
                    var peer = frame.from();
                    if (peer == null || peer.id() != Coordinator.ID || frame.type() != Message.TYPE) {
                        throw new IllegalArgumentException("orders come from the coordinator, not " + peer);
                    }
                    inbox.add(Message.read(frame));
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

    private void tell(Message message) {
        node.send(Coordinator.ID, message.frame(node.epoch()));
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
                TimeUnit.MILLISECONDS.sleep(pause);
                var message = Message.of("progress");
                var running = progressing;
                if (running != null) {
                    message.with("clock", running.slowest())
                            .with("total", running.totalDone())
                            .with("examples", running.examples())
                            .with("where", running.whereabouts());
                }
                tell(message.with("counts", node.counted()).with("cpu", spent().nanos()));
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
        var next = inbox.poll(isDue ? 2 : 200, TimeUnit.MILLISECONDS);
        switch (next) {
            case null -> {}
            case Message message -> obey(message);
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

    private void obey(Message order) throws IOException, InterruptedException {
        var running = team;
        switch (order.kind()) {
            case "connect" -> {
                try {
                    connect(order);
                } catch (Overtaken e) {
                    // the next order says what is to be done instead
                }
            }
            case "begin" -> begin(order);
            case "go" -> {
                if (running != null) {
                    running.start(new Threads());
                }
            }
            case "release" -> {
                if (running != null) {
                    hasToldCut = false;
                    running.release(order.flag("stop"));
                }
            }
            case "hold" -> {
                if (running != null) {
                    tell(Message.of("held").with("clock", running.hold()));
                }
            }
            case "cutAt" -> {
                if (running != null) {
                    running.cutAt(order.number("clock"));
                }
            }
            case "checkpoint" -> checkpoint(order.text("folder"));
            case "move" -> moving(() -> move(order));
            case "follow" -> moving(() -> follow(order));
            case "rollback" -> rollback(order);
            case "end" -> {
                log.log(System.Logger.Level.INFO, "the job has ended: " + order.text("why"));
                isOver = true;
            }
            case "bye" -> isOver = true;
            default -> throw new IOException("the coordinator orders '" + order.kind() + "', which is unknown here");
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
            if (entry instanceof Message order
                    && (order.kind().equals("rollback")
                            || order.kind().equals("end")
                            || order.kind().equals("bye"))) {
                throw new Overtaken();
            }
        }
    }

    /** Connects to the members that come before; those that come after connect to this one. */
    private void connect(Message order) throws IOException, InterruptedException {
        long end = System.nanoTime() + run.waitLimit().toNanos();
        for (var entry : order.list("members")) {
            var member = (List<?>) entry;
            int id = ((Number) member.get(0)).intValue();
            var address = new InetSocketAddress(String.valueOf(member.get(2)), ((Number) member.get(3)).intValue());
            var limit = TO_ANSWER;
            while (id != invitation.member() && !node.knows(id)) {
                look();
                if (System.nanoTime() > end) {
                    throw new IOException("member " + id + " did not connect within "
                            + run.waitLimit().toSeconds() + " s; a longer limit is set by --wait-limit");
                }
                if (id > invitation.member()) {
                    TimeUnit.MILLISECONDS.sleep(2);
                } else {
                    tryToConnect(id, address, limit);
                    limit = limit.compareTo(LONGEST_TO_ANSWER) < 0 ? limit.multipliedBy(2) : limit;
                }
            }
        }
        tell(Message.of("connected"));
    }

    private void tryToConnect(int id, InetSocketAddress address, Duration limit) throws InterruptedException {
        try {
            node.connect(id, address, limit);
        } catch (IOException e) { // it may be gone, which the coordinator will say
            log.log(System.Logger.Level.INFO, "cannot connect to member " + id + " yet: " + e.getMessage());
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private void begin(Message order) throws IOException {
        long clock = order.number("clock");
        var storage = run.checkpoints().map(Checkpoints::storage);
        var workers = ints(order, "workers");
        var placement = Placement.of((int) order.number("placement"), ints(order, "members"), workers);
        if (order.flag("fresh")) {
            node.clear();
            learn(order);
            node.place(placement);
            tables.forEach(node::create);
            locals.clear();
            if (!order.text("checkpoint").isEmpty()) {
                Checkpoint.read(storage.orElseThrow(), order.text("checkpoint")).restoreTables(node);
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
                (int) order.number("number"));
        var mine = new ArrayList<Integer>();
        for (int w = 0; w < workers.size(); w++) {
            if (workers.get(w) == invitation.member()) {
                mine.add(w);
            }
        }
        var states = order.text("locals").isEmpty()
                ? Locals.of(locals)
                : Locals.of(Checkpoint.read(storage.orElseThrow(), order.text("locals")));
        var next = new StageRun(
                stages.get((int) order.number("stage")).upTo(order.number("clocks")),
                clock,
                run,
                node,
                states,
                mine.isEmpty() ? 0 : mine.getFirst(),
                mine.isEmpty() ? 0 : mine.getLast() + 1,
                order.flag("record"));
        next.whenMoved(() -> inbox.add(next));
        locals.clear();
        team = next;
        progressing = next;
        hasToldCut = false;
        hasToldEnd = false;
        tell(Message.of("prepared"));
    }

    /** Takes the plan that the run has learned, if it has. */
    private void learn(Message order) throws IOException {
        if (!order.text("plan").isEmpty()) {
            var storage = run.checkpoints().map(Checkpoints::storage).orElseThrow();
            var plan = AccessPlan.read(storage, order.text("plan"));
            run = run.with(plan);
            tables = Job.ordered(tables, Optional.of(plan));
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
                    tell(with(Message.of("cut"), running));
                }
            }
            case ALL_ENDED -> {
                if (node.hasCompleted(Long.MAX_VALUE)) {
                    hasToldEnd = true;
                    tell(with(Message.of("ended"), running)
                            .with(
                                    "waited",
                                    running.waited().stream()
                                            .map(Duration::toNanos)
                                            .toList()));
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

    private Message with(Message message, StageRun running) {
        var tallies = new ArrayList<Object>();
        for (var ofWorker : running.taken().values()) {
            var named = new LinkedHashMap<String, Object>();
            ofWorker.forEach((name, tally) -> named.put(name, List.of(bits(tally.sum()), bits(tally.weight()))));
            tallies.add(named);
        }
        return message.with("clock", running.slowest())
                .with("total", running.totalDone())
                .with("examples", running.examples())
                .with("counts", node.counted())
                .with("tallies", tallies);
    }

    private static String bits(double value) {
        return String.valueOf(Double.doubleToRawLongBits(value));
    }

    private void fail(int worker, long clock, Throwable why) {
        if (why instanceof EndedException) {
            return; // of somebody else's making
        }
        log.log(System.Logger.Level.ERROR, "worker " + worker + " has failed at clock " + clock, why);
        var running = team;
        tell(Message.of("failed")
                .with("stage", running == null ? "" : running.stage())
                .with("worker", worker)
                .with("clock", clock)
                .with("cause", JobFailedException.describe(why)));
    }

    private void checkpoint(String folder) {
        var running = team;
        if (running == null) {
            return;
        }
        var storage = run.checkpoints().map(Checkpoints::storage).orElseThrow();
        var files = running.save(storage, folder, "member-" + invitation.member() + "-" + invitation.incarnation());
        saving = files;
        int epoch = node.epoch();
        tell(Message.of("snapped"));
        Thread.ofPlatform().name("checkpoint written").daemon().start(() -> {
            var message = Message.of("written");
            try {
                var sums = new TreeMap<String, Object>();
                files.files().forEach((name, sum) -> sums.put(name, List.of(sum.bytes(), sum.crc32c())));
                message.with("files", sums);
            } catch (IOException e) {
                message.with("error", String.valueOf(e.getMessage()));
            } catch (InterruptedException e) {
                message.with("error", "interrupted");
            }
            if (epoch == node.epoch()) {
                try {
                    tell(message);
                } catch (EndedException e) {
                    // nobody waits for it
                }
            }
        });
    }

    // Moving

    private void move(Message order) throws InterruptedException, IOException {
        var running = team;
        int from = (int) order.number("from");
        int to = (int) order.number("to");
        var before = ints(order, "before");
        var after = ints(order, "after");
        var workersBefore = ints(order, "workersBefore");
        var workersAfter = ints(order, "workersAfter");
        if (!before.contains(invitation.member())) { // new here
            learn(order);
            node.place(Placement.of(from, before, workersBefore));
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
        int blocks = node.move(Placement.of(to, after, workersAfter), run.waitLimit());
        awaitLocals(due);
        team = null;
        progressing = null;
        tell(Message.of("moved").with("blocks", blocks).with("cpu", spent().nanos()));
    }

    private static List<Integer> ints(Message order, String key) {
        return order.numbers(key).stream().map(Long::intValue).toList();
    }

    /** Blocks of tables that are with the workers go to where those of the next stage are. */
    private void follow(Message order) throws InterruptedException {
        var next = Placement.of((int) order.number("to"), ints(order, "members"), ints(order, "workers"));
        int blocks = node.move(next, run.waitLimit());
        team = null;
        progressing = null;
        tell(Message.of("moved").with("blocks", blocks).with("cpu", spent().nanos()));
    }

    private void sendLocals(int worker, int member, byte[] state) {
        int most = Frame.MOST_PAYLOAD_BYTES - LOCALS_HEAD;
        int at = 0;
        do {
            int count = Math.min(most, state.length - at);
            var piece = new byte[count];
            System.arraycopy(state, at, piece, 0, count);
            node.send(
                    member,
                    Frame.of(Message.LOCALS, Lane.BULK, LOCALS_HEAD + count)
                            .epoch(node.epoch())
                            .request(worker)
                            .putInt(state.length)
                            .putInt(at)
                            .putBytes(piece));
            at += count;
        } while (at < state.length);
    }

    private void receiveLocals(Frame frame) {
        int worker = (int) frame.request();
        int length = frame.getInt();
        int at = frame.getInt();
        var piece = frame.getBytes(frame.remaining());
        if (length < 0 || at < 0 || at + piece.length > length) {
            throw new IndexOutOfBoundsException("a piece of a state at " + at + " of " + length);
        }
        synchronized (coming) {
            if (at == 0) {
                coming.put(worker, new byte[length]);
                missing.put(worker, length);
            }
            System.arraycopy(piece, 0, coming.getOrDefault(worker, new byte[length]), at, piece.length);
            missing.merge(worker, -piece.length, Integer::sum);
            coming.notifyAll();
        }
    }

    private void awaitLocals(List<Integer> due) throws InterruptedException, IOException {
        long end = System.nanoTime() + run.waitLimit().toNanos();
        synchronized (coming) {
            for (int worker : due) {
                while (missing.getOrDefault(worker, 1) > 0) {
                    long left = end - System.nanoTime();
                    if (left <= 0) {
                        throw new IOException("the state of worker " + worker + " did not come");
                    }
                    look();
                    TimeUnit.MILLISECONDS.timedWait(coming, 100);
                }
                locals.put(worker, coming.getOrDefault(worker, new byte[0]));
            }
            coming.clear();
            missing.clear();
        }
    }

    // Going back

    private void rollback(Message order) throws IOException, InterruptedException {
        int epoch = (int) order.number("epoch");
        var running = team;
        team = null;
        progressing = null;
        order.numbers("lost").forEach(lost -> node.forget(lost.intValue(), "it is lost"));
        if (running != null) {
            var left =
                    running.abandon(new JobCancelledException("the job goes back to its last checkpoint"), TO_LET_GO);
            if (!left.isEmpty()) {
                throw new IOException("workers " + left + " are still within their steps after " + TO_LET_GO.toSeconds()
                        + " s, and cannot go back with the others");
            }
        }
        awaitSaving();
        node.epoch(epoch);
        synchronized (coming) {
            coming.clear();
            missing.clear();
        }
        locals.clear();
        if (order.flag("keep") && running != null) {
            locals.putAll(running.localBytes());
        } else {
            node.clear();
        }
        inbox.removeIf(entry -> entry instanceof Failed || entry instanceof StageRun);
        tell(Message.of("idle").with("clock", running == null ? 0 : running.furthest()));
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
