package orrery.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A folder of named byte sequences. A written file appears whole or not at all, whatever happens meanwhile. Names are
 * relative, with {@code /} between folders. Safe for use by many threads.
 */
public interface Storage {

    /** Storage in a folder of this machine; the folder is made by the first write. */
    static Storage local(Path folder) {
        return local(folder, Readers.AS_USUAL);
    }

    /** The same, of which only some may read what is written. */
    static Storage local(Path folder, Readers readers) {
        return new LocalStorage(folder, readers);
    }

    /** Opens {@code name} for reading; {@link java.nio.file.NoSuchFileException} if there is none. */
    SeekableByteChannel read(String name) throws IOException;

    /** Writes {@code name}, replacing what was there, and returns once it is durable. If the body throws, nothing changes. */
    Written write(String name, Body body) throws IOException;

    /** Whether there is a file of that name. */
    boolean holds(String name) throws IOException;

    /** The names of files and folders in {@code folder}, sorted; empty if there is no such folder. */
    List<String> list(String folder) throws IOException;

    /** Removes a file, or a folder with all that is in it; nothing happens if there is none. */
    void delete(String name) throws IOException;

    /** Where {@code name} is, in words for a message. */
    String where(String name);

    /** A part of a file, and the machines that have it at hand, if that is known. */
    record Block(long from, long bytes, List<String> hosts) {}

    /**
     * The parts in which a file is kept; where there are none, parts of {@code most} bytes each.
     *
     * @throws java.nio.file.NoSuchFileException if there is no such file
     */
    default List<Block> blocks(String name, long most) throws IOException {
        if (most < 1) {
            throw new IllegalArgumentException("a part has 1 byte or more, asked for " + most);
        }
        var blocks = new ArrayList<Block>();
        try (var in = read(name)) {
            for (long from = 0; from < in.size(); from += most) {
                blocks.add(new Block(from, Math.min(most, in.size() - from), List.of()));
            }
        }
        return blocks;
    }

    /** What {@link #write} writes. */
    @FunctionalInterface
    interface Body {
        void writeTo(WritableByteChannel out) throws IOException;
    }

    /** Size and sum of a file that was written. */
    record Written(long bytes, long crc32c) {}

    /** Writes a text in UTF-8. */
    default Written writeText(String name, String text) throws IOException {
        return write(name, out -> writeFully(out, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
    }

    /** Reads a text in UTF-8. */
    default String readText(String name) throws IOException {
        try (var in = read(name)) {
            if (in.size() > 1 << 28) {
                throw new IOException(where(name) + ": " + in.size() + " bytes are too many for a text file");
            }
            var bytes = ByteBuffer.allocate((int) in.size());
            while (bytes.hasRemaining() && in.read(bytes) >= 0) {}
            return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        }
    }

    /** Reads the whole file and returns its size and sum. */
    default Written sum(String name) throws IOException {
        var crc = new CRC32C();
        var buffer = ByteBuffer.allocateDirect(1 << 18);
        long bytes = 0;
        try (var in = read(name)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                bytes += n;
                crc.update(buffer.flip());
                buffer.clear();
            }
        }
        return new Written(bytes, crc.getValue());
    }

    /** Writes all that remains in {@code bytes}. */
    static void writeFully(WritableByteChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }
}
