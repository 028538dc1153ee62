package orrery.deep.layer;

import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Tensor;

/**
 * A window's cells times weights, summed, for each of several outputs.
 *
 * @param channels that come out
 * @param groups channels are cut into so many parts, that do not see each other
 * @param hasBias whether each channel has a number of its own added
 */
public record Convolution(int channels, Window window, int groups, boolean hasBias) implements Layer {
    public Convolution {
        if (channels < 1 || groups < 1 || channels % groups != 0) {
            throw new IllegalArgumentException(
                    "convolution: " + channels + " channels cannot be in " + groups + " groups");
        }
    }

    @Override
    public int[] output(List<int[]> inputs) {
        int[] image = Layer.image("convolution", inputs);
        if (image[2] % groups != 0) {
            throw new IllegalArgumentException(
                    "convolution: " + image[2] + " channels cannot be in " + groups + " groups");
        }
        return new int[] {
            window.placesHigh("convolution", image[0], false),
            window.placesWide("convolution", image[1], false),
            channels
        };
    }

    @Override
    public List<Parameter> parameters(List<int[]> inputs) {
        int[] image = Layer.image("convolution", inputs);
        int inner = window.cells() * image[2] / groups;
        var weights = new Parameter("weights", channels, inner, (float) Math.sqrt(6.0 / inner), true);
        return hasBias ? List.of(weights, new Parameter("bias", 1, channels, 0, false)) : List.of(weights);
    }

    @Override
    public Operation operation(Operation.Room room) {
        return new Convolve(this, room);
    }

    /** By products of matrices: the cells under the window at each place are a row. */
    private static final class Convolve implements Operation {
        private static final int ROWS = 1024; // at once, about

        private final Convolution of;
        private final Window window;
        private final Matrices matrices;
        private final int height;
        private final int width;
        private final int depth;
        private final int high; // of the output
        private final int wide;
        private final int inner; // cells under a window, of a group
        private final int most; // images at once
        private final boolean isPlain; // the window is a pixel, and images are their own rows
        private final Later rows;
        private final Later rowGradients;
        private final Later result;
        private final Later gradient;

        Convolve(Convolution of, Room room) {
            this.of = of;
            window = of.window();
            matrices = room.matrices();
            int[] image = room.inputs().getFirst();
            int[] output = of.output(room.inputs());
            height = image[0];
            width = image[1];
            depth = image[2];
            high = output[0];
            wide = output[1];
            inner = window.cells() * depth / of.groups();
            most = Math.clamp(ROWS / (high * wide), 1, room.batch());
            isPlain = window.equals(new Window(1, 1, 0, 1)) && of.groups() == 1;
            long size = isPlain ? 0 : (long) most * high * wide * inner;
            rows = new Later(room, size);
            rowGradients = new Later(room, size);
            result = room.batch((long) high * wide * of.channels());
            gradient = room.batch(room.size());
        }

        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            var output = result.get();
            int pixels = high * wide;
            if (of.hasBias()) {
                for (long i = 0, n = (long) call.examples() * pixels; i < n; i++) {
                    output.copy(parameters.get(1), 0, i * of.channels(), of.channels());
                }
            } else {
                output.zero(0, (long) call.examples() * pixels * of.channels());
            }
            int ofGroup = of.channels() / of.groups();
            for (int first = 0; first < call.examples(); first += most) {
                int count = Math.min(most, call.examples() - first);
                for (int group = 0; group < of.groups(); group++) {
                    matrices.addProduct(
                            count * pixels,
                            ofGroup,
                            inner,
                            rows(inputs.getFirst(), first, count, group),
                            Matrices.Matrix.of(parameters.getFirst(), (long) group * ofGroup * inner, inner)
                                    .transposed(),
                            Matrices.Matrix.of(
                                    output,
                                    (long) first * pixels * of.channels() + (long) group * ofGroup,
                                    of.channels()));
                }
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
            int pixels = high * wide;
            int ofGroup = of.channels() / of.groups();
            if (of.hasBias()) {
                Sums.ofColumns(ofOutput, (long) call.examples() * pixels, of.channels(), ofParameters.get(1));
            }
            var ofInput = isWanted[0] ? gradient.get() : null;
            if (ofInput != null && !isPlain) {
                ofInput.zero(0, (long) call.examples() * height * width * depth);
            }
            for (int first = 0; first < call.examples(); first += most) {
                int count = Math.min(most, call.examples() - first);
                for (int group = 0; group < of.groups(); group++) {
                    var gradients = Matrices.Matrix.of(
                            ofOutput, (long) first * pixels * of.channels() + (long) group * ofGroup, of.channels());
                    long weights = (long) group * ofGroup * inner;
                    matrices.addProduct(
                            ofGroup,
                            inner,
                            count * pixels,
                            gradients.transposed(),
                            rows(inputs.getFirst(), first, count, group),
                            Matrices.Matrix.of(ofParameters.getFirst(), weights, inner));
                    if (ofInput == null) {
                        continue;
                    }
                    var w = Matrices.Matrix.of(parameters.getFirst(), weights, inner);
                    if (isPlain) {
                        matrices.product(
                                count * pixels,
                                inner,
                                ofGroup,
                                gradients,
                                w,
                                Matrices.Matrix.of(ofInput, (long) first * pixels * depth, depth));
                    } else {
                        matrices.product(
                                count * pixels,
                                inner,
                                ofGroup,
                                gradients,
                                w,
                                Matrices.Matrix.of(rowGradients.get(), 0, inner));
                        spread(ofInput, first, count, group);
                    }
                }
            }
            return Operation.one(ofInput);
        }

        /** Takes cells of a window, side by side in an image and in a row. */
        private interface Cells {
            void move(long inImage, long inRow, int count);
        }

        /** The cells under each place of the window, row after row; padding is zero. */
        private Matrices.Matrix rows(Tensor images, int first, int count, int group) {
            if (isPlain) {
                return Matrices.Matrix.of(images, (long) first * height * width * depth, depth);
            }
            var to = rows.get();
            if (window.paddingHigh() > 0 || window.paddingWide() > 0) {
                to.zero(0, (long) count * high * wide * inner);
            }
            visit(first, count, group, (inImage, inRow, cells) -> to.copy(images, inImage, inRow, cells));
            return Matrices.Matrix.of(to, 0, inner);
        }

        private void spread(Tensor gradients, int first, int count, int group) {
            var from = rowGradients.get();
            visit(first, count, group, (inImage, inRow, cells) -> gradients.add(from, inRow, inImage, cells));
        }

        private void visit(int first, int count, int group, Cells cells) {
            int part = depth / of.groups();
            boolean isWhole = window.dilation() == 1 && of.groups() == 1; // a line of the window lies side by side
            for (int n = 0; n < count; n++) {
                long image = (long) (first + n) * height * width * depth + (long) group * part;
                for (int y = 0; y < high; y++) {
                    for (int x = 0; x < wide; x++) {
                        long row = (((long) n * high + y) * wide + x) * inner;
                        int left = x * window.stride() - window.paddingWide();
                        for (int i = 0; i < window.high(); i++) {
                            int line = y * window.stride() - window.paddingHigh() + i * window.dilation();
                            if (line < 0 || line >= height) {
                                continue;
                            }
                            long inRow = row + (long) i * window.wide() * part;
                            if (isWhole) {
                                int from = Math.max(0, -left);
                                int to = Math.min(window.wide(), width - left);
                                if (from < to) {
                                    cells.move(
                                            image + ((long) line * width + left + from) * depth,
                                            inRow + (long) from * part,
                                            (to - from) * part);
                                }
                                continue;
                            }
                            for (int j = 0; j < window.wide(); j++) {
                                int column = left + j * window.dilation();
                                if (column >= 0 && column < width) {
                                    cells.move(
                                            image + ((long) line * width + column) * depth,
                                            inRow + (long) j * part,
                                            part);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
