package orrery.engine.members;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import orrery.engine.event.JobCancelledException;
import orrery.engine.event.JobFailedException;
import orrery.engine.event.MemberLostException;
import orrery.engine.event.RemoteFailure;
import orrery.engine.event.RunEvent;
import orrery.engine.event.Spent;
import orrery.engine.keep.Checkpoint;
import orrery.engine.keep.Identity;
import orrery.engine.launch.Ending;
import orrery.engine.launch.Invitation;
import orrery.engine.launch.Members;
import orrery.engine.stage.Conclusion;
import orrery.engine.stage.Course;
import orrery.engine.stage.Homes;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.team.Memory;
import orrery.engine.team.Site;
import orrery.engine.team.Team;
import orrery.store.Printable;
import orrery.store.Storage;
import orrery.table.Ear;
import orrery.table.Node;
import orrery.table.hold.MemoryPlan;
import orrery.table.hold.Tables;
import orrery.table.spec.EndedException;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;
import orrery.wire.Authority;
import orrery.wire.Endpoint;
import orrery.wire.Frame;
import orrery.wire.Ticker;

/**
 * The tables and workers of a job on members elsewhere: who belongs to the run, who owns what, which epoch it is. No data
 * passes by here, save what is measured at cuts and the tables at the very end.
 *
 * <p>Confined to the thread that runs the job; what others have to say waits in the inbox until that thread listens.
 */
public final class Coordinator implements Site {
    static final int ID = Placement.COORDINATOR;
    private static final Duration TO_LEAVE = Duration.ofSeconds(2);
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1); // for a broken link to come back
    private static final int MOST_LOSSES = 8; // in a row, without a checkpoint or a clock between them
    private static final int LAST_WORDS = 20;
    private static final int SIGNALLED = 128; // exit statuses from here on are those of killed processes

    private final Run run;
    private final Members launcher;
    private final Identity identity;
    private final Course course;
    private final boolean leavesTables; // at the end, where they are
    private final Authority authority;
    private final Node node;
    private final InetSocketAddress address;
    private final LinkedBlockingQueue<Event> inbox = new LinkedBlockingQueue<>();
    private final Map<Integer, Seat> seats = new TreeMap<>(); // of members that own blocks or are about to
    private final Map<Integer, String> ownData = new TreeMap<>(); // by member, a sum of what it alone reads
    private final Map<List<Long>, Spent> spent = new HashMap<>(); // by member and life
    private final List<Members.Started> gone = new ArrayList<>(); // perhaps still alive
    private List<TableSpec> tables = List.of();
    private Optional<Checkpoint> from = Optional.empty();
    private String planFile = ""; // where members find the plan that the run has learned, if it has
    private boolean isRecorded;
    private int begun; // stages, counting those that were begun again
    private @Nullable Homes homes; // of the stage that is on
    private int epoch;
    private int placementVersion;
    private int highestId;
    private int lossesInARow;
    private long doneAtLoss = -1;
    private List<Integer> wanted = List.of(); // members after the next cut; empty for those that are
    private RunEvent.@Nullable WorkerFailed failure;
    private final List<RunEvent> told = new ArrayList<>();

    /** What happens elsewhere. */
    private sealed interface Event {
        record Heard(int member, int epoch, Report report) implements Event {}

        record Linked(int member, long incarnation) implements Event {}

        record Broken(int member, long incarnation, String why) implements Event {}

        record Ended(int member, long incarnation, int status) implements Event {}

        record Said(int member, String line) implements Event {}

        /** This node cannot do what was ordered. */
        record Failed(Throwable why) implements Event {}
    }

    public Coordinator(Run run, Members launcher, Identity identity, Course course, boolean leavesTables)
            throws IOException {
        this.leavesTables = leavesTables;
        this.run = run;
        this.course = course;
        node = new Node(run.ticker());
        this.identity = identity;
        this.launcher = launcher;
        if (launcher.count() > run.workers()) {
            throw new IllegalArgumentException(launcher.count() + " processes for " + run.workers()
                    + " workers: each process needs a worker at least; give more --workers or fewer --processes");
        }
        var terms = launcher.terms();
        authority = new Authority(terms.encrypted());
        node.join(
                authority.admit("coordinator"),
                ID,
                1,
                Endpoint.Settings.DEFAULT.with(terms.faults()).on(terms.host(), run.world()),
                new Inbound());
        node.whileWaiting(this::look);
        try {
            address = node.listen();
        } catch (IOException | RuntimeException e) { // such as an address that is not this machine's
            node.leave();
            throw e;
        }
        highestId = launcher.count();
        for (int id = 1; id <= highestId; id++) {
            seats.put(id, start(id, 1));
        }
    }

    /** Runs on the event loop. */
    private final class Inbound implements Ear {
        @Override
        public void heard(Frame frame) {
            try (frame) {
                var peer = frame.from();
                if (peer != null && frame.type() == Codec.TYPE) {
                    inbox.add(new Event.Heard(peer.id(), frame.epoch(), Codec.read(Report.class, frame)));
                }
            } catch (IOException e) {
                throw new IllegalArgumentException(e);
            }
        }

        @Override
        public void connected(int member, long incarnation) {
            inbox.add(new Event.Linked(member, incarnation));
        }

        @Override
        public void disconnected(int member, long incarnation, String why) {
            inbox.add(new Event.Broken(member, incarnation, why));
        }

        @Override
        public void failed(Throwable why) {
            inbox.add(new Event.Failed(why));
        }
    }

    private Seat start(int id, long incarnation) throws IOException {
        var terms = launcher.terms();
        var invitation = new Invitation(
                authority.admit("member " + id),
                id,
                incarnation,
                launcher.count(),
                epoch,
                address,
                terms.host(),
                terms.lease(),
                terms.faults());
        var lastWords = new ArrayDeque<String>();
        var process = launcher.start(invitation, said -> {
            String line = Printable.lines(said);
            synchronized (lastWords) {
                lastWords.add(line);
                if (lastWords.size() > LAST_WORDS) {
                    lastWords.remove();
                }
            }
            inbox.add(new Event.Said(id, line));
        });
        var seat = new Seat(id, incarnation, process, node.awakeNanos(), lastWords);
        process.whenEnded(status -> inbox.add(new Event.Ended(id, incarnation, status)));
        return seat;
    }

    @Override
    public Node node() {
        return node;
    }

    // Listening

    /** Takes in one event, if one comes in time, and looks after the leases. */
    void listen(long nanos) throws InterruptedException {
        var event = run.ticker().poll(inbox, nanos);
        if (event != null) {
            take(event);
        }
        long now = node.awakeNanos(); // while this JVM is stopped, nobody is late
        for (var seat : seats.values()) {
            if (seat.brokenSince != 0 && now - seat.brokenSince > GRACE_NANOS) {
                throw new MemberLostException(seat.id, "its connection broke");
            }
            if (seat.address == null) {
                if (now - seat.since > run.waitLimit().toNanos()) { // it reads its data first
                    throw failed(
                            seat,
                            "did not join within " + run.waitLimit().toSeconds() + " s; " + seat.words()
                                    + "; a longer limit is set by --wait-limit");
                }
            } else if (node.silentNanos(seat.id) > launcher.terms().lease().toNanos()) {
                throw new MemberLostException(
                        seat.id,
                        "it has been silent for more than "
                                + launcher.terms().lease().toMillis() / 1000.0 + " s");
            }
        }
    }

    /** Takes in what has come, while the thread waits for something else. */
    private void look() {
        try {
            do {
                listen(0);
            } while (!inbox.isEmpty());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JobCancelledException("the job was interrupted");
        }
    }

    private void take(Event event) {
        switch (event) {
            case Event.Linked(int member, long incarnation) -> {
                var seat = seats.get(member);
                if (seat != null && seat.incarnation == incarnation) {
                    seat.brokenSince = 0;
                }
            }
            case Event.Broken(int member, long incarnation, String why) -> {
                var seat = seats.get(member);
                if (seat != null && seat.incarnation == incarnation && seat.brokenSince == 0) {
                    seat.brokenSince = Math.max(1, node.awakeNanos());
                    if (!node.knows(member)) {
                        throw new MemberLostException(member, why);
                    }
                }
            }
            case Event.Ended(int member, long incarnation, int status) -> {
                var seat = seats.get(member);
                if (seat != null && seat.incarnation == incarnation) {
                    if (seat.address == null && seat.incarnation == 1 && status < SIGNALLED) {
                        throw failed(seat, "ended with status " + status + " before it had joined; " + seat.words());
                    }
                    throw new MemberLostException(member, "it ended with status " + status + "; " + seat.words());
                }
            }
            case Event.Failed(Throwable why) ->
                throw new JobFailedException("the coordinator's node cannot go on: " + why, why);
            case Event.Said(int member, String line) -> told.add(new RunEvent.MemberSaid(member, line));
            case Event.Heard(int member, int ofEpoch, Report report) -> {
                var seat = seats.get(member);
                if (seat != null && ofEpoch == epoch) {
                    heard(seat, report);
                }
            }
        }
    }

    @Override
    public Spent spent() {
        return spent.values().stream().reduce(Spent.NOTHING, Spent::plus);
    }

    private void heard(Seat seat, Report report) {
        switch (report) {
            case Report.Hello hello -> {
                spent(seat, hello.spent());
                checkThatItIsOfTheRun(seat, hello);
                seat.memory = hello.memory();
                seat.address = Invitation.address(hello.host(), hello.port());
            }
            case Report.Progress progress -> {
                spent(seat, progress.spent());
                counted(seat, progress.counts());
                seat.progress = progress;
            }
            case Report.Failed failed -> {
                if (failure == null) {
                    failure = new RunEvent.WorkerFailed(
                            failed.stage(),
                            failed.worker(),
                            failed.clock(),
                            new RemoteFailure(Printable.lines(failed.cause())));
                }
            }
            case Report.OutOfMemory lack -> throw outOfMemory(seat, lack.where());
            case Report.Moved moved -> {
                spent(seat, moved.spent());
                seat.got.put(Report.Moved.class, moved);
            }
            case Report.AtCut cut -> {
                counted(seat, cut.counts());
                seat.got.put(Report.AtCut.class, cut);
            }
            case Report.Ended ended -> {
                counted(seat, ended.counts());
                seat.got.put(Report.Ended.class, ended);
            }
            case Report.Connected _,
                    Report.Prepared _,
                    Report.Held _,
                    Report.Snapped _,
                    Report.Written _,
                    Report.Concluded _,
                    Report.Dropped _,
                    Report.Idle _ -> seat.got.put(report.getClass(), report);
        }
    }

    private JobFailedException outOfMemory(Seat seat, String where) {
        var plan = MemoryPlan.of(
                tables,
                node.placement(),
                seat.id,
                Math.ceilDiv(
                        run.workers(), Math.max(1, node.placement().members().size())),
                run.checkpoints().isPresent() ? Tables.mostCopied(seat.memory) : 0);
        return failed(
                seat,
                "ran out of memory (" + Printable.lines(where) + "): it has " + Memory.mebibytes(seat.memory)
                        + ", of which its tables need " + plan
                        + "; share the tables among more members, or give each process more memory (ORRERY_JAVA_OPTS=-Xmx...,"
                        + " --memory)");
    }

    private void spent(Seat seat, Spent soFar) {
        spent.put(List.of((long) seat.id, seat.incarnation), soFar);
    }

    private void counted(Seat seat, Map<String, Long> counts) {
        if (seat.id == seats.values().iterator().next().id) { // now and then, what this node itself has counted
            told.add(new RunEvent.Counted(ID, Duration.ZERO, node.counted()));
        }
        told.add(new RunEvent.Counted(seat.id, Duration.ofNanos(node.silentNanos(seat.id)), counts));
    }

    /** A member that has read something else than the others, or than its life before, would spoil the result unseen. */
    private void checkThatItIsOfTheRun(Seat seat, Report.Hello hello) {
        var is = new Identity(new TreeMap<>(hello.identity()), new TreeMap<>(hello.files()), hello.own());
        is.foreignTo(identity).ifPresent(what -> {
            throw failed(seat, what);
        });
        var before = ownData.putIfAbsent(seat.id, is.own());
        if (before != null && !before.equals(is.own())) {
            throw failed(
                    seat,
                    "reads other data than its life before: its part has sum " + is.own() + ", expected " + before
                            + "; make sure that the data is the same each time it is read");
        }
    }

    private static JobFailedException failed(Seat seat, String why) {
        return new JobFailedException("member " + seat.id + " " + why, new IllegalStateException(why));
    }

    <O extends Record & Order> void send(O order) {
        seats.values().forEach(seat -> send(seat, order));
    }

    <O extends Record & Order> void sendToWorking(O order) {
        working().forEach(seat -> send(seat, order));
    }

    private <O extends Record & Order> void send(Seat seat, O order) {
        try {
            node.send(seat.id, Codec.frame(order, epoch));
        } catch (EndedException e) {
            throw new MemberLostException(seat.id, String.valueOf(e.getMessage()));
        }
    }

    /** The members that have tables, so without those that are about to join. */
    List<Seat> working() {
        return seats.values().stream().filter(seat -> seat.hasTables).toList();
    }

    Collection<Seat> seats() {
        return seats.values();
    }

    RunEvent.@Nullable WorkerFailed failure() {
        return failure;
    }

    Ticker ticker() {
        return run.ticker();
    }

    Duration waitLimit() {
        return run.waitLimit();
    }

    private List<Integer> workingIds() {
        return working().stream().map(seat -> seat.id).toList();
    }

    /** Waits until all of them have reported so. */
    <R extends Report> Map<Integer, R> all(Class<R> kind, Collection<Seat> of) throws InterruptedException {
        long end = run.ticker().nanos() + run.waitLimit().toNanos();
        while (!of.stream().allMatch(seat -> seat.got.containsKey(kind))) {
            listen(TimeUnit.MILLISECONDS.toNanos(100));
            var failed = failure;
            if (failed != null) {
                throw JobFailedException.of(failed);
            }
            if (run.ticker().nanos() > end) {
                var late = of.stream()
                        .filter(seat -> !seat.got.containsKey(kind))
                        .map(seat -> seat.id)
                        .toList();
                throw new JobFailedException(
                        "members " + late + " have not reported '" + kind.getSimpleName() + "' for "
                                + run.waitLimit().toMillis() / 1000.0
                                + " s; a longer limit is set by --wait-limit",
                        new java.util.concurrent.TimeoutException());
            }
        }
        return takeAll(kind);
    }

    <R extends Report> Map<Integer, R> takeAll(Class<R> kind) {
        var all = new TreeMap<Integer, R>();
        for (var seat : seats.values()) {
            var report = seat.got.remove(kind);
            if (report != null) {
                all.put(seat.id, kind.cast(report));
            }
        }
        return all;
    }

    // The life of a job

    @Override
    public void open(List<TableSpec> specs, Optional<Checkpoint> checkpoint) throws InterruptedException {
        tables = specs;
        from = checkpoint;
        join();
        seats.values().forEach(seat -> {
            seat.hasTables = true;
            seat.isFresh = true;
        });
        node.clear();
        var placement = new Placement(++placementVersion, List.copyOf(seats.keySet()));
        checkMemory(placement);
        node.place(placement);
        tables.forEach(node::create);
    }

    /** Throws if tables do not fit; has listeners hear of the plan if they do. */
    private void checkMemory(Placement placement) {
        if (tables.isEmpty()) {
            return;
        }
        long limit = seats.values().stream()
                .mapToLong(seat -> seat.memory)
                .filter(bytes -> bytes > 0)
                .min()
                .orElse(Long.MAX_VALUE);
        long snapshots = run.checkpoints().isPresent() ? Tables.mostCopied(limit) : 0;
        var planned = Memory.checked(tables, placement, run.workers(), limit, snapshots);
        if (!leavesTables) {
            Memory.checkResult(tables, Runtime.getRuntime().maxMemory());
        }
        told.add(planned);
    }

    /** Waits for all members, and has them connect with each other. */
    private void join() throws InterruptedException {
        while (!seats.values().stream().allMatch(seat -> seat.address != null)) {
            listen(TimeUnit.MILLISECONDS.toNanos(100));
        }
        var everybody = new ArrayList<Order.Address>();
        for (var seat : seats.values()) {
            var at = seat.address;
            if (at != null) {
                everybody.add(new Order.Address(seat.id, seat.incarnation, Invitation.host(at), at.getPort()));
            }
        }
        send(new Order.Connect(everybody));
        all(Report.Connected.class, seats.values());
    }

    /** Worker to member. */
    private List<Integer> workersOf(List<Integer> members) {
        var now = homes;
        return now == null ? List.of() : now.on(members);
    }

    @Override
    public Team begin(
            int number,
            Stage stage,
            Homes itsHomes,
            long clock,
            Optional<Checkpoint> restored,
            List<RunEvent.CutReached> history)
            throws InterruptedException {
        failure = null;
        homes = itsHomes;
        var members = workingIds();
        follow(members);
        for (var seat : working()) {
            send(
                    seat,
                    new Order.Begin(
                            number,
                            clock,
                            stage.clocks(),
                            begun + 1,
                            seat.isFresh,
                            seat.isFresh ? from.map(Checkpoint::folder).orElse("") : "",
                            seat.isFresh ? restored.map(Checkpoint::folder).orElse("") : "",
                            planFile,
                            isRecorded,
                            course.dependsOnHistory() ? history : List.of(),
                            new Order.Layout(placementVersion, members, workersOf(members))));
            seat.isFresh = false;
        }
        working().forEach(seat -> {
            seat.progress = Report.Progress.NONE;
            seat.got.keySet().removeIf(kind -> kind != Report.Written.class);
        });
        begun++;
        all(Report.Prepared.class, working());
        node.begin(itsHomes.workers(), clock, run.waitLimit(), new int[0], begun);
        sendToWorking(new Order.Go());
        return new TeamOfMembers(this, stage, clock);
    }

    /** Has the blocks of tables that are with the workers go where these are now. */
    private void follow(List<Integer> members) throws InterruptedException {
        var workers = workersOf(members);
        var next = Placement.of(placementVersion + 1, members, workers);
        if (next.hosts().equals(node.placement().hosts())) {
            return;
        }
        placementVersion++;
        if (working().stream().noneMatch(seat -> seat.isFresh)) { // who has nothing yet begins with that placement
            sendToWorking(new Order.Follow(new Order.Layout(placementVersion, members, workers)));
            all(Report.Moved.class, working());
        }
        node.place(next);
    }

    @Override
    public void recover(MemberLostException lost) throws IOException, InterruptedException {
        replaceAll(lost, false);
    }

    @Override
    public long goOn(MemberLostException lost, Optional<Checkpoint> checkpoint)
            throws IOException, InterruptedException {
        if (working().size() < 2) {
            throw lost; // nobody has kept anything
        }
        var next = replaceAll(lost, true);
        if (next != null) {
            throw next; // too much at once: everybody goes back
        }
        long clock = takeAll(Report.Idle.class).values().stream()
                .mapToLong(Report.Idle::clock)
                .max()
                .orElse(0);
        from = checkpoint;
        join();
        for (var seat : seats.values()) {
            if (seat.id == lost.member()) {
                seat.hasTables = true;
                seat.isFresh = true;
            }
        }
        node.place(Placement.of(++placementVersion, workingIds(), workersOf(workingIds())));
        return clock;
    }

    /** Replaces who is lost, and who is lost meanwhile; that is returned where the others were to keep what they have. */
    private @Nullable MemberLostException replaceAll(MemberLostException lost, boolean keeps)
            throws IOException, InterruptedException {
        long done = seats.values().stream()
                .mapToLong(seat -> seat.progress.standing().total())
                .sum();
        lossesInARow = done > doneAtLoss ? 1 : lossesInARow + 1;
        doneAtLoss = done;
        if (lossesInARow > MOST_LOSSES) {
            throw new JobFailedException(
                    "members were lost " + MOST_LOSSES + " times without progress between; the last: "
                            + lost.getMessage(),
                    lost);
        }
        wanted = List.of();
        if (!working().isEmpty()) { // who was about to join comes back when it is asked for again
            seats.values().removeIf(seat -> !seat.hasTables && dismiss(seat));
        }
        var all = new ArrayList<Integer>();
        for (MemberLostException next = lost; next != null; ) {
            all.add(next.member());
            next = replace(next, all, keeps);
            if (keeps) {
                return next;
            }
        }
        takeAll(Report.Idle.class);
        return null;
    }

    /** Replaces one member and has the others go back. Returns who else was lost meanwhile, if anybody was. */
    private @Nullable MemberLostException replace(MemberLostException lost, List<Integer> all, boolean keeps)
            throws IOException, InterruptedException {
        epoch++;
        node.epoch(epoch);
        var seat = seats.get(lost.member());
        if (seat != null) {
            forget(seat, String.valueOf(lost.getMessage()));
            seat.process.kill(); // it may be hung, or believe itself alive
            seats.put(seat.id, start(seat.id, seat.incarnation + 1));
        }
        for (var early :
                List.copyOf(seats.values())) { // what has not joined has an invitation to an epoch that is over
            if (early.address == null && early.id != lost.member()) {
                forget(early, "it was invited to an earlier epoch");
                early.process.kill();
                seats.put(early.id, start(early.id, early.incarnation + 1));
            }
        }
        try {
            for (var other : seats.values()) {
                other.got.clear();
                if (other.address != null) {
                    send(other, new Order.Rollback(epoch, all, keeps));
                }
            }
            long end = run.ticker().nanos() + run.waitLimit().toNanos();
            while (!seats.values().stream().allMatch(s -> s.address == null || s.got.containsKey(Report.Idle.class))) {
                listen(TimeUnit.MILLISECONDS.toNanos(100));
                if (run.ticker().nanos() > end) {
                    var late = seats.values().stream()
                            .filter(s -> s.address != null && !s.got.containsKey(Report.Idle.class))
                            .map(s -> s.id)
                            .toList();
                    throw new JobFailedException(
                            "members " + late + " have not gone back to the last checkpoint within "
                                    + run.waitLimit().toSeconds() + " s; a longer limit is set by --wait-limit",
                            lost);
                }
            }
            return null;
        } catch (MemberLostException another) {
            return another;
        }
    }

    /** Nothing that this life of the member says is heard any more. */
    private boolean forget(Seat seat, String why) {
        node.forget(seat.id, why);
        gone.add(seat.process);
        return true;
    }

    /** The member is not needed any more. */
    private boolean dismiss(Seat seat) {
        gone.add(seat.process);
        try {
            send(seat, new Order.Bye()); // it closes its connections when it has heard
        } catch (MemberLostException e) {
            seat.process.kill(); // it has not even come
        }
        return true;
    }

    @Override
    public void scale(int members) {
        if (members > run.workers()) {
            throw new IllegalArgumentException(
                    "at most " + run.workers() + " members can share this job, asked for " + members);
        }
        checkMemory(new Placement(0, IntStream.rangeClosed(1, members).boxed().toList()));
        var present = List.copyOf(seats.keySet()); // the oldest first, those that are about to join last
        var next = new ArrayList<>(present.subList(0, Math.min(members, present.size())));
        try {
            while (next.size() < members) {
                int id = ++highestId; // never twice: whoever has left does not come back
                seats.put(id, start(id, 1));
                next.add(id);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e.getMessage(), e);
        }
        wanted = List.copyOf(next);
    }

    @Override
    public void record(boolean next) {
        isRecorded = next;
    }

    @Override
    public void learned() {
        planFile = Checkpoint.PLAN;
    }

    @Override
    public int members() {
        return working().size();
    }

    @Override
    public boolean wantsToRescale() {
        return !wanted.isEmpty()
                && seats.values().stream().allMatch(seat -> seat.address != null)
                && !wanted.equals(workingIds());
    }

    @Override
    public void rescale() throws InterruptedException {
        var before = workingIds();
        var next = wanted;
        wanted = List.of();
        join();
        send(new Order.Move(
                planFile,
                new Order.Layout(placementVersion, before, workersOf(before)),
                new Order.Layout(placementVersion + 1, next, workersOf(next))));
        long blocks = 0;
        for (var moved : all(Report.Moved.class, seats.values()).values()) {
            blocks += moved.blocks();
        }
        node.place(Placement.of(++placementVersion, next, workersOf(next)));
        for (var seat : List.copyOf(seats.values())) {
            if (!next.contains(seat.id)) {
                seats.remove(seat.id);
                dismiss(seat);
            }
            seat.hasTables = true;
        }
        told.add(new RunEvent.Rescaled(next.size(), (int) blocks));
    }

    @Override
    public List<RunEvent> toTell() {
        inbox.stream().filter(Event.Said.class::isInstance).forEach(this::take);
        inbox.removeIf(Event.Said.class::isInstance);
        var all = List.copyOf(told);
        told.clear();
        return all;
    }

    @Override
    public void conclude(Conclusion conclusion) throws IOException, InterruptedException {
        seats.values().removeIf(seat -> !seat.hasTables && dismiss(seat));
        var owners = List.copyOf(seats.values());
        for (int i = 0; i < owners.size(); i++) {
            send(owners.get(i), new Order.Conclude(i, owners.size()));
        }
        var files = new TreeMap<String, Storage.Written>();
        for (var concluded : all(Report.Concluded.class, owners).values()) {
            if (!concluded.error().isEmpty()) {
                throw new IOException(concluded.error());
            }
            files.putAll(concluded.files());
        }
        conclusion.conclude(node, files);
    }

    /** Brings the tables to this JVM, unless they are left where they are. */
    @Override
    public void finish() throws InterruptedException {
        seats.values().removeIf(seat -> !seat.hasTables && dismiss(seat));
        var members = List.copyOf(seats.keySet());
        if (leavesTables) {
            node.leaveTables(
                    run.leavesTables()
                            ? "the run has left its tables in its last checkpoint, "
                                    + run.checkpoints()
                                            .map(kept -> kept.storage().where(""))
                                            .orElse("")
                            : "the run has written its result to files");
        } else if (!tables.isEmpty()) {
            sendToWorking(new Order.Move(
                    "",
                    new Order.Layout(placementVersion, members, List.of()),
                    new Order.Layout(placementVersion + 1, List.of(ID), List.of())));
            node.move(new Placement(++placementVersion, List.of(ID)), run.waitLimit());
            all(Report.Moved.class, working());
        }
    }

    @Override
    public void close() {
        seats.values().forEach(this::dismiss);
        boolean isInterrupted = Thread.interrupted();
        try {
            Ending.await(gone, TO_LEAVE, run.ticker());
        } finally {
            node.leave();
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
