package orrery.deep.layer;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Matrices.Matrix;
import orrery.deep.tensor.Tensor;

/**
 * Cells over sequences (steps, numbers). At each step they read the step's numbers and their own output of the step before.
 *
 * @param cell which
 * @param hidden numbers of their output at each step
 * @param isWhole whether the output is that of all steps (steps, hidden); else of the last (hidden)
 */
public record Recurrent(Cell cell, int hidden, boolean isWhole) implements Layer {
    /** Kinds of cells. */
    public enum Cell {
        /**
         * Hochreiter and Schmidhuber, Neural Computation 9, 1997, with a gate to forget, whose bias is counted from 1 (Jozefowicz et al., ICML 2015).
         * Gates in the order in, forget, new, out.
         */
        LSTM(4),
        /** Cho et al., EMNLP 2014, the reset after the product, as cuDNN and PyTorch have it. Gates in the order reset, keep, new. */
        GRU(3);

        private final int gates;

        Cell(int gates) {
            this.gates = gates;
        }
    }

    public Recurrent {
        if (hidden < 1) {
            throw new IllegalArgumentException("a recurrent layer has an output of 1 number or more, got " + hidden);
        }
    }

    /** From which the bias of the gate to forget is counted: cells remember before they have learned to. */
    static final float REMEMBERS = 1;

    private String name() {
        return cell.name().toLowerCase(Locale.ROOT);
    }

    private int[] sequence(List<int[]> inputs) {
        int[] shape = Layer.only(name(), inputs);
        if (shape.length != 2) {
            throw new IllegalArgumentException(
                    name() + " takes sequences (steps, numbers), got " + Arrays.toString(shape));
        }
        return shape;
    }

    @Override
    public int[] output(List<int[]> inputs) {
        int[] shape = sequence(inputs);
        return isWhole ? new int[] {shape[0], hidden} : new int[] {hidden};
    }

    @Override
    public List<Parameter> parameters(List<int[]> inputs) {
        int[] shape = sequence(inputs);
        float spread = (float) Math.sqrt(1.0 / hidden);
        int rows = cell.gates * hidden;
        var weights = new Parameter("weights", rows, shape[1], spread, true);
        var recurrent = new Parameter("recurrent", rows, hidden, spread, true);
        var bias = new Parameter("bias", 1, rows, spread, false);
        return cell == Cell.LSTM
                ? List.of(weights, recurrent, bias)
                : List.of(weights, recurrent, bias, new Parameter("reset-bias", 1, hidden, 0, false));
    }

    @Override
    public Operation operation(Operation.Room room) {
        return cell == Cell.LSTM ? new Lstm(this, room) : new Gru(this, room);
    }

    /** Shared by both kinds: the products with the input, of all steps at once, and the walk over the steps. */
    private abstract static class Steps implements Operation {
        static final int WEIGHTS = 0;
        static final int RECURRENT = 1;
        static final int BIAS = 2;

        final int steps;
        final int numbers;
        final int hidden;
        final int width; // of all gates
        final Matrices matrices;
        final boolean byVectors;
        private final boolean isWhole;
        private final Later gates; // (batch, steps, width)
        private final Later gateGradients;
        private final Later states; // (batch, steps, hidden): outputs
        private final Later last;
        private final Later carried; // (batch, hidden): gradient that comes from the step after
        private final Later gradient;

        Steps(Recurrent of, Room room) {
            int[] shape = room.inputs().getFirst();
            steps = shape[0];
            numbers = shape[1];
            hidden = of.hidden();
            width = of.cell().gates * hidden;
            matrices = room.matrices();
            byVectors = room.type() == Tensor.Type.FLOAT32 && Matrices.hasVectors();
            isWhole = of.isWhole();
            gates = room.batch((long) steps * width);
            gateGradients = room.batch((long) steps * width);
            states = room.batch((long) steps * hidden);
            last = room.batch(hidden);
            carried = room.batch(hidden);
            gradient = room.batch((long) steps * numbers);
        }

        /** A step of all sequences, as a matrix. */
        final Matrix step(Tensor of, int step, int width) {
            return Matrix.of(of, (long) step * width, steps * width);
        }

        /** Where a sequence's step begins. */
        final long place(int sequence, int step, int width) {
            return ((long) sequence * steps + step) * width;
        }

        /** Computes a step's states from its gates, to which the numbers' part was added. */
        abstract void forward(int examples, int step, List<Tensor> parameters, Tensor gates, Tensor states);

        /**
         * Computes the gradients of a step's gates, and the gradient of the states of the step before.
         *
         * @param carried the gradient of the step's states; replaced by that of the step before
         */
        abstract void backward(
                int examples,
                int step,
                List<Tensor> parameters,
                Tensor gates,
                Tensor states,
                Tensor carried,
                Tensor gateGradients,
                List<Tensor> ofParameters);

        /** Prepares a pass backward. */
        abstract void begin(int examples);

        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            var all = gates.get();
            int rows = call.examples() * steps;
            for (int row = 0; row < rows; row++) {
                all.copy(parameters.get(BIAS), 0, (long) row * width, width);
            }
            matrices.addProduct(
                    rows,
                    width,
                    numbers,
                    Matrix.of(inputs.getFirst(), 0, numbers),
                    Matrix.of(parameters.get(WEIGHTS), 0, numbers).transposed(),
                    Matrix.of(all, 0, width));
            for (int step = 0; step < steps; step++) {
                forward(call.examples(), step, parameters, all, states.get());
            }
            if (isWhole) {
                return states.get();
            }
            for (int n = 0; n < call.examples(); n++) {
                last.get().copy(states.get(), place(n, steps - 1, hidden), (long) n * hidden, hidden);
            }
            return last.get();
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
            int examples = call.examples();
            var back = carried.get();
            back.zero(0, (long) examples * hidden);
            begin(examples);
            for (int step = steps - 1; step >= 0; step--) {
                for (int n = 0; n < examples; n++) {
                    if (isWhole) {
                        back.add(ofOutput, place(n, step, hidden), (long) n * hidden, hidden);
                    } else if (step == steps - 1) {
                        back.add(ofOutput, (long) n * hidden, (long) n * hidden, hidden);
                    }
                }
                backward(
                        examples, step, parameters, gates.get(), states.get(), back, gateGradients.get(), ofParameters);
            }
            var of = Matrix.of(gateGradients.get(), 0, width);
            int rows = examples * steps;
            matrices.addProduct(
                    width,
                    numbers,
                    rows,
                    of.transposed(),
                    Matrix.of(inputs.getFirst(), 0, numbers),
                    Matrix.of(ofParameters.get(WEIGHTS), 0, numbers));
            Sums.ofColumns(gateGradients.get(), rows, width, ofParameters.get(BIAS));
            if (!isWanted[0]) {
                return Operation.one(null);
            }
            matrices.product(
                    rows,
                    numbers,
                    width,
                    of,
                    Matrix.of(parameters.get(WEIGHTS), 0, numbers),
                    Matrix.of(gradient.get(), 0, numbers));
            return Operation.one(gradient.get());
        }

        static double sigmoid(double x) {
            return 1 / (1 + Math.exp(-x));
        }
    }

    private static final class Lstm extends Steps {
        private final Later cells; // (batch, steps, hidden)
        private final Later carriedCells; // (batch, hidden)

        Lstm(Recurrent of, Room room) {
            super(of, room);
            cells = room.batch((long) steps * hidden);
            carriedCells = room.batch(hidden);
        }

        @Override
        void forward(int examples, int step, List<Tensor> parameters, Tensor gates, Tensor states) {
            if (step > 0) {
                matrices.addProduct(
                        examples,
                        width,
                        hidden,
                        step(states, step - 1, hidden),
                        Matrix.of(parameters.get(RECURRENT), 0, hidden).transposed(),
                        step(gates, step, width));
            }
            var all = cells.get();
            for (int n = 0; n < examples; n++) {
                long gate = place(n, step, width);
                long at = place(n, step, hidden);
                int done = byVectors ? VectorCells.lstm(gates, gate, all, states, at, hidden, step == 0) : 0;
                for (int h = done; h < hidden; h++) {
                    double in = sigmoid(gates.get(gate + h));
                    double forget = sigmoid(REMEMBERS + gates.get(gate + hidden + h));
                    double fresh = Math.tanh(gates.get(gate + 2L * hidden + h));
                    double out = sigmoid(gates.get(gate + 3L * hidden + h));
                    gates.set(gate + h, in);
                    gates.set(gate + hidden + h, forget);
                    gates.set(gate + 2L * hidden + h, fresh);
                    gates.set(gate + 3L * hidden + h, out);
                    double cell = in * fresh + (step > 0 ? forget * all.get(at - hidden + h) : 0);
                    all.set(at + h, cell);
                    states.set(at + h, out * Math.tanh(cell));
                }
            }
        }

        @Override
        void begin(int examples) {
            carriedCells.get().zero(0, (long) examples * hidden);
        }

        @Override
        void backward(
                int examples,
                int step,
                List<Tensor> parameters,
                Tensor gates,
                Tensor states,
                Tensor carried,
                Tensor gateGradients,
                List<Tensor> ofParameters) {
            var all = cells.get();
            var ofCells = carriedCells.get();
            for (int n = 0; n < examples; n++) {
                long gate = place(n, step, width);
                long at = place(n, step, hidden);
                long from = (long) n * hidden;
                int done = byVectors
                        ? VectorCells.lstmBack(
                                gates, gate, all, at, carried, ofCells, from, gateGradients, hidden, step == 0)
                        : 0;
                for (int h = done; h < hidden; h++) {
                    long back = from + h;
                    double in = gates.get(gate + h);
                    double forget = gates.get(gate + hidden + h);
                    double fresh = gates.get(gate + 2L * hidden + h);
                    double out = gates.get(gate + 3L * hidden + h);
                    double before = step > 0 ? all.get(at - hidden + h) : 0;
                    double tanh = Math.tanh(all.get(at + h));
                    double ofState = carried.get(back);
                    double ofCell = ofCells.get(back) + ofState * out * (1 - tanh * tanh);
                    gateGradients.set(gate + h, ofCell * fresh * in * (1 - in));
                    gateGradients.set(gate + hidden + h, ofCell * before * forget * (1 - forget));
                    gateGradients.set(gate + 2L * hidden + h, ofCell * in * (1 - fresh * fresh));
                    gateGradients.set(gate + 3L * hidden + h, ofState * tanh * out * (1 - out));
                    ofCells.set(back, ofCell * forget);
                }
            }
            if (step > 0) {
                var of = step(gateGradients, step, width);
                matrices.product(
                        examples,
                        hidden,
                        width,
                        of,
                        Matrix.of(parameters.get(RECURRENT), 0, hidden),
                        Matrix.of(carried, 0, hidden));
                matrices.addProduct(
                        width,
                        hidden,
                        examples,
                        of.transposed(),
                        step(states, step - 1, hidden),
                        Matrix.of(ofParameters.get(RECURRENT), 0, hidden));
            }
        }
    }

    private static final class Gru extends Steps {
        private static final int RESET_BIAS = 3;

        private final Later products; // (batch, steps, width): of the step before with the recurrent weights
        private final Later productGradients; // (batch, width)

        Gru(Recurrent of, Room room) {
            super(of, room);
            products = room.batch((long) steps * width);
            productGradients = room.batch(width);
        }

        @Override
        void forward(int examples, int step, List<Tensor> parameters, Tensor gates, Tensor states) {
            var all = products.get();
            for (int n = 0; n < examples; n++) {
                long gate = place(n, step, width);
                all.zero(gate, gate + 2L * hidden);
                all.copy(parameters.get(RESET_BIAS), 0, gate + 2L * hidden, hidden);
            }
            if (step > 0) {
                matrices.addProduct(
                        examples,
                        width,
                        hidden,
                        step(states, step - 1, hidden),
                        Matrix.of(parameters.get(RECURRENT), 0, hidden).transposed(),
                        step(all, step, width));
            }
            for (int n = 0; n < examples; n++) {
                long gate = place(n, step, width);
                long at = place(n, step, hidden);
                int done = byVectors ? VectorCells.gru(gates, all, gate, states, at, hidden, step == 0) : 0;
                for (int h = done; h < hidden; h++) {
                    double reset = sigmoid(gates.get(gate + h) + all.get(gate + h));
                    double keep = sigmoid(gates.get(gate + hidden + h) + all.get(gate + hidden + h));
                    double fresh =
                            Math.tanh(gates.get(gate + 2L * hidden + h) + reset * all.get(gate + 2L * hidden + h));
                    gates.set(gate + h, reset);
                    gates.set(gate + hidden + h, keep);
                    gates.set(gate + 2L * hidden + h, fresh);
                    double before = step > 0 ? states.get(at - hidden + h) : 0;
                    states.set(at + h, (1 - keep) * fresh + keep * before);
                }
            }
        }

        @Override
        void begin(int examples) {}

        @Override
        void backward(
                int examples,
                int step,
                List<Tensor> parameters,
                Tensor gates,
                Tensor states,
                Tensor carried,
                Tensor gateGradients,
                List<Tensor> ofParameters) {
            var all = products.get();
            var ofProducts = productGradients.get();
            for (int n = 0; n < examples; n++) {
                long gate = place(n, step, width);
                long at = place(n, step, hidden);
                long product = (long) n * width;
                long from = (long) n * hidden;
                int done = byVectors
                        ? VectorCells.gruBack(
                                gates,
                                all,
                                gate,
                                states,
                                at,
                                carried,
                                from,
                                gateGradients,
                                ofProducts,
                                product,
                                ofParameters.get(RESET_BIAS),
                                hidden,
                                step == 0)
                        : 0;
                for (int h = done; h < hidden; h++) {
                    long back = from + h;
                    double reset = gates.get(gate + h);
                    double keep = gates.get(gate + hidden + h);
                    double fresh = gates.get(gate + 2L * hidden + h);
                    double before = step > 0 ? states.get(at - hidden + h) : 0;
                    double ofState = carried.get(back);
                    double ofFresh = ofState * (1 - keep) * (1 - fresh * fresh);
                    double ofKeep = ofState * (before - fresh) * keep * (1 - keep);
                    double ofReset = ofFresh * all.get(gate + 2L * hidden + h) * reset * (1 - reset);
                    gateGradients.set(gate + h, ofReset);
                    gateGradients.set(gate + hidden + h, ofKeep);
                    gateGradients.set(gate + 2L * hidden + h, ofFresh);
                    ofProducts.set(product + h, ofReset);
                    ofProducts.set(product + hidden + h, ofKeep);
                    ofProducts.set(product + 2L * hidden + h, ofFresh * reset);
                    ofParameters.get(RESET_BIAS).add(h, ofFresh * reset);
                    carried.set(back, ofState * keep);
                }
            }
            if (step > 0) {
                var of = Matrix.of(ofProducts, 0, width);
                matrices.addProduct(
                        examples,
                        hidden,
                        width,
                        of,
                        Matrix.of(parameters.get(RECURRENT), 0, hidden),
                        Matrix.of(carried, 0, hidden));
                matrices.addProduct(
                        width,
                        hidden,
                        examples,
                        of.transposed(),
                        step(states, step - 1, hidden),
                        Matrix.of(ofParameters.get(RECURRENT), 0, hidden));
            }
        }
    }
}
