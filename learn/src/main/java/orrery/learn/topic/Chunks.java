package orrery.learn.topic;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import orrery.store.ScratchFile;

/**
 * A worker's documents, of which one part is in memory at a time and the others are in a file, with the topics of their words (Yuan
 * et al., "LightLDA", section 4.2); or all are in memory, as one part. Confined to the worker's thread.
 */
final class Chunks {
    private final @Nullable Assignments all; // if there is one part only
    private final @Nullable FileChannel channel;
    private final long[] starts; // by part, where it begins in the file; then the end
    private final int blocks;
    private long words;

    private Chunks(@Nullable Assignments all, @Nullable FileChannel channel, int parts, int blocks) {
        this.all = all;
        this.channel = channel;
        this.blocks = blocks;
        starts = new long[parts + 1];
    }

    static Chunks of(Assignments all) {
        var made = new Chunks(all, null, 1, all.blocks().length);
        made.words = all.topics().length;
        return made;
    }

    /** Parts that are to be added one after another. */
    static Chunks inFile(Path folder, int parts, int blocks) {
        try {
            return new Chunks(null, ScratchFile.in(folder), parts, blocks);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make a file for documents in " + folder, e);
        }
    }

    int parts() {
        return starts.length - 1;
    }

    /** How many words all parts have. */
    long words() {
        return words;
    }

    /** Adds the next part. */
    void add(int part, Assignments words) {
        this.words += words.topics().length;
        long bytes = visit(words, null);
        starts[part + 1] = starts[part] + bytes;
        move(part, FileChannel.MapMode.READ_WRITE, segment -> visit(words, new Cells(segment, true)));
    }

    /** A part, to be used until the next is taken. */
    Assignments take(int part) {
        if (all != null) {
            return all;
        }
        var taken = new Assignments[1];
        move(part, FileChannel.MapMode.READ_ONLY, segment -> taken[0] = read(segment));
        return taken[0];
    }

    /** Keeps the topics that a part has now. */
    void put(int part, Assignments words) {
        if (all == null) {
            move(part, FileChannel.MapMode.READ_WRITE, segment -> {
                var cells = new Cells(segment, true);
                cells.next(new int[] {words.documents(), words.topics().length, words.proposals().length});
                cells.next(words.topics());
                cells.next(words.proposals());
            });
        }
    }

    private interface Use {
        void of(MemorySegment segment);
    }

    private void move(int part, FileChannel.MapMode mode, Use use) {
        if (channel == null) {
            throw new IllegalStateException("all documents are in memory");
        }
        try (var arena = Arena.ofConfined()) {
            use.of(channel.map(mode, starts[part], starts[part + 1] - starts[part], arena));
        } catch (IOException | InternalError e) { // the latter where a mapped file's disk is full
            throw new UncheckedIOException(
                    "documents that are not held in memory: " + e.getMessage(),
                    e instanceof IOException io ? io : new IOException(e));
        }
    }

    /** Ints one after another, to a segment or from it. */
    private static final class Cells {
        private final MemorySegment segment;
        private final boolean isWriting;
        private long at;

        Cells(MemorySegment segment, boolean isWriting) {
            this.segment = segment;
            this.isWriting = isWriting;
        }

        int[] next(int[] cells) {
            if (isWriting) {
                MemorySegment.copy(cells, 0, segment, ValueLayout.JAVA_INT, at, cells.length);
            } else {
                MemorySegment.copy(segment, ValueLayout.JAVA_INT, at, cells, 0, cells.length);
            }
            at += (long) cells.length * Integer.BYTES;
            return cells;
        }

        char[] next(char[] cells) {
            if (isWriting) {
                MemorySegment.copy(cells, 0, segment, ValueLayout.JAVA_CHAR, at, cells.length);
            } else {
                MemorySegment.copy(segment, ValueLayout.JAVA_CHAR, at, cells, 0, cells.length);
            }
            at += bytes(cells);
            return cells;
        }

        static long bytes(char[] cells) {
            return ((long) cells.length + (cells.length & 1)) * Character.BYTES;
        }
    }

    /** Writes all of a part, if there is anything to write to. Returns how many bytes it is. */
    private long visit(Assignments words, @Nullable Cells to) {
        var sizes = new int[] {words.documents(), words.topics().length, words.proposals().length};
        long bytes = Integer.BYTES
                * (3L + words.topics().length + words.proposals().length + words.firsts().length + 2L * blocks);
        if (to != null) {
            to.next(sizes);
            to.next(words.topics());
            to.next(words.proposals());
            to.next(words.firsts());
        }
        for (var block : words.blocks()) {
            bytes += Integer.BYTES * (2L * block.documents().length + block.starts().length)
                    + Cells.bytes(block.places());
            if (to != null) {
                to.next(new int[] {block.documents().length, block.words()});
                to.next(block.documents());
                to.next(block.starts());
                to.next(block.firsts());
                to.next(block.places());
            }
        }
        return bytes;
    }

    private Assignments read(MemorySegment segment) {
        var from = new Cells(segment, false);
        int[] sizes = from.next(new int[3]);
        var topics = from.next(new int[sizes[1]]);
        var proposals = from.next(new int[sizes[2]]);
        var firsts = from.next(new int[sizes[0] + 1]);
        var made = new Assignments.Block[blocks];
        for (int b = 0; b < blocks; b++) {
            int[] lengths = from.next(new int[2]);
            made[b] = new Assignments.Block(
                    from.next(new int[lengths[0]]),
                    from.next(new int[lengths[0] + 1]),
                    from.next(new int[lengths[0]]),
                    from.next(new char[lengths[1]]));
        }
        return new Assignments(firsts, topics, proposals, made);
    }
}
