package orrery.bench.stages;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import orrery.bench.Cpu;

/**
 * What locks cost that keep the workers of one process from one another: the same steps (products, then a sum into what all
 * share) with no lock at all, with one lock for each of 16 chunks taken once a batch, as shards have them, where who
 * finds one held goes on with another, and with one lock a key. All locks are words that are swapped from 0 to 1, those
 * of chunks on cache lines of their own.
 */
final class Locking {
    private static final int ROWS = 1 << 20;
    private static final int CHUNK_BITS = 16;
    private static final int PAD = 32;
    private static final int EXAMPLES = 64; // of a batch
    private static final int FEATURES = 80; // of an example
    private static final int BATCHES = 20_000; // of each worker
    private static final int WORKERS = 2;

    private final float[] weights = new float[ROWS];
    private final AtomicIntegerArray chunks = new AtomicIntegerArray((ROWS >> CHUNK_BITS) * PAD);
    private final AtomicIntegerArray keys = new AtomicIntegerArray(ROWS);
    private volatile float sink;

    enum Kind {
        NONE,
        CHUNKS,
        KEYS
    }

    private static void lock(AtomicIntegerArray locks, int at) {
        while (!locks.compareAndSet(at, 0, 1)) {
            Thread.onSpinWait();
        }
    }

    /** CPU seconds of all workers. */
    double run(Kind kind) throws Exception {
        return Cpu.seconds(() -> {
            var done = new CountDownLatch(WORKERS);
            for (int w = 0; w < WORKERS; w++) {
                int worker = w;
                Thread.ofPlatform().daemon().start(() -> {
                    work(kind, worker);
                    done.countDown();
                });
            }
            done.await();
        });
    }

    private void work(Kind kind, int worker) {
        var random = new SplittableRandom(worker);
        var indices = new int[EXAMPLES * FEATURES];
        var changes = new float[EXAMPLES];
        float sum = 0;
        for (int batch = 0; batch < BATCHES; batch++) {
            for (int i = 0; i < indices.length; i++) {
                indices[i] = random.nextInt(ROWS);
            }
            for (int e = 0; e < EXAMPLES; e++) {
                float margin = 0;
                for (int k = e * FEATURES; k < (e + 1) * FEATURES; k++) {
                    margin += weights[indices[k]];
                }
                changes[e] = (float) (1e-6 / (1 + Math.exp(margin)));
                sum += margin;
            }
            Arrays.sort(indices); // as an outbox has them: chunk by chunk
            switch (kind) {
                case NONE -> {
                    for (int i = 0; i < indices.length; i++) {
                        weights[indices[i]] += changes[i / FEATURES];
                    }
                }
                case CHUNKS -> byChunk(indices, changes, worker);
                case KEYS -> {
                    for (int i = 0; i < indices.length; i++) {
                        lock(keys, indices[i]);
                        weights[indices[i]] += changes[i / FEATURES];
                        keys.setRelease(indices[i], 0);
                    }
                }
            }
        }
        sink = sum;
    }

    /** Where the first index of a chunk, or of a later one, is among sorted ones. */
    private static int firstOf(int chunk, int[] indices) {
        int low = 0;
        for (int high = indices.length; low < high; ) {
            int middle = (low + high) >>> 1;
            if (indices[middle] >> CHUNK_BITS < chunk) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Workers begin at different chunks, so that they do not follow one another. */
    private void byChunk(int[] indices, float[] changes, int worker) {
        int count = ROWS >> CHUNK_BITS;
        int left = (1 << count) - 1;
        for (int c = worker * count / WORKERS; left != 0; c++) {
            int chunk = c % count;
            if ((left & 1 << chunk) == 0 || !chunks.compareAndSet(chunk * PAD, 0, 1)) {
                continue; // another has it now: later
            }
            left &= ~(1 << chunk);
            int to = firstOf(chunk + 1, indices);
            for (int i = firstOf(chunk, indices); i < to; i++) {
                weights[indices[i]] += changes[i / FEATURES];
            }
            chunks.setRelease(chunk * PAD, 0);
        }
    }

    /** So that nobody optimises the steps away. */
    float sink() {
        return sink;
    }
}
