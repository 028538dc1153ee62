package orrery.deep.torch;

import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.SplittableRandom;
import orrery.deep.layer.Backend;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Layer;
import orrery.deep.layer.Operation;
import orrery.deep.layer.Pooling;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Tensor;

/**
 * Convolutions, pooling, batch norm and products of matrices by libtorch, with one native thread for each worker; the rest in Java.
 * There is one in a JVM.
 */
public final class TorchBackend implements Backend {
    private static final int PROBE = 512; // rows and columns of the matrices that are multiplied for the rate
    private static final int TIMES = 5;

    private final String found;

    private TorchBackend(String found) {
        this.found = found;
    }

    /** Looked for when first asked. */
    private static final class Once {
        static final Found FOUND = look();
    }

    /** What there is, and why there is none. */
    private record Found(Optional<Backend> backend, String reason) {}

    /** libtorch, if {@code -Dorrery.libtorch} names a folder with one that works here. */
    public static Optional<Backend> find() {
        return Once.FOUND.backend();
    }

    /** Why {@link #find} found none; empty if it did, or none was asked for. */
    public static String reason() {
        return Once.FOUND.reason();
    }

    private static Found look() {
        if (Natives.folder().isEmpty()) {
            return new Found(Optional.empty(), "");
        }
        try {
            return new Found(Optional.of(probed()), "");
        } catch (Error | RuntimeException e) { // no file, another processor, an older C library, a function less
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            return new Found(Optional.empty(), String.valueOf(cause.getMessage()));
        }
    }

    /** Multiplies two matrices and looks at what comes out, and how fast. */
    private static Backend probed() {
        try (var arena = Arena.ofConfined()) {
            var a = Tensor.of(arena, Tensor.Type.FLOAT32, PROBE, PROBE);
            var b = Tensor.of(arena, Tensor.Type.FLOAT32, PROBE, PROBE);
            var c = Tensor.of(arena, Tensor.Type.FLOAT32, PROBE, PROBE);
            var random = new SplittableRandom(1);
            for (int i = 0; i < PROBE * PROBE; i++) {
                a.set(i, random.nextDouble() - 0.5);
                b.set(i, random.nextDouble() - 0.5);
            }
            var matrices = new TorchMatrices();
            long best = Long.MAX_VALUE;
            for (int i = 0; i < TIMES; i++) {
                long start = System.nanoTime();
                matrices.product(
                        PROBE,
                        PROBE,
                        PROBE,
                        Matrices.Matrix.of(a, 0, PROBE),
                        Matrices.Matrix.of(b, 0, PROBE),
                        Matrices.Matrix.of(c, 0, PROBE));
                best = Math.min(best, System.nanoTime() - start);
            }
            double due = 0;
            for (int i = 0; i < PROBE; i++) {
                due += a.get(i) * b.get((long) i * PROBE);
            }
            if (!(Math.abs(c.get(0) - due) < 1e-3)) {
                throw new IllegalStateException("it multiplies wrongly: " + c.get(0) + ", due " + due);
            }
            return new TorchBackend(String.format(
                    java.util.Locale.ROOT,
                    "libtorch%s, products of matrices at %.0f GF/s",
                    Libtorch.HAS_NAMES ? "" : " before 2.10",
                    2.0 * PROBE * PROBE * PROBE / best));
        }
    }

    @Override
    public Matrices matrices(Tensor.Type type) {
        return new TorchMatrices();
    }

    @Override
    public Operation operation(Layer layer, Operation.Room room) {
        return switch (layer) {
            case Convolution convolution -> new TorchConvolution(convolution, room);
            case Pooling pooling when TorchPooling.suits(pooling) -> new TorchPooling(pooling, room);
            case BatchNorm norm when Libtorch.HAS_NAMES -> new TorchBatchNorm(norm, room);
            default -> layer.operation(room);
        };
    }

    @Override
    public String toString() {
        return found;
    }
}
