package orrery.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;
import orrery.store.Json;
import orrery.store.Readers;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;
import orrery.store.Storage;

/**
 * What was parsed before, so that it need not be parsed again: packed examples and schema in one safetensors file per
 * (source, options). An entry counts only as long as the source has the bytes that it had, by their SHA-256, and as long
 * as the entry's own sum is right; it costs a pass over the source's bytes, at 1.5 to 2 GB a second.
 */
public final class Cache {
    private static final String VERSION = "2";

    private final @Nullable Path folder;

    private Cache(@Nullable Path folder) {
        this.folder = folder;
    }

    /** A cache in a folder. */
    public static Cache in(Path folder) {
        return new Cache(folder);
    }

    /** No cache: all is parsed anew. */
    public static Cache none() {
        return new Cache(null);
    }

    /** {@code ORRERY_CACHE}, or {@code orrery} in the user's cache folder. */
    public static Path defaultFolder() {
        var own = System.getenv("ORRERY_CACHE");
        if (own != null && !own.isEmpty()) {
            return Path.of(own);
        }
        var xdg = System.getenv("XDG_CACHE_HOME");
        return xdg != null && !xdg.isEmpty()
                ? Path.of(xdg, "orrery")
                : Path.of(System.getProperty("user.home"), ".cache", "orrery");
    }

    /** Where an entry is, and the state of its source. */
    record Key(String file, String state) {}

    /** The key of files' content, read in a certain way. */
    static Key key(FileSet files, String how) throws IOException {
        var absolute = Path.of(files.name()).toAbsolutePath().normalize();
        return key(String.valueOf(absolute.getFileName()), absolute + " " + how, files.sum());
    }

    @Override
    public String toString() {
        return String.valueOf(folder);
    }

    /** Whether anything is kept at all. */
    boolean isOn() {
        return folder != null;
    }

    static Key key(String name, String identity, String state) {
        var crc = new CRC32C();
        crc.update((VERSION + " " + identity).getBytes(StandardCharsets.UTF_8));
        String clean = name.replaceAll("[^A-Za-z0-9._-]", "_");
        return new Key(
                "examples/" + clean + "-" + HexFormat.of().toHexDigits((int) crc.getValue()),
                VERSION + ": " + identity + ": " + state);
    }

    @Nullable
    Loaded find(Key key) {
        if (folder == null) {
            return null;
        }
        try (var file = Safetensors.open(Storage.local(folder), key.file())) {
            return key.state().equals(file.metadata().get("source")) ? read(file) : null;
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException | RuntimeException e) {
            return null; // a damaged entry is as none: it is parsed anew and replaced
        }
    }

    private static Loaded read(Safetensors file) throws IOException {
        var parts = new ArrayList<Part>();
        for (int p = 0; file.names().contains("labels." + p); p++) {
            parts.add(new Part(
                    file.ints("offsets." + p),
                    file.ints("indices." + p),
                    file.floats("values." + p),
                    file.doubles("labels." + p),
                    file.names().contains("weights." + p) ? file.floats("weights." + p) : null,
                    file.names().contains("groups." + p) ? file.ints("groups." + p) : null));
        }
        byte[] words = file.bytes("words");
        String ofSchema = file.metadata().getOrDefault("schema", "");
        String ofReading = file.metadata().getOrDefault("reading", "");
        var schema = Schema.fromMap(Json.object(ofSchema, file.where()), splitWords(words), file.where());
        var examples = new Examples(parts.toArray(Part[]::new), schema.features());
        if (!sum(examples, words, ofSchema, ofReading).equals(file.metadata().get("sum"))) {
            throw new IOException(file.where() + ": damaged");
        }
        return new Loaded(examples, schema, Reading.fromMap(Json.object(ofReading, file.where())));
    }

    /** A sum of all that is in an entry. */
    private static String sum(Examples examples, byte[] words, String schema, String reading) {
        var crc = new CRC32C();
        crc.update(words);
        crc.update(schema.getBytes(StandardCharsets.UTF_8));
        crc.update(reading.getBytes(StandardCharsets.UTF_8));
        return examples.sum() + String.format(" %08x", crc.getValue());
    }

    void keep(Key key, Loaded loaded) throws IOException {
        if (folder == null) {
            return;
        }
        var tensors = new ArrayList<Tensor>();
        byte[] words = joinWords(loaded.schema().words());
        tensors.add(Tensor.bytes("words", words));
        var parts = loaded.examples().parts();
        for (int p = 0; p < parts.size(); p++) {
            var part = parts.get(p);
            tensors.add(Tensor.ints("offsets." + p, part.offsets()));
            tensors.add(Tensor.ints("indices." + p, part.indices()));
            tensors.add(Tensor.floats("values." + p, part.values()));
            tensors.add(Tensor.doubles("labels." + p, part.labels()));
            if (part.weights() != null) {
                tensors.add(Tensor.floats("weights." + p, part.weights()));
            }
            if (part.groups() != null) {
                tensors.add(Tensor.ints("groups." + p, part.groups()));
            }
        }
        var metadata = new LinkedHashMap<String, String>();
        metadata.put("source", key.state());
        String schema = Json.line(loaded.schema().toMap());
        String reading = Json.line(loaded.reading().toMap());
        metadata.put("schema", schema);
        metadata.put("reading", reading);
        metadata.put("sum", sum(loaded.examples(), words, schema, reading));
        Storage.local(folder, Readers.OWNER_ONLY).write(key.file(), out -> Safetensors.write(out, metadata, tensors));
    }

    /** Words as one text, a line each. */
    public static byte[] joinWords(List<String> words) {
        var text = new StringBuilder();
        for (var word : words) {
            text.append(word.replace("\\", "\\\\").replace("\n", "\\n")).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** What {@link #joinWords} has joined. */
    public static List<String> splitWords(byte[] text) {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        boolean isEscaped = false;
        for (char c : new String(text, StandardCharsets.UTF_8).toCharArray()) {
            if (isEscaped) {
                word.append(c == 'n' ? '\n' : c);
                isEscaped = false;
            } else if (c == '\\') {
                isEscaped = true;
            } else if (c == '\n') {
                words.add(word.toString());
                word.setLength(0);
            } else {
                word.append(c);
            }
        }
        return words;
    }
}
