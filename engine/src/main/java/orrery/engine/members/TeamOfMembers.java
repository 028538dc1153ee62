package orrery.engine.members;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.engine.event.JobFailedException;
import orrery.engine.event.MemberLostException;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Worker;
import orrery.engine.team.StageRun;
import orrery.engine.team.Team;
import orrery.store.Storage;
import orrery.table.Node;

/** The workers of a stage on members, as the coordinator sees them. Confined to its thread. */
final class TeamOfMembers implements Team {
    private final Coordinator coordinator;
    private final Stage stage;
    private final long firstClock;
    private Map<Integer, Report.AtCut> cut = Map.of(); // what members have reported of the cut that is on
    private Map<Integer, Report.Ended> end = Map.of();
    private boolean isHeld; // everybody was asked to hold
    private long furthest;
    private boolean isStopping;

    TeamOfMembers(Coordinator coordinator, Stage stage, long firstClock) {
        this.coordinator = coordinator;
        this.stage = stage;
        this.firstClock = firstClock;
        furthest = firstClock;
    }

    @Override
    public Seen await(Duration limit) throws InterruptedException {
        long until = coordinator.ticker().nanos() + limit.toNanos();
        while (true) {
            var seen = seen();
            long left = until - coordinator.ticker().nanos();
            if (seen != Seen.NOTHING_YET || left <= 0) {
                return seen;
            }
            coordinator.listen(left);
            if (isHeld && isAt(Report.Held.class)) {
                isHeld = false;
                long clock = coordinator.takeAll(Report.Held.class).values().stream()
                        .mapToLong(Report.Held::clock)
                        .max()
                        .orElse(firstClock);
                coordinator.send(new Order.CutAt(Math.min(clock, stage.clocks())));
            }
        }
    }

    private boolean isAt(Class<? extends Report> kind) {
        return coordinator.working().stream().allMatch(seat -> seat.got.containsKey(kind));
    }

    private Seen seen() {
        if (coordinator.failure() != null) {
            return Seen.FAILED;
        }
        if (isAt(Report.Ended.class)) {
            end = end.isEmpty() ? coordinator.takeAll(Report.Ended.class) : end;
            return Seen.ALL_ENDED;
        }
        if (!cut.isEmpty()) {
            return Seen.AT_CUT;
        }
        if (isAt(Report.AtCut.class)) {
            cut = coordinator.takeAll(Report.AtCut.class);
            return Seen.AT_CUT;
        }
        return Seen.NOTHING_YET;
    }

    @Override
    public RunEvent.@Nullable WorkerFailed failure() {
        return coordinator.failure();
    }

    @Override
    public void askForCut() {
        if (!isHeld && !isStopping && cut.isEmpty()) {
            isHeld = true;
            isStopping = true;
            coordinator.sendToWorking(new Order.Hold());
        }
    }

    @Override
    public void release(boolean stop) {
        cut = Map.of();
        coordinator.sendToWorking(new Order.Release(stop));
    }

    /** How far each member is, as it has reported last. */
    private List<Report.Standing> standings() {
        if (!end.isEmpty()) {
            return end.values().stream().map(Report.Ended::standing).toList();
        }
        return cut.isEmpty()
                ? coordinator.working().stream()
                        .map(seat -> seat.progress.standing())
                        .toList()
                : cut.values().stream().map(Report.AtCut::standing).toList();
    }

    private List<Map<String, Long>> counts() {
        if (!end.isEmpty()) {
            return end.values().stream().map(Report.Ended::counts).toList();
        }
        return cut.isEmpty()
                ? coordinator.working().stream()
                        .map(seat -> seat.progress.counts())
                        .toList()
                : cut.values().stream().map(Report.AtCut::counts).toList();
    }

    @Override
    public long slowest() {
        long told = standings().stream()
                .mapToLong(standing -> standing.isAtWork() ? standing.clock() : firstClock)
                .min()
                .orElse(firstClock);
        furthest = Math.max(furthest, told); // what a lease has told may be older than the last cut
        return furthest;
    }

    @Override
    public long totalDone() {
        return coordinator.seats().stream()
                .mapToLong(seat -> seat.progress.standing().total())
                .sum();
    }

    @Override
    public String whereabouts() {
        var where = new ArrayList<String>();
        for (var seat : coordinator.seats()) {
            where.add("member " + seat.id + ": " + seat.progress.where());
        }
        return String.join("; ", where);
    }

    @Override
    public long outsidePlan() {
        return counts().stream()
                .mapToLong(counts -> counts.getOrDefault(Node.OUTSIDE_PLAN, 0L))
                .sum();
    }

    @Override
    public long examples() {
        return standings().stream().mapToLong(Report.Standing::examples).sum();
    }

    @Override
    public Map<String, Double> tallied() {
        var sums = new LinkedHashMap<String, Worker.Tally>();
        for (var report : cut.values()) {
            for (var ofWorker : report.tallies()) {
                ofWorker.forEach((name, tallied) ->
                        sums.computeIfAbsent(name, n -> new Worker.Tally()).add(tallied.sum(), tallied.weight()));
            }
        }
        return StageRun.means(sums);
    }

    @Override
    public List<Duration> waited() {
        return end.values().stream()
                .flatMap(report -> report.waitedNanos().stream())
                .map(Duration::ofNanos)
                .toList();
    }

    @Override
    public void dropUnused(long clock) throws InterruptedException {
        coordinator.sendToWorking(new Order.DropUnused(clock));
        coordinator.all(Report.Dropped.class, coordinator.working());
    }

    /** All members must have the same copies of tables that all hold. */
    private static void checkCopies(Map<Integer, Report.Snapped> reports) {
        var first = new TreeMap<String, Integer>(); // the member whose sum of a table others are compared with
        reports.forEach((member, report) -> report.sums().forEach((table, sum) -> {
            int other = first.computeIfAbsent(table, t -> member);
            var due = reports.get(other);
            if (due != null && !sum.equals(due.sums().get(table))) {
                var why = "the copies of table '" + table + "' on members " + other + " and " + member
                        + " differ, though both have applied the same updates: are their processors or their Java of different"
                        + " kinds? With --send owners each row has one owner";
                throw new JobFailedException(why, new IllegalStateException(why));
            }
        }));
    }

    @Override
    public Saving save(Storage storage, String folder) throws InterruptedException {
        coordinator.sendToWorking(new Order.Keep(folder));
        checkCopies(coordinator.all(Report.Snapped.class, coordinator.working()));
        return new Saving() {
            @Override
            public boolean isDone() {
                return isAt(Report.Written.class);
            }

            @Override
            public Map<String, Storage.Written> files() throws IOException, InterruptedException {
                var files = new TreeMap<String, Storage.Written>();
                for (var written : coordinator
                        .all(Report.Written.class, coordinator.working())
                        .values()) {
                    if (!written.error().isEmpty()) {
                        throw new IOException(written.error());
                    }
                    files.putAll(written.files());
                }
                return files;
            }
        };
    }

    @Override
    public List<Integer> abandon(Throwable why) {
        try {
            coordinator.send(new Order.End(String.valueOf(why.getMessage())));
        } catch (MemberLostException e) {
            // it needs no telling
        }
        return List.of();
    }
}
