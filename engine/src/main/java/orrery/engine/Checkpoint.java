package orrery.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.store.Json;
import orrery.store.Safetensors;
import orrery.store.Storage;
import orrery.table.Node;
import orrery.table.Session;
import orrery.table.Snapshot;
import orrery.table.plan.Recording;

/**
 * A committed checkpoint: a folder with a safetensors file per table and node and per worker, and a manifest, written last, that
 * names them with their sums. A folder without a manifest is no checkpoint. The data position needs no file: which
 * examples a clock takes is a function of its number.
 */
final class Checkpoint {
    private static final String MANIFEST = "MANIFEST.json";
    private static final String LOCAL = ".local.safetensors";
    private static final String RECORDED = ".recorded.safetensors";

    /** Where a run keeps the plan that it has learned. */
    static final String PLAN = "plan.safetensors";

    private static final int FORMAT = 3;

    private final Storage storage;
    private final String folder;
    final int stage; // its number
    final long clock; // the first clock to be done
    final int workers; // of its stage
    final List<RunEvent.CutReached> history;
    private final Map<String, String> identity;
    private final Map<String, Storage.Written> files;

    private Checkpoint(
            Storage storage,
            String folder,
            int stage,
            long clock,
            int workers,
            List<RunEvent.CutReached> history,
            Map<String, String> identity,
            Map<String, Storage.Written> files) {
        this.storage = storage;
        this.folder = folder;
        this.stage = stage;
        this.clock = clock;
        this.workers = workers;
        this.history = history;
        this.identity = identity;
        this.files = files;
    }

    /** Makes the folder ready: what it held is no checkpoint any more. Returns its name. */
    static String begin(Checkpoints checkpoints, int stage, long clock) throws IOException {
        String folder = folder(stage, clock);
        checkpoints.storage().delete(folder); // a resumed run may come by here again, with other members
        return folder;
    }

    /** All files are there: the manifest makes them a checkpoint. Returns the bytes of the whole. */
    static long commit(
            Checkpoints checkpoints,
            Map<String, String> identity,
            int stage,
            long clock,
            int workers,
            List<RunEvent.CutReached> history,
            Map<String, Storage.Written> files,
            int epoch)
            throws IOException {
        var storage = checkpoints.storage();
        String folder = folder(stage, clock);
        var manifest = new LinkedHashMap<String, Object>();
        manifest.put("format", FORMAT);
        manifest.put("stage", stage);
        manifest.put("clock", clock);
        manifest.put("workers", workers);
        manifest.put("epoch", epoch);
        manifest.put("identity", identity);
        manifest.put("history", history.stream().map(Checkpoint::toMap).toList());
        var sums = new LinkedHashMap<String, Object>();
        long bytes = 0;
        for (var file : new TreeMap<>(files).entrySet()) {
            var sum = new LinkedHashMap<String, Object>();
            sum.put("bytes", file.getValue().bytes());
            sum.put("crc32c", file.getValue().crc32c());
            sums.put(file.getKey(), sum);
            bytes += file.getValue().bytes();
        }
        manifest.put("files", sums);
        bytes += storage.writeText(folder + "/" + MANIFEST, Json.pretty(manifest))
                .bytes();
        forgetOld(storage, checkpoints.keep());
        return bytes;
    }

    /** Writes the files of one node and its workers. Returns name to size and sum. */
    static Map<String, Storage.Written> write(
            Storage storage,
            String folder,
            Snapshot tables,
            Map<Integer, byte[]> locals,
            Map<Integer, byte[]> recorded,
            String life)
            throws IOException {
        var files = new TreeMap<>(tables.write(storage, folder));
        write(storage, folder, "worker-", locals, (life.isEmpty() ? "" : "." + life) + LOCAL, files);
        write(storage, folder, "touched-by-", recorded, (life.isEmpty() ? "" : "." + life) + RECORDED, files);
        return files;
    }

    private static void write(
            Storage storage,
            String folder,
            String prefix,
            Map<Integer, byte[]> byWorker,
            String suffix,
            Map<String, Storage.Written> files)
            throws IOException {
        for (var entry : byWorker.entrySet()) {
            if (entry.getValue().length > 0) {
                String name = prefix + entry.getKey() + suffix;
                files.put(
                        name,
                        storage.write(
                                folder + "/" + name,
                                out -> Storage.writeFully(out, ByteBuffer.wrap(entry.getValue()))));
            }
        }
    }

    /** What each worker has touched up to this checkpoint; of those that were recorded. */
    List<Recording> recordings(int workers) throws IOException {
        var recordings = new ArrayList<Recording>();
        for (int w = 0; w < workers; w++) {
            for (var name : files.keySet()) {
                if (name.startsWith("touched-by-" + w + ".") && name.endsWith(RECORDED)) {
                    try (var file = Safetensors.open(storage, folder + "/" + name)) {
                        recordings.add(Recording.read(file));
                    }
                }
            }
        }
        return recordings;
    }

    private static Map<String, Object> toMap(RunEvent.CutReached cut) {
        var map = new LinkedHashMap<String, Object>();
        map.put("stage", cut.stage());
        map.put("clock", cut.clock());
        map.put("examples", cut.examples());
        map.put("seconds", cut.elapsed().toNanos() / 1e9);
        map.put("metrics", cut.metrics());
        return map;
    }

    static String folder(int stage, long clock) {
        return String.format("stage-%03d-clock-%010d", stage, clock);
    }

    private static void forgetOld(Storage storage, int keep) throws IOException {
        var all = committed(storage);
        for (var folder : all.subList(0, Math.max(0, all.size() - keep))) {
            storage.delete(folder + "/" + MANIFEST); // first: what follows may be cut short
            storage.delete(folder);
        }
    }

    /** Folders with a manifest, oldest first: their names sort by stage and clock. */
    private static List<String> committed(Storage storage) throws IOException {
        var found = new ArrayList<String>();
        for (var folder : storage.list("")) {
            if (storage.holds(folder + "/" + MANIFEST)) {
                found.add(folder);
            }
        }
        return found;
    }

    /** A new run does not mix its checkpoints with those of an old one. */
    static void checkThatNoneIsIn(Storage storage) throws IOException {
        var old = committed(storage);
        if (!old.isEmpty()) {
            throw new IOException(storage.where("") + ": holds checkpoints of another run, such as " + old.getLast()
                    + "; go on with that, or keep this one elsewhere");
        }
    }

    /** The newest checkpoint, its files' sums checked. */
    static Checkpoint newest(Storage storage) throws IOException {
        var all = committed(storage);
        if (all.isEmpty()) {
            throw new IOException(storage.where("") + ": no checkpoint to go on from; start without --resume");
        }
        return open(storage, all.getLast());
    }

    /** A committed checkpoint, its files' sums checked. */
    static Checkpoint open(Storage storage, String folder) throws IOException {
        var checkpoint = read(storage, folder);
        checkpoint.checkSums();
        return checkpoint;
    }

    private void checkSums() throws IOException {
        for (var file : files.entrySet()) {
            var due = file.getValue();
            var is = storage.sum(folder + "/" + file.getKey());
            if (!is.equals(due)) {
                throw new IOException(storage.where(folder + "/" + file.getKey()) + ": damaged: " + is.bytes()
                        + " bytes with CRC32C " + is.crc32c() + ", the manifest says " + due.bytes() + " and "
                        + due.crc32c());
            }
        }
    }

    /** A committed checkpoint, whose files somebody else has checked. */
    static Checkpoint read(Storage storage, String folder) throws IOException {
        String place = folder + "/" + MANIFEST;
        String where = storage.where(place);
        var manifest = Json.object(storage.readText(place), where);
        if (!Integer.valueOf(FORMAT).equals(manifest.get("format"))) {
            throw new IOException(where + ": format is " + manifest.get("format") + ", this version reads " + FORMAT);
        }
        var files = new TreeMap<String, Storage.Written>();
        for (var file : Json.map(manifest.get("files"), where, "files").entrySet()) {
            var sum = Json.map(file.getValue(), where, file.getKey());
            files.put(
                    file.getKey(),
                    new Storage.Written(
                            number(sum.get("bytes"), where, "bytes"), number(sum.get("crc32c"), where, "crc32c")));
        }
        var history = new ArrayList<RunEvent.CutReached>();
        if (manifest.get("history") instanceof List<?> list) {
            for (var entry : list) {
                history.add(cut(Json.map(entry, where, "history"), where));
            }
        }
        var identity = new TreeMap<String, String>();
        Json.map(manifest.get("identity"), where, "identity")
                .forEach((key, value) -> identity.put(key, String.valueOf(value)));
        return new Checkpoint(
                storage,
                folder,
                (int) number(manifest.get("stage"), where, "stage"),
                number(manifest.get("clock"), where, "clock"),
                (int) number(manifest.get("workers"), where, "workers"),
                List.copyOf(history),
                identity,
                files);
    }

    private static RunEvent.CutReached cut(Map<String, Object> map, String where) throws IOException {
        var metrics = new LinkedHashMap<String, Double>();
        Json.map(map.get("metrics"), where, "metrics")
                .forEach((name, value) -> metrics.put(name, Double.valueOf(String.valueOf(value))));
        double seconds = map.get("seconds") instanceof Number n ? n.doubleValue() : 0;
        return new RunEvent.CutReached(
                String.valueOf(map.get("stage")),
                number(map.get("clock"), where, "clock"),
                metrics,
                number(map.get("examples"), where, "examples"),
                Duration.ofNanos((long) (seconds * 1e9)));
    }

    private static long number(@Nullable Object value, String where, String key) throws IOException {
        return Json.number(value, where, key).longValue();
    }

    /** Refuses to go on as another run than the one that was saved. */
    void check(Map<String, String> asked) throws IOException {
        for (var entry : asked.entrySet()) {
            var saved = identity.get(entry.getKey());
            if (!entry.getValue().equals(saved)) {
                throw new IOException(where() + ": cannot go on: " + entry.getKey() + " was "
                        + (saved == null ? "not set" : saved) + ", now it is " + entry.getValue());
            }
        }
        for (var entry : identity.entrySet()) {
            if (!asked.containsKey(entry.getKey())) {
                throw new IOException(where() + ": cannot go on: " + entry.getKey() + " was " + entry.getValue()
                        + ", now it is not set");
            }
        }
    }

    void restoreTables(Node node) throws IOException {
        node.load(storage, folder, files.keySet()); // not what a member that was lost may have left in the folder
    }

    void restoreLocal(Session session) throws IOException {
        for (var name : files.keySet()) {
            if (name.startsWith("worker-" + session.worker() + ".") && name.endsWith(LOCAL)) {
                try (var file = Safetensors.open(storage, folder + "/" + name)) {
                    session.restoreLocal(file);
                }
            }
        }
    }

    String folder() {
        return folder;
    }

    String where() {
        return storage.where(folder);
    }
}
