package orrery.bench.table;

import java.util.Arrays;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.ThreadParams;

/** A thousand keys of ten million, per thread; fresh ones cost the same to make for us and for the peer. */
@State(Scope.Thread)
public class Keys {
    static final int ROWS = 10_000_000;
    static final int COUNT = 1000;

    final long[] keys = new long[COUNT];
    final float[] values = new float[COUNT];
    final float[] changes = new float[COUNT];
    private long random;

    @Setup(Level.Iteration)
    public void begin(ThreadParams thread) {
        random = 88172645463325252L + thread.getThreadIndex();
        Arrays.fill(changes, 0.5f);
        fresh();
    }

    /** New keys, uniform over the rows (Marsaglia's xorshift). */
    void fresh() {
        long x = random;
        for (int i = 0; i < COUNT; i++) {
            x ^= x << 13;
            x ^= x >>> 7;
            x ^= x << 17;
            keys[i] = ((x & 0xffffffffL) * ROWS) >>> 32;
        }
        random = x;
    }
}
