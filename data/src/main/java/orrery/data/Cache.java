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
import orrery.store.Readers;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;
import orrery.store.Storage;

/**
 * What was parsed before, so that it need not be parsed again: one safetensors file per (source, options), of which
 * {@link Packed} says what is in it. An entry counts only as long as the source has the bytes that it had, by their sum, and as long
 * as the entry's own sum is right; that costs a pass over the source's bytes.
 */
public final class Cache {
    private static final String VERSION = "2";
    private static final String SOURCE = "source"; // what it was parsed from

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
                clean + "-" + HexFormat.of().toHexDigits((int) crc.getValue()),
                VERSION + ": " + identity + ": " + state);
    }

    /** What was kept under a key, if it is there and whole. */
    <T> @Nullable T find(Key key, Packed<T> kind) {
        if (folder == null) {
            return null;
        }
        try (var file = Safetensors.open(Storage.local(folder), kind.folder() + "/" + key.file())) {
            return key.state().equals(file.metadata().get(SOURCE)) ? kind.unpack(file) : null;
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException | RuntimeException e) {
            return null; // a damaged entry is as none: it is parsed anew and replaced
        }
    }

    <T> void keep(Key key, T value, Packed<T> kind) throws IOException {
        if (folder == null) {
            return;
        }
        var tensors = new ArrayList<Tensor>();
        var metadata = new LinkedHashMap<String, String>();
        metadata.put(SOURCE, key.state());
        kind.pack(value, tensors, metadata);
        Storage.local(folder, Readers.OWNER_ONLY)
                .write(kind.folder() + "/" + key.file(), out -> Safetensors.write(out, metadata, tensors));
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
