package orrery.bench.nets;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.SplittableRandom;
import jdk.incubator.vector.FloatVector;
import orrery.deep.layer.Backend;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Tensor;

/** What a thread of this processor reaches: of multiplications and additions in registers, and of products of matrices. */
final class Sgemm {
    private static final int ROUNDS = 30;
    private static final long NANOS = 500_000_000; // long enough for the compiler

    private Sgemm() {}

    /** GF a second of a product of square matrices: the best of many. */
    static double rate(Matrices matrices, int size) {
        try (var arena = Arena.ofConfined()) {
            var random = new SplittableRandom(1);
            var of = new Matrices.Matrix[3];
            for (int i = 0; i < of.length; i++) {
                var tensor = Tensor.of(arena, Tensor.Type.FLOAT32, size, size);
                for (int j = 0; j < size * size; j++) {
                    tensor.set(j, random.nextDouble());
                }
                of[i] = Matrices.Matrix.of(tensor, 0, size);
            }
            long least = Long.MAX_VALUE;
            for (long began = System.nanoTime(); System.nanoTime() - began < NANOS; ) {
                long start = System.nanoTime();
                matrices.product(size, size, size, of[0], of[1], of[2]);
                least = Math.min(least, System.nanoTime() - start);
            }
            return 2.0 * size * size * size / least;
        }
    }

    /** Seconds in which each of so many threads multiplies matrices as often: the best of some times. */
    static double seconds(Backend backend, int threads) throws InterruptedException {
        double least = Double.MAX_VALUE;
        for (int time = 0; time < 5; time++) {
            var all = new ArrayList<Thread>();
            long start = System.nanoTime();
            for (int i = 0; i < threads; i++) {
                all.add(Thread.ofPlatform().start(() -> multiply(backend.matrices(Tensor.Type.FLOAT32), 400, 60)));
            }
            for (var thread : all) {
                thread.join();
            }
            least = Math.min(least, (System.nanoTime() - start) / 1e9);
        }
        return least;
    }

    private static void multiply(Matrices matrices, int size, int times) {
        try (var arena = Arena.ofConfined()) {
            var of = Matrices.Matrix.of(Tensor.of(arena, Tensor.Type.FLOAT32, size, size), 0, size);
            var product = Matrices.Matrix.of(Tensor.of(arena, Tensor.Type.FLOAT32, size, size), 0, size);
            for (int i = 0; i < times; i++) {
                matrices.product(size, size, size, of, of, product);
            }
        }
    }

    /** GF a second where nothing is read or written. */
    static double peak() {
        int count = 1 << 22;
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            float sum = fused(count, 1e-9f * round);
            best = Math.max(
                    best, count * 12.0 * 2 * FloatVector.SPECIES_PREFERRED.length() / (System.nanoTime() - start));
            if (Float.isNaN(sum)) {
                throw new IllegalStateException("the sum is no number");
            }
        }
        return best;
    }

    private static float fused(int count, float start) {
        var species = FloatVector.SPECIES_PREFERRED;
        var x = FloatVector.broadcast(species, 0.999f);
        var y = FloatVector.broadcast(species, start);
        var a = y;
        var b = y;
        var c = y;
        var d = y;
        var e = y;
        var f = y;
        var g = y;
        var h = y;
        var i = y;
        var j = y;
        var k = y;
        var l = y;
        for (int n = 0; n < count; n++) {
            a = a.fma(x, y);
            b = b.fma(x, y);
            c = c.fma(x, y);
            d = d.fma(x, y);
            e = e.fma(x, y);
            f = f.fma(x, y);
            g = g.fma(x, y);
            h = h.fma(x, y);
            i = i.fma(x, y);
            j = j.fma(x, y);
            k = k.fma(x, y);
            l = l.fma(x, y);
        }
        return a.add(b)
                .add(c)
                .add(d)
                .add(e)
                .add(f)
                .add(g)
                .add(h)
                .add(i)
                .add(j)
                .add(k)
                .add(l)
                .reduceLanes(jdk.incubator.vector.VectorOperators.ADD);
    }
}
