package orrery.engine.keep;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import orrery.engine.event.History;
import orrery.engine.event.RunEvent;
import orrery.store.Json;
import orrery.store.Safetensors;
import orrery.store.Storage;
import orrery.table.Node;
import orrery.table.hold.Snapshot;
import orrery.table.plan.Recording;
import orrery.table.worker.Session;

/**
 * A committed checkpoint: a folder with a safetensors file per table and node and per worker, one of the cuts so far, and a
 * manifest, written last, that names them with their sums. A folder without a manifest is no checkpoint. The data position needs no file: which
 * examples a clock takes is a function of its number.
 */
public final class Checkpoint {
    private static final String MANIFEST = "MANIFEST.json";
    private static final String HISTORY = "history.safetensors";
    private static final String LOCAL = ".local.safetensors";
    private static final String RECORDED = ".recorded.safetensors";

    /** Where a run keeps the plan that it has learned. */
    public static final String PLAN = "plan.safetensors";

    private static final String SUM = "sum"; // of the manifest without it
    private static final int FORMAT = 4;

    private final Storage storage;
    private final String folder;
    public final int stage; // its number
    public final long clock; // the first clock to be done
    public final int workers; // of its stage
    public final boolean finishes; // what was measured there has ended the job
    private final Identity identity;
    private final Map<String, Storage.Written> files;

    private Checkpoint(
            Storage storage,
            String folder,
            int stage,
            long clock,
            int workers,
            boolean finishes,
            Identity identity,
            Map<String, Storage.Written> files) {
        this.storage = storage;
        this.folder = folder;
        this.stage = stage;
        this.clock = clock;
        this.workers = workers;
        this.finishes = finishes;
        this.identity = identity;
        this.files = files;
    }

    /** Makes the folder ready: what it held is no checkpoint any more. Returns its name. */
    public static String begin(Checkpoints checkpoints, int stage, long clock) throws IOException {
        String folder = folder(stage, clock);
        checkpoints.storage().delete(folder); // a resumed run may come by here again, with other members
        return folder;
    }

    /** All files are there: the manifest makes them a checkpoint. Returns the bytes of the whole. */
    public static long commit(
            Checkpoints checkpoints,
            Identity identity,
            int stage,
            long clock,
            int workers,
            boolean finishes,
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
        manifest.put("finishes", finishes);
        manifest.put("epoch", epoch);
        manifest.put("identity", identity.values());
        var all = new TreeMap<>(files);
        var cuts = History.of(history);
        all.put(
                HISTORY,
                storage.write(folder + "/" + HISTORY, out -> Safetensors.write(out, cuts.metadata(), cuts.tensors())));
        var sums = new LinkedHashMap<String, Object>();
        long bytes = 0;
        for (var file : all.entrySet()) {
            var sum = new LinkedHashMap<String, Object>();
            sum.put("bytes", file.getValue().bytes());
            sum.put("crc32c", file.getValue().crc32c());
            sums.put(file.getKey(), sum);
            bytes += file.getValue().bytes();
        }
        manifest.put("files", sums);
        manifest.put(SUM, sum(manifest));
        bytes += storage.writeText(folder + "/" + MANIFEST, Json.pretty(manifest))
                .bytes();
        forgetOthers(storage, folder, checkpoints.keep());
        return bytes;
    }

    /** Writes the files of one node and its workers. Returns name to size and sum. */
    public static Map<String, Storage.Written> write(
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
    public List<Recording> recordings(int workers) throws IOException {
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

    /** The cuts before it. */
    public List<RunEvent.CutReached> history() throws IOException {
        try (var file = Safetensors.open(storage, folder + "/" + HISTORY)) {
            return History.read(file);
        }
    }

    public static String folder(int stage, long clock) {
        return String.format("stage-%03d-clock-%010d", stage, clock);
    }

    /** Keeps the newest, of which {@code last} is the last: what is said to be later was damaged, and gone back before. */
    private static void forgetOthers(Storage storage, String last, int keep) throws IOException {
        var all = committed(storage);
        int at = all.indexOf(last);
        if (at < 0) {
            return; // a storage that does not show yet what was just written
        }
        for (int i = 0; i < all.size(); i++) {
            if (i > at || i <= at - keep) {
                storage.delete(all.get(i) + "/" + MANIFEST); // first: what follows may be cut short
                storage.delete(all.get(i));
            }
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
    public static void checkThatNoneIsIn(Storage storage) throws IOException {
        var old = committed(storage);
        if (!old.isEmpty()) {
            throw new IOException(storage.where("") + ": holds checkpoints of another run, such as " + old.getLast()
                    + "; go on with that, or keep this one elsewhere");
        }
    }

    /** Takes in a checkpoint that is passed over. */
    @FunctionalInterface
    public interface Skipped {
        void over(String where, String why);
    }

    /** Whether there is one, sound or not. */
    static boolean isAnyIn(Storage storage) throws IOException {
        return !committed(storage).isEmpty();
    }

    /** The newest that is sound, of a run of this identity. */
    public static Optional<Checkpoint> newest(Storage storage, Place place, Identity identity, Skipped skipped)
            throws IOException {
        for (var folder : committed(storage).reversed()) {
            try {
                var checkpoint = read(storage, folder);
                if (checkpoint.identity.from(identity).isEmpty()) {
                    checkpoint.checkPlace(place);
                }
                checkpoint.checkSums();
                return Optional.of(checkpoint);
            } catch (IOException e) {
                skipped.over(storage.where(folder), String.valueOf(e.getMessage()));
            }
        }
        return Optional.empty();
    }

    /** The newest that is sound, to go on from: an error if there is none, or if it is of another run. */
    public static Checkpoint toResume(Storage storage, Place place, Identity identity, Skipped skipped)
            throws IOException {
        if (!isAnyIn(storage)) {
            throw new IOException(storage.where("") + ": no checkpoint to go on from; start without --resume");
        }
        var why = new ArrayList<String>();
        var newest = newest(storage, place, identity, (where, reason) -> {
            why.add(reason);
            skipped.over(where, reason);
        });
        var found = newest.orElseThrow(() -> new IOException(storage.where("")
                + ": none of its checkpoints can be read (" + String.join("; ", why)
                + "); begin anew under another name"));
        found.check(identity);
        return found;
    }

    private void checkPlace(Place place) throws IOException {
        var ill = place.ill(stage, clock, this);
        if (ill.isPresent()) {
            throw new IOException(storage.where(folder + "/" + MANIFEST) + ": is damaged: " + ill.get());
        }
    }

    /** Where in a job a checkpoint can be. */
    @FunctionalInterface
    public interface Place {
        /** Why there is no such place, in words; empty if there is. */
        Optional<String> ill(int stage, long clock, Checkpoint of) throws IOException;
    }

    private void checkSums() throws IOException {
        for (var file : files.entrySet()) {
            var due = file.getValue();
            if (!storage.holds(folder + "/" + file.getKey())) {
                throw new IOException(storage.where(folder + "/" + file.getKey()) + ": is missing");
            }
            var is = storage.sum(folder + "/" + file.getKey());
            if (!is.equals(due)) {
                throw new IOException(storage.where(folder + "/" + file.getKey()) + ": damaged: " + is.bytes()
                        + " bytes with CRC32C " + is.crc32c() + ", the manifest says " + due.bytes() + " and "
                        + due.crc32c());
            }
        }
    }

    /** A committed checkpoint, whose files somebody else has checked. */
    public static Checkpoint read(Storage storage, String folder) throws IOException {
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
                            Json.whole(sum.get("bytes"), where, "bytes", 0, Long.MAX_VALUE),
                            Json.whole(sum.get("crc32c"), where, "crc32c", 0, 0xffff_ffffL)));
        }
        var identity = new TreeMap<String, String>();
        Json.map(manifest.get("identity"), where, "identity")
                .forEach((key, value) -> identity.put(key, String.valueOf(value)));
        var checkpoint = new Checkpoint(
                storage,
                folder,
                (int) Json.whole(manifest.get("stage"), where, "stage", 0, Integer.MAX_VALUE),
                Json.whole(manifest.get("clock"), where, "clock", 0, Long.MAX_VALUE),
                (int) Json.whole(manifest.get("workers"), where, "workers", 1, Checkpoints.MOST_WORKERS),
                Boolean.TRUE.equals(manifest.get("finishes")),
                new Identity(identity, new TreeMap<>(), ""),
                files);
        var due = manifest.remove(SUM);
        if (!sum(manifest).equals(due)) {
            throw new IOException(where + ": is damaged: it has sum " + sum(manifest) + ", expected " + due);
        }
        return checkpoint;
    }

    private static String sum(Map<String, Object> manifest) {
        var crc = new CRC32C();
        crc.update(Json.line(manifest).getBytes(StandardCharsets.UTF_8));
        return String.format("crc32c:%08x", crc.getValue());
    }

    /** Refuses to go on as another run than the one that was saved. */
    private void check(Identity asked) throws IOException {
        var different = asked.from(identity);
        if (different.isPresent()) {
            var of = different.get();
            throw new IOException(
                    where() + ": cannot go on: " + of.name() + " was " + of.due() + ", now it is " + of.is());
        }
    }

    public void restoreTables(Node node) throws IOException {
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

    public String folder() {
        return folder;
    }

    public String where() {
        return storage.where(folder);
    }
}
