package orrery.app.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import orrery.app.flags.UsageException;
import orrery.engine.event.RunEvent;
import orrery.store.Json;
import orrery.store.Place;
import orrery.store.Readers;
import orrery.store.Storage;
import orrery.store.Unwritable;
import orrery.table.plan.AccessPlan;

/**
 * What a training leaves: {@code config} (its options, to be read by --config), {@code provenance.json} (data, seed,
 * commit, JDK), {@code metrics.jsonl} (its events, a line each), {@code members.log}, {@code checkpoints/}, {@code model.safetensors} and
 * {@code result.json}.
 */
public final class RunFolder {
    public static final Path ALL = Path.of("runs");
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final Path path;
    private final Readers readers;

    private RunFolder(Path path, Readers readers) {
        this.path = path;
        this.readers = readers;
    }

    /** Makes a new folder, for certain readers; of a name of its own if {@code asked} is empty. */
    public static RunFolder create(String asked, String app, Instant now, Readers readers) throws IOException {
        try {
            return made(asked, app, now, readers);
        } catch (FileSystemException e) {
            throw Unwritable.at((asked.isEmpty() ? ALL : Path.of(asked)) + ", where the run is to be kept (--run)", e);
        }
    }

    private static RunFolder made(String asked, String app, Instant now, Readers readers) throws IOException {
        if (!asked.isEmpty()) {
            var path = Path.of(asked);
            if (Files.exists(path.resolve("config"))) {
                throw new UsageException(
                        "the run " + asked + " exists; go on with --resume " + asked + ", or give another --run");
            }
            Files.createDirectories(path, readers.ofFolder(path));
            return new RunFolder(path, readers);
        }
        Files.createDirectories(ALL);
        String name = app + "-" + STAMP.format(now);
        for (int n = 1; ; n++) {
            try {
                var path = ALL.resolve(n == 1 ? name : name + "-" + n);
                return new RunFolder(Files.createDirectory(path, readers.ofFolder(path)), readers);
            } catch (FileAlreadyExistsException e) {
                // two in one second: the next gets a number
            }
        }
    }

    /** A folder that is there. */
    public static RunFolder open(String asked) {
        var path = Path.of(asked);
        if (!Files.isDirectory(path) && Files.isDirectory(ALL.resolve(asked))) {
            path = ALL.resolve(asked);
        }
        if (!Files.exists(path.resolve("config"))) {
            throw new UsageException(asked + ": is no run and no model; list the runs with: orrery runs");
        }
        return new RunFolder(path, Readers.AS_USUAL);
    }

    /** The same for certain readers of what is written from now on. */
    public RunFolder readBy(Readers others) {
        return new RunFolder(path, others);
    }

    public Path path() {
        return path;
    }

    private Storage storage() {
        return Storage.local(path, readers);
    }

    /** The folder as a place. */
    public Place place() {
        return Place.of(path).readBy(readers);
    }

    public Path model() {
        return path.resolve("model.safetensors");
    }

    public Path config() {
        return path.resolve("config");
    }

    /** Keeps others from running in this folder until it is closed. */
    public FileChannel lock() throws IOException {
        var place = path.resolve("lock");
        FileChannel channel;
        try {
            channel = FileChannel.open(
                    place, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), readers.ofFile(place));
        } catch (FileSystemException e) {
            throw Unwritable.at(place.toString(), e);
        }
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // held by this process: as good as by another
        }
        channel.close();
        throw new UsageException(path + " is in use by another run");
    }

    public void writeConfig(String text) throws IOException {
        storage().writeText("config", text);
    }

    /** Keeps what is known of what workers touch; whoever goes on with the run finds rows where they were. */
    public void writePlan(AccessPlan plan) throws IOException {
        plan.write(storage(), "plan.safetensors");
    }

    /** The plan of the run, if it has one. */
    public Optional<AccessPlan> plan() throws IOException {
        return plan(storage());
    }

    /** The plan that is kept there, if there is one; among checkpoints those that the run has made. */
    public static Optional<AccessPlan> plan(Storage storage) throws IOException {
        return storage.holds("plan.safetensors")
                ? Optional.of(AccessPlan.read(storage, "plan.safetensors"))
                : Optional.empty();
    }

    public void writeProvenance(Map<String, String> provenance) throws IOException {
        storage().writeText("provenance.json", Json.pretty(provenance));
    }

    public void writeResult(Map<String, Object> result) throws IOException {
        storage().writeText("result.json", Json.pretty(result));
    }

    /** A file of the run as a map; empty if it is not there. */
    public Map<String, Object> read(String name) throws IOException {
        var storage = storage();
        return storage.holds(name) ? Json.object(storage.readText(name), storage.where(name)) : Map.of();
    }

    /** What it is called. */
    public String name() {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    /** Writes the events that matter later to {@code metrics.jsonl}, and what members say to {@code members.log}. */
    public Consumer<RunEvent> recorder() {
        return event -> {
            if (event instanceof RunEvent.MemberSaid said) {
                append("members.log", "member-" + said.member() + " | " + said.line());
            }
            var line = line(event);
            if (!line.isEmpty()) {
                append("metrics.jsonl", Json.line(line));
            }
        };
    }

    private void append(String file, String line) {
        var place = path.resolve(file);
        try (var channel = FileChannel.open(
                place, Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND), readers.ofFile(place))) {
            Storage.writeFully(channel, ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(Unwritable.at(place.toString(), e));
        }
    }

    /** The folder of a run that another process has made. */
    public static RunFolder of(Path path) {
        return new RunFolder(path, Readers.AS_USUAL);
    }

    private static Map<String, Object> line(RunEvent event) {
        var line = new LinkedHashMap<String, Object>();
        switch (event) {
            case RunEvent.Started started -> {
                line.put("event", "started");
                line.put("job", started.job());
                line.put("workers", started.workers());
                line.put("consistency", started.consistency());
                line.put("seed", started.seed());
            }
            case RunEvent.Resumed resumed -> {
                line.put("event", "resumed");
                line.put("clock", resumed.clock());
                line.put("checkpoint", resumed.checkpoint());
            }
            case RunEvent.CutReached cut -> {
                line.put("event", "cut");
                line.put("stage", cut.stage());
                line.put("clock", cut.clock());
                line.put("examples", cut.examples());
                line.put("seconds", cut.elapsed().toNanos() / 1e9);
                line.putAll(cut.metrics());
            }
            case RunEvent.Checkpointed checkpoint -> {
                line.put("event", "checkpoint");
                line.put("clock", checkpoint.clock());
                line.put("bytes", checkpoint.bytes());
            }
            case RunEvent.CheckpointPassedOver passed -> {
                line.put("event", "checkpointPassedOver");
                line.put("checkpoint", passed.where());
                line.put("why", passed.why());
            }
            case RunEvent.WorkerFailed failed -> {
                line.put("event", "failed");
                line.put("stage", failed.stage());
                line.put("worker", failed.worker());
                line.put("clock", failed.clock());
                line.put("cause", String.valueOf(failed.cause()));
            }
            case RunEvent.StageEnded ended -> {
                line.put("event", "stage");
                line.put("stage", ended.stage());
                line.put(
                        "waitedSeconds",
                        ended.waited().stream().map(d -> d.toNanos() / 1e9).toList());
            }
            case RunEvent.Ended ended -> {
                line.put("event", "ended");
                line.put("status", ended.status().name());
                line.put("seconds", ended.elapsed().toNanos() / 1e9);
                line.put("cpuSeconds", ended.cpu().toNanos() / 1e9);
            }
            case RunEvent.MemberLost lost -> {
                line.put("event", "lost");
                line.put("member", lost.member());
                line.put("why", lost.why());
            }
            case RunEvent.Continued on -> {
                line.put("event", "continued");
                line.put("member", on.member());
                line.put("clock", on.clock());
                line.put("clocksLost", on.clocksLost());
            }
            case RunEvent.MemoryPlanned memory -> {
                line.put("event", "memory");
                line.put("members", memory.members());
                line.put("bytes", memory.plan().bytes());
                line.put("limit", memory.limit());
            }
            case RunEvent.Planned planned -> {
                line.put("event", "planned");
                line.put("placing", planned.plan().placing().name());
                line.put("bytesPerClock", planned.plan().bytesPerClock());
            }
            case RunEvent.Rescaled rescaled -> {
                line.put("event", "rescaled");
                line.put("members", rescaled.members());
                line.put("blocksMoved", rescaled.blocksMoved());
            }
            case RunEvent.Resized resized -> {
                line.put("event", "resized");
                line.put("stage", resized.stage());
                line.put("clock", resized.clock());
                line.put("workers", resized.after());
                line.put("secondsPerClock", resized.perClock().toNanos() / 1e9);
            }
            case RunEvent.StageStarted _, RunEvent.Progressed _, RunEvent.MemberSaid _, RunEvent.Counted _ -> {}
        }
        return line;
    }
}
