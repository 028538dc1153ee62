package orrery.bench.table;

import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;
import orrery.table.Node;
import orrery.table.hold.Table;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.worker.Session;

/** Batches of a thousand keys through a session, and the same on a bare array. */
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class TableMicro {

    /** A table of ten million floats, shared. */
    @State(Scope.Benchmark)
    public static class Shared {
        final Node node = new Node();
        final AtomicInteger workers = new AtomicInteger();
        final Table table = node.create(TableSpec.dense("w", Keys.ROWS, 1).with(new Consistency.Asp()));

        @Setup(Level.Trial)
        public void begin(BenchmarkParams params) {
            node.begin(params.getThreads(), 0, Duration.ofMinutes(1));
        }
    }

    /** A worker. */
    @State(Scope.Thread)
    public static class Worker {
        @SuppressWarnings("NullAway.Init")
        Session session;

        @Setup(Level.Trial)
        public void open(Shared shared) {
            session = shared.node.session(shared.workers.getAndIncrement());
        }
    }

    /** The peer: an array of a thread's own, no locks, no checks but the JVM's. */
    @State(Scope.Thread)
    public static class Bare {
        final float[] array = new float[Keys.ROWS];

        void pull(long[] keys, float[] values) {
            for (int i = 0; i < keys.length; i++) {
                values[i] = array[(int) keys[i]];
            }
        }

        void push(long[] keys, float[] changes) {
            for (int i = 0; i < keys.length; i++) {
                array[(int) keys[i]] += changes[i];
            }
        }
    }

    @Benchmark
    public void makeKeys(Keys k) {
        k.fresh();
    }

    @Benchmark
    public void pushPullFresh(Shared shared, Worker worker, Keys k) {
        k.fresh();
        worker.session.gather(shared.table, k.keys, k.values);
        worker.session.add(shared.table, k.keys, k.changes);
        worker.session.tick();
    }

    @Benchmark
    public void pushPullFreshBare(Bare bare, Keys k) {
        k.fresh();
        bare.pull(k.keys, k.values);
        bare.push(k.keys, k.changes);
    }

    @Benchmark
    public void pushPullRepeated(Shared shared, Worker worker, Keys k) {
        worker.session.gather(shared.table, k.keys, k.values);
        worker.session.add(shared.table, k.keys, k.changes);
        worker.session.tick();
    }

    @Benchmark
    public void pushPullRepeatedBare(Bare bare, Keys k) {
        bare.pull(k.keys, k.values);
        bare.push(k.keys, k.changes);
    }

    @Benchmark
    public void gatherFresh(Shared shared, Worker worker, Keys k) {
        k.fresh();
        worker.session.gather(shared.table, k.keys, k.values);
    }

    @Benchmark
    public void gatherFreshBare(Bare bare, Keys k) {
        k.fresh();
        bare.pull(k.keys, k.values);
    }

    @Benchmark
    public void scatterAddFresh(Shared shared, Worker worker, Keys k) {
        k.fresh();
        worker.session.add(shared.table, k.keys, k.changes);
    }

    @Benchmark
    public void scatterAddFreshBare(Bare bare, Keys k) {
        k.fresh();
        bare.push(k.keys, k.changes);
    }

    /** A table of rows, 64 MB. */
    @State(Scope.Thread)
    public static class RowsOf {
        private static final int CELLS = 16 << 20;
        private static final int COUNT = 256;

        @Param({"16", "64", "256"})
        int width;

        int[] rows = {};
        float[] x = {};
        float[] sum = {};
        float[] bare = {};

        @SuppressWarnings("NullAway.Init")
        Table table;

        @SuppressWarnings("NullAway.Init")
        Session session;

        @Setup(Level.Trial)
        public void begin() {
            var node = new Node();
            table = node.create(TableSpec.dense("rows", CELLS / width, width).with(new Consistency.Asp()));
            node.begin(1, 0, Duration.ofMinutes(1));
            session = node.session(0);
            bare = new float[CELLS];
            rows = new SplittableRandom(1).ints(COUNT, 0, CELLS / width).toArray();
            x = new float[COUNT];
            Arrays.fill(x, 0.001f);
            sum = new float[width];
        }
    }

    /** The sum of 256 rows, and their gradient: what a forward and a backward pass do. */
    @Benchmark
    public void rowKernels(RowsOf r) {
        r.session.view(r.table).addRowsTo(r.sum, r.rows, r.x, 0, r.rows.length);
        r.session.outbox(r.table).addOuter(r.rows, r.x, 0, r.rows.length, r.sum);
        r.session.tick();
        Arrays.fill(r.sum, 0);
    }

    /** The same on a bare array: the sum, then the update of each row at once. */
    @Benchmark
    public void rowKernelsBare(RowsOf r) {
        int width = r.width;
        for (int k = 0; k < r.rows.length; k++) {
            int row = r.rows[k] * width;
            for (int c = 0; c < width; c++) {
                r.sum[c] += r.x[k] * r.bare[row + c];
            }
        }
        for (int k = 0; k < r.rows.length; k++) {
            int row = r.rows[k] * width;
            for (int c = 0; c < width; c++) {
                r.bare[row + c] += r.x[k] * r.sum[c];
            }
        }
        Arrays.fill(r.sum, 0);
    }
}
