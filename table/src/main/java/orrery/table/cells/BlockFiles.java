package orrery.table.cells;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import orrery.store.ScratchFile;

/**
 * Blocks of counts in files, a file each, mapped while it is written or read ({@link ScratchFile}). */
final class BlockFiles {
    private final Path folder;
    private final @Nullable FileChannel[] channels; // by block

    BlockFiles(Path folder, int blocks) {
        this.folder = folder;
        channels = new FileChannel[blocks];
    }

    /** Writes a block: {@code fill} gets so many bytes. */
    void write(int block, long bytes, Consumer<MemorySegment> fill) {
        try (var arena = Arena.ofConfined()) {
            var channel = channels[block];
            if (channel == null) {
                channel = ScratchFile.in(folder);
                channels[block] = channel;
            }
            channel.truncate(bytes);
            if (bytes > 0) {
                fill.accept(channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena));
            }
        } catch (IOException | InternalError e) { // the latter where a mapped file's disk is full
            throw failed("write", block, e);
        }
    }

    /** Reads what was written of a block. */
    <T> T read(int block, Function<MemorySegment, T> take) {
        var channel = channels[block];
        if (channel == null) {
            throw new IllegalStateException("block " + block + " was never written");
        }
        try (var arena = Arena.ofConfined()) {
            return take.apply(
                    channel.size() == 0
                            ? MemorySegment.NULL
                            : channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
        } catch (IOException | InternalError e) {
            throw failed("read", block, e);
        }
    }

    private UncheckedIOException failed(String what, int block, Throwable why) {
        return new UncheckedIOException(
                "cannot " + what + " block " + block + " of a model that is larger than its memory, in " + folder + ": "
                        + (why.getMessage() == null ? why.getClass().getSimpleName() : why.getMessage())
                        + "; --model-pool sets the memory, --run another place",
                why instanceof IOException io ? io : new IOException(why));
    }
}
