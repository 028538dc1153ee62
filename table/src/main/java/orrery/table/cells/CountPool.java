package orrery.table.cells;

import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Keeps as many blocks of counts in memory as it may, and the others in files: what a worker has passed on goes to its file
 * while the worker has the next block, and the one after that comes back (Yuan et al., "LightLDA", section 4.2). Blocks come
 * around in a fixed order, so the one used last is needed last, and goes first.
 *
 * <p>Of a block that somebody holds, only the holder calls; else for use by many threads: guarded by its own lock.
 */
final class CountPool {
    private final @Nullable CountRows[] blocks; // of the shard: null where it is in a file, or not here
    private final BlockFiles files;
    private final long most; // bytes
    private final boolean[] isFiled; // whether the file has what the block is
    private final boolean[] isHeld;
    private final long[] bytes; // by block: what it took when it was filed
    private final long[] used; // by block: when it was used last
    private final @Nullable Future<?>[] underway; // by block: on its way to a file or back
    private final Loader loader;
    private final ExecutorService background = Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("model-pool").factory());
    private long uses;
    private long loaded;

    /** Makes a block of what a file has. */
    interface Loader {
        CountRows load(int block, java.lang.foreign.MemorySegment encoded);
    }

    CountPool(@Nullable CountRows[] blocks, Path folder, long most, Loader loader) {
        this.blocks = blocks;
        this.most = most;
        this.loader = loader;
        files = new BlockFiles(folder, blocks.length);
        isFiled = new boolean[blocks.length];
        isHeld = new boolean[blocks.length];
        bytes = new long[blocks.length];
        used = new long[blocks.length];
        underway = new Future<?>[blocks.length];
    }

    /** Blocks that have come back from files. */
    synchronized long loaded() {
        return loaded;
    }

    /** A block, from its file if it is there; to be read, at a cut. */
    CountRows fetch(int block) {
        await(block);
        synchronized (this) {
            return here(block);
        }
    }

    /** A holder begins to change a block, which is in memory from now on. */
    void begin(int block) {
        await(block);
        synchronized (this) {
            here(block);
            isHeld[block] = true;
            isFiled[block] = false;
        }
    }

    private CountRows here(int block) {
        used[block] = ++uses;
        var here = blocks[block];
        if (here != null) {
            return here;
        }
        if (!isFiled[block]) {
            throw new IllegalStateException("block " + block + " is not here");
        }
        makeRoom(block);
        return load(block);
    }

    /** A holder has done with it, and it stays here: it goes to its file if others need the room. */
    synchronized void rest(int block) {
        isHeld[block] = false;
        used[block] = ++uses;
        var here = blocks[block];
        if (here != null && resident() + largest() > most) {
            underway[block] = background.submit(() -> {
                file(block, here);
                synchronized (this) {
                    blocks[block] = null;
                    underway[block] = null;
                }
            });
        }
    }

    /** It will be needed soon: it comes back if there is room. */
    synchronized void ahead(int block) {
        if (blocks[block] == null && isFiled[block] && underway[block] == null) {
            underway[block] = background.submit(() -> {
                synchronized (this) { // after those that were to leave have left
                    if (blocks[block] == null && isFiled[block] && resident() + bytes[block] <= most) {
                        load(block);
                    }
                    underway[block] = null;
                }
            });
        }
    }

    /** The block is elsewhere now, or another. */
    void forget(int block) {
        await(block);
        synchronized (this) {
            isFiled[block] = false;
            isHeld[block] = false;
        }
    }

    /** Whether it is here, in memory or not. */
    synchronized boolean has(int block) {
        return blocks[block] != null || isFiled[block] || underway[block] != null;
    }

    private void await(int block) {
        Future<?> waited;
        synchronized (this) {
            waited = underway[block];
        }
        if (waited == null) {
            return;
        }
        try {
            waited.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while block " + block + " came from its file", e);
        }
    }

    private void makeRoom(int coming) {
        while (resident() + bytes[coming] > most) {
            int victim = -1;
            for (int b = 0; b < blocks.length; b++) {
                if (blocks[b] != null
                        && !isHeld[b]
                        && b != coming
                        && underway[b] == null
                        && (victim < 0 || used[b] > used[victim])) {
                    victim = b;
                }
            }
            if (victim < 0) {
                return; // what is held must be here, whatever it takes
            }
            var leaving = blocks[victim];
            if (leaving != null && !isFiled[victim]) {
                file(victim, leaving);
            }
            blocks[victim] = null;
        }
    }

    private void file(int block, CountRows rows) {
        files.write(block, (long) rows.encodedCells() * Integer.BYTES, rows::encode);
        synchronized (this) {
            bytes[block] = rows.bytes();
            isFiled[block] = true;
        }
    }

    private CountRows load(int block) {
        var rows = files.read(block, encoded -> loader.load(block, encoded));
        blocks[block] = rows;
        loaded++;
        return rows;
    }

    private long resident() {
        long sum = 0;
        for (var block : blocks) {
            sum += block == null ? 0 : block.bytes();
        }
        return sum;
    }

    private long largest() {
        long largest = 0;
        for (int b = 0; b < blocks.length; b++) {
            var here = blocks[b];
            largest = Math.max(largest, here == null ? bytes[b] : here.bytes());
        }
        return largest;
    }
}
