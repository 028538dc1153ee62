package orrery.learn.linear;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import orrery.store.Json;
import orrery.store.Place;
import orrery.store.Safetensors;
import orrery.store.Storage;
import orrery.table.spec.TableSpec;

/**
 * The files of a model that is larger than memory may be: beside the model's own file, which has all but the weights, files
 * with some of the weights each, and an index in JSON that says which tensor is in which file, as other tools write it for
 * safetensors in parts. The index has a sum of each file, too.
 */
final class ModelParts {
    /** In the metadata of the model's file: the name of the index. */
    static final String INDEX = "index";

    private static final String INDEX_SUM = "indexSum";
    private static final String LAYOUT = "layout";
    private static final String BY_KEY = "keys and values, sorted by block";
    private static final String BY_NUMBER = "values by number";
    private static final String OF_FILE = ".safetensors";

    private ModelParts() {}

    /** What the index of a model's file is called. */
    static String index(String model) {
        return model + ".index.json";
    }

    /** What a part of a model is called, of so many. */
    static String part(String model, int position, int count) {
        String base = model.endsWith(OF_FILE) ? model.substring(0, model.length() - OF_FILE.length()) : model;
        return String.format("%s-%05d-of-%05d%s", base, position + 1, count, OF_FILE);
    }

    /** Writes the index of parts that are there. */
    static void writeIndex(Storage folder, String model, Map<String, Storage.Written> parts) throws IOException {
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

    /** The weights of which a model's file names the index. */
    static Weights.InParts open(Safetensors model, Place path, int features, int width) throws IOException {
        var folder = path.parent();
        String index = model.metadata().getOrDefault(INDEX, ""); // whose files' sums are checked here, once
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
        var names = new ArrayList<String>();
        for (var file : files(folder, index).entrySet()) {
            check(folder, file.getKey(), file.getValue());
            names.add(file.getKey());
        }
        boolean isByKey = BY_KEY.equals(model.metadata().get(LAYOUT));
        long rows = isByKey ? TableSpec.OPEN : features;
        return new Weights.InParts(
                text(path), names.toArray(String[]::new), files(folder, index).toString(), rows, width);
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

    /** Copies parts to where a model's file will be, if they are not there, checking their sums; says so in its metadata. */
    static void save(Weights.InParts parts, Place file, Map<String, String> metadata) throws IOException {
        metadata.put(INDEX, index(file.name()));
        metadata.put(LAYOUT, parts.areByKey() ? BY_KEY : BY_NUMBER);
        var to = file.parent();
        var from = new Place(parts.folder()).folder();
        var names = List.of(parts.names());
        boolean areThere = to.where("").equals(from.where("")) && to.holds(index(file.name()));
        if (areThere && files(to, index(file.name())).toString().equals(parts.sum())) {
            metadata.put(INDEX_SUM, sum(to.readText(index(file.name()))));
            return;
        }
        String tag = tag(parts.sum()); // of what was saved under that name before, no file is written over
        var written = new TreeMap<String, Storage.Written>();
        for (int i = 0; i < names.size(); i++) {
            String name = part(tagged(file.name(), tag), i, names.size());
            String of = names.get(i);
            written.put(name, to.write(name, out -> {
                var buffer = ByteBuffer.allocateDirect(1 << 18);
                try (var in = from.read(of)) {
                    while (in.read(buffer.clear()) >= 0) {
                        Storage.writeFully(out, buffer.flip());
                    }
                }
            }));
        }
        writeIndex(to, file.name(), written);
        metadata.put(INDEX_SUM, sum(to.readText(index(file.name()))));
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
    static void deleteOthers(Storage folder, String model, Set<String> parts) throws IOException {
        String base = model.endsWith(OF_FILE) ? model.substring(0, model.length() - OF_FILE.length()) : model;
        for (var name : folder.list("")) {
            if (name.matches(Pattern.quote(base) + "(-[0-9a-f]{8})?-[0-9]{5}-of-[0-9]{5}" + Pattern.quote(OF_FILE))
                    && !parts.contains(name)) {
                folder.delete(name);
            }
        }
    }
}
