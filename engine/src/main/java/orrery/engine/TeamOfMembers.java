package orrery.engine;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.store.Storage;
import orrery.table.Node;

/** The workers of a stage on members, as the coordinator sees them. Confined to its thread. */
final class TeamOfMembers implements Team {
    private final Coordinator coordinator;
    private final Stage stage;
    private final long firstClock;
    private Map<Integer, Message> cut = Map.of(); // what members have told at the cut that is on
    private Map<Integer, Message> end = Map.of();
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
        long until = System.nanoTime() + limit.toNanos();
        while (true) {
            var seen = seen();
            long left = until - System.nanoTime();
            if (seen != Seen.NOTHING_YET || left <= 0) {
                return seen;
            }
            coordinator.listen(left);
            if (isHeld && isAt("held")) {
                isHeld = false;
                long clock = coordinator.takeAll("held").values().stream()
                        .mapToLong(message -> message.number("clock"))
                        .max()
                        .orElse(firstClock);
                coordinator.send(Message.of("cutAt").with("clock", Math.min(clock, stage.clocks())));
            }
        }
    }

    private boolean isAt(String kind) {
        return coordinator.working().stream().allMatch(seat -> seat.got.containsKey(kind));
    }

    private Seen seen() {
        if (coordinator.failure() != null) {
            return Seen.FAILED;
        }
        if (isAt("ended")) {
            end = end.isEmpty() ? coordinator.takeAll("ended") : end;
            return Seen.ALL_ENDED;
        }
        if (!cut.isEmpty()) {
            return Seen.AT_CUT;
        }
        if (isAt("cut")) {
            cut = coordinator.takeAll("cut");
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
            coordinator.sendToWorking(Message.of("hold"));
        }
    }

    @Override
    public void release(boolean stop) {
        cut = Map.of();
        coordinator.sendToWorking(Message.of("release").with("stop", stop));
    }

    private List<Message> latest() {
        var told = end.isEmpty() ? cut : end;
        return told.isEmpty()
                ? coordinator.working().stream().map(seat -> seat.progress).toList()
                : List.copyOf(told.values());
    }

    @Override
    public long slowest() {
        long told = latest().stream()
                .mapToLong(message -> message.values().containsKey("clock") ? message.number("clock") : firstClock)
                .min()
                .orElse(firstClock);
        furthest = Math.max(furthest, told); // what a lease has told may be older than the last cut
        return furthest;
    }

    @Override
    public long totalDone() {
        return coordinator.seats().stream()
                .mapToLong(seat -> seat.progress.number("total"))
                .sum();
    }

    @Override
    public String whereabouts() {
        var where = new ArrayList<String>();
        for (var seat : coordinator.seats()) {
            where.add("member " + seat.id + ": " + seat.progress.text("where"));
        }
        return String.join("; ", where);
    }

    @Override
    public long outsidePlan() {
        return latest().stream()
                .map(message -> message.map("counts").get(Node.OUTSIDE_PLAN))
                .mapToLong(count -> count instanceof Number number ? number.longValue() : 0)
                .sum();
    }

    @Override
    public long examples() {
        return latest().stream()
                .mapToLong(message -> message.number("examples"))
                .sum();
    }

    @Override
    public Map<String, Double> tallied() {
        var sums = new LinkedHashMap<String, Worker.Tally>();
        for (var message : cut.values()) {
            for (var ofWorker : message.list("tallies")) {
                Message.asMap(ofWorker).forEach((name, bits) -> {
                    var pair = (List<?>) bits;
                    sums.computeIfAbsent(name, n -> new Worker.Tally()).add(real(pair.get(0)), real(pair.get(1)));
                });
            }
        }
        return StageRun.means(sums);
    }

    private static double real(@Nullable Object bits) {
        return Double.longBitsToDouble(Long.parseLong(String.valueOf(bits)));
    }

    @Override
    public List<Duration> waited() {
        return end.values().stream()
                .flatMap(message -> message.numbers("waited").stream())
                .map(Duration::ofNanos)
                .toList();
    }

    @Override
    public Saving save(Storage storage, String folder) throws InterruptedException {
        coordinator.sendToWorking(Message.of("checkpoint").with("folder", folder));
        coordinator.all("snapped", coordinator.working());
        return new Saving() {
            @Override
            public boolean isDone() {
                return isAt("written");
            }

            @Override
            public Map<String, Storage.Written> files() throws IOException, InterruptedException {
                var files = new TreeMap<String, Storage.Written>();
                for (var written :
                        coordinator.all("written", coordinator.working()).values()) {
                    if (!written.text("error").isEmpty()) {
                        throw new IOException(written.text("error"));
                    }
                    written.map("files").forEach((name, sum) -> {
                        var pair = (List<?>) sum;
                        files.put(
                                name,
                                new Storage.Written(
                                        ((Number) pair.get(0)).longValue(), ((Number) pair.get(1)).longValue()));
                    });
                }
                return files;
            }
        };
    }

    @Override
    public List<Integer> abandon(Throwable why) {
        try {
            coordinator.send(Message.of("end").with("why", String.valueOf(why.getMessage())));
        } catch (MemberLostException e) {
            // it needs no telling
        }
        return List.of();
    }
}
