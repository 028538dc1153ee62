package orrery.deep.layer;

import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Tensor;

/** A function of each number by itself. */
public record Activation(Kind kind) implements Layer {
    /** Of the approximation by tanh: sqrt(2 / pi). */
    public static final double GELU_FACTOR = 0.7978845608028654;

    public static final double GELU_CUBE = 0.044715;

    /** Which function. */
    public enum Kind {
        RELU {
            @Override
            double of(double x) {
                return x > 0 || Double.isNaN(x) ? x : 0;
            }

            @Override
            double slope(double x, double y) {
                return x > 0 ? 1 : 0;
            }
        },
        SIGMOID {
            @Override
            double of(double x) {
                return 1 / (1 + Math.exp(-x));
            }

            @Override
            double slope(double x, double y) {
                return y * (1 - y);
            }
        },
        TANH {
            @Override
            double of(double x) {
                return Math.tanh(x);
            }

            @Override
            double slope(double x, double y) {
                return 1 - y * y;
            }
        },
        /** By the hyperbolic tangent (Hendrycks and Gimpel, arXiv 1606.08415). */
        GELU {
            @Override
            double of(double x) {
                return 0.5 * x * (1 + Math.tanh(GELU_FACTOR * (x + GELU_CUBE * x * x * x)));
            }

            @Override
            double slope(double x, double y) {
                double t = Math.tanh(GELU_FACTOR * (x + GELU_CUBE * x * x * x));
                return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * GELU_FACTOR * (1 + 3 * GELU_CUBE * x * x);
            }
        };

        abstract double of(double x);

        /** @param y the value at x */
        abstract double slope(double x, double y);
    }

    @Override
    public int[] output(List<int[]> inputs) {
        return Layer.only("activation", inputs);
    }

    @Override
    public boolean readsOutput() {
        return true;
    }

    @Override
    public Operation operation(Operation.Room room) {
        return new Apply(kind, room);
    }

    private static final class Apply implements Operation {
        private final Kind kind;
        private final int size;
        private final boolean isInPlace;
        private final Later result;
        private final Later gradient;

        Apply(Kind kind, Room room) {
            this.kind = kind;
            size = room.size();
            isInPlace = kind == Kind.RELU && room.mayOverwrite(); // whose way back reads the output only
            result = room.batch(size);
            gradient = room.batch(size);
        }

        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            var input = inputs.getFirst();
            var output = isInPlace ? input : result.get();
            long all = (long) call.examples() * size;
            if (kind == Kind.RELU) {
                output.positive(input, all);
                return output;
            }
            for (long i = 0; i < all; i++) {
                output.set(i, kind.of(input.get(i)));
            }
            return output;
        }

        @Override
        public @Nullable Tensor[] backward(
                Call call,
                List<Tensor> inputs,
                List<Tensor> parameters,
                Tensor output,
                Tensor ofOutput,
                boolean[] isWanted,
                List<Tensor> ofParameters) {
            if (!isWanted[0]) {
                return Operation.one(null);
            }
            long all = (long) call.examples() * size;
            if (kind == Kind.RELU) {
                ofOutput.zeroWhereNotPositive(output, all);
                return Operation.one(ofOutput);
            }
            var input = inputs.getFirst();
            var ofInput = gradient.get();
            for (long i = 0; i < all; i++) {
                ofInput.set(i, ofOutput.get(i) * kind.slope(input.get(i), output.get(i)));
            }
            return Operation.one(ofInput);
        }
    }
}
