package orrery.engine.train;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import orrery.store.Json;
import orrery.store.Place;
import orrery.store.Safetensors;
import orrery.store.Storage;
import orrery.table.hold.StoredRows;
import orrery.table.spec.TableSpec;

/**
 * The files of a model that is larger than memory may be: beside the model's own file, which has all but the weights, files
 * with some of the weights each, and an index in JSON that says which tensor is in which file, as other tools write it for
 * safetensors in parts. The index has a sum of each file, too.
 */
public final class ModelParts implements Serializable {
    private static final long serialVersionUID = 1;

    private static final String INDEX = "index"; // its name, in the metadata of the model's file

    private static final String INDEX_SUM = "indexSum";
    private static final String OF_FILE = ".safetensors";

    private final String folder; // as text
    private final TreeMap<String, String> files; // a part's name, and a sum of it in words
    private final TreeMap<String, TreeSet<String>> filesOf; // by the first word of the names of their tensors

    private ModelParts(String folder, Map<String, String> files, Map<String, ? extends Set<String>> filesOf) {
        this.folder = folder;
        this.files = new TreeMap<>(files);
        this.filesOf = new TreeMap<>();
        filesOf.forEach((table, names) -> this.filesOf.put(table, new TreeSet<>(names)));
    }

    /** The first word of the names of a table's tensors in parts. */
    public static String prefix(String table) {
        return table + ".";
    }

    /** The rows of a table in these parts; to be closed by the caller. */
    public StoredRows rows(TableSpec spec) throws IOException {
        var names = filesOf.getOrDefault(spec.name(), new TreeSet<>());
        return StoredRows.open(spec, prefix(spec.name()), new Place(folder).folder(), List.copyOf(names));
    }

    /** A sum of all parts. */
    public String sum() {
        return files.toString();
    }

    /** What the index of a model's file is called. */
    private static String index(String model) {
        return model + ".index.json";
    }

    /** What a part of a model is called, of so many. */
    public static String part(String model, int position, int count) {
        String base = model.endsWith(OF_FILE) ? model.substring(0, model.length() - OF_FILE.length()) : model;
        return String.format("%s-%05d-of-%05d%s", base, position + 1, count, OF_FILE);
    }

    /** What such a part of a table is called, where a model has several of them. */
    public static String part(String model, String table, int position, int count) {
        return part(tagged(model, table), position, count);
    }

    /**
     * Writes the index of parts that are there.
     *
     * @param model what the model's file is called
     */
    public static ModelParts written(Place folder, String model, Map<String, Storage.Written> parts)
            throws IOException {
        writeIndex(folder.folder(), model, parts);
        return read(folder.text(), folder.folder(), index(model));
    }

    private static void writeIndex(Storage folder, String model, Map<String, Storage.Written> parts)
            throws IOException {
        var map = new LinkedHashMap<String, Object>();
        var sums = new LinkedHashMap<String, Object>();
        long bytes = 0;
        for (var part : new TreeMap<>(parts).entrySet()) {
            try (var file = Safetensors.open(folder, part.getKey())) {
                file.names().forEach(tensor -> map.put(tensor, part.getKey()));
            }
            var sum = new LinkedHashMap<String, Object>();
            sum.put("bytes", part.getValue().bytes());
            sum.put("crc32c", part.getValue().crc32c());
            sums.put(part.getKey(), sum);
            bytes += part.getValue().bytes();
        }
        var metadata = new LinkedHashMap<String, Object>();
        metadata.put("total_size", bytes);
        metadata.put("files", sums);
        var index = new LinkedHashMap<String, Object>();
        index.put("metadata", metadata);
        index.put("weight_map", map);
        folder.writeText(index(model), Json.pretty(index));
    }

    /** Whether a model's file has parts beside it. */
    public static boolean has(Safetensors model) {
        return model.metadata().containsKey(INDEX);
    }

    /** The parts of a model, whose sums are checked. */
    public static ModelParts open(Safetensors model, Place path) throws IOException {
        var folder = path.parent();
        String index = model.metadata().getOrDefault(INDEX, "");
        String where = folder.where(index);
        if (!index.matches("[^/\\\\]+") || !folder.holds(index)) {
            throw new IOException(path + ": its weights are in files beside it, and their index, " + where
                    + ", is not there; copy the model with all its files");
        }
        if (!sum(folder.readText(index)).equals(model.metadata().get(INDEX_SUM))) {
            throw new IOException(
                    where + ": is not the index of this model's parts, but of another's: copy the model with"
                            + " all its files, or train anew");
        }
        for (var file : files(folder, index).entrySet()) {
            check(folder, file.getKey(), file.getValue());
        }
        return read(text(path), folder, index);
    }

    private static ModelParts read(String text, Storage folder, String index) throws IOException {
        String where = folder.where(index);
        var files = new TreeMap<String, String>();
        files(folder, index).forEach((name, written) -> files.put(name, written.toString()));
        var filesOf = new TreeMap<String, TreeSet<String>>();
        Json.map(Json.object(folder.readText(index), where).get("weight_map"), where, "weight_map")
                .forEach((tensor, file) -> filesOf.computeIfAbsent(
                                tensor.substring(0, Math.max(0, tensor.indexOf('.'))), t -> new TreeSet<>())
                        .add(String.valueOf(file)));
        return new ModelParts(text, files, filesOf);
    }

    private static void check(Storage folder, String name, Storage.Written due) throws IOException {
        if (!name.matches("[^/\\\\]+") || !folder.holds(name)) {
            throw new IOException(folder.where(name) + ": this part of the model is not there;"
                    + " copy the model with all its files");
        }
        var is = folder.sum(name);
        if (!is.equals(due)) {
            throw new IOException(folder.where(name) + ": is damaged: it has " + is.bytes() + " bytes with CRC32C "
                    + is.crc32c() + ", expected " + due.bytes() + " and " + due.crc32c()
                    + "; take another copy of it, or train anew");
        }
    }

    private static Map<String, Storage.Written> files(Storage folder, String index) throws IOException {
        String where = folder.where(index);
        var metadata = Json.map(Json.object(folder.readText(index), where).get("metadata"), where, "metadata");
        var files = new TreeMap<String, Storage.Written>();
        for (var file : Json.map(metadata.get("files"), where, "files").entrySet()) {
            var sum = Json.map(file.getValue(), where, file.getKey());
            files.put(
                    file.getKey(),
                    new Storage.Written(
                            Json.whole(sum.get("bytes"), where, "bytes", 0, Long.MAX_VALUE),
                            Json.whole(sum.get("crc32c"), where, "crc32c", 0, 0xffff_ffffL)));
        }
        return files;
    }

    /** The folder of a place, as text. */
    private static String text(Place path) {
        var local = path.path();
        if (local.isPresent()) {
            return String.valueOf(local.get().toAbsolutePath().getParent());
        }
        return path.text().substring(0, path.text().lastIndexOf('/') + 1);
    }

    /**
     * Copies parts to where a model's file will be, if they are not there, and says so in that file's metadata. Nothing of
     * what was saved there before is written over but the index.
     */
    public void save(Place file, Map<String, String> metadata) throws IOException {
        metadata.put(INDEX, index(file.name()));
        var to = file.parent();
        var from = new Place(folder).folder();
        boolean areThere = to.where("").equals(from.where("")) && to.holds(index(file.name()));
        if (!areThere || !read(folder, to, index(file.name())).sum().equals(sum())) {
            var written = new TreeMap<String, Storage.Written>();
            String model = tagged(file.name(), tag(sum()));
            for (var name : files.keySet()) {
                String copy = part(model, written.size(), files.size());
                written.put(copy, copied(from, name, to, copy));
            }
            writeIndex(to, file.name(), written);
        }
        metadata.put(INDEX_SUM, sum(to.readText(index(file.name()))));
    }

    private static Storage.Written copied(Storage from, String name, Storage to, String copy) throws IOException {
        return to.write(copy, out -> {
            var buffer = ByteBuffer.allocateDirect(1 << 18);
            try (var in = from.read(name)) {
                while (in.read(buffer.clear()) >= 0) {
                    Storage.writeFully(out, buffer.flip());
                }
            }
        });
    }

    private static String tag(String sums) {
        return sum(sums).substring("crc32c:".length());
    }

    private static String tagged(String model, String tag) {
        return model.endsWith(OF_FILE)
                ? model.substring(0, model.length() - OF_FILE.length()) + "-" + tag + OF_FILE
                : model + "-" + tag;
    }

    private static String sum(String text) {
        var crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return String.format("crc32c:%08x", crc.getValue());
    }

    /** Deletes what is left of parts of a model that has other ones now: such as of a run that more members have ended. */
    public static void deleteOthers(Storage folder, String model, Set<String> parts) throws IOException {
        String base = model.endsWith(OF_FILE) ? model.substring(0, model.length() - OF_FILE.length()) : model;
        for (var name : folder.list("")) {
            if (name.matches(Pattern.quote(base) + "(-[a-z0-9]{1,20})?-[0-9]{5}-of-[0-9]{5}" + Pattern.quote(OF_FILE))
                    && !parts.contains(name)) {
                folder.delete(name);
            }
        }
    }
}
