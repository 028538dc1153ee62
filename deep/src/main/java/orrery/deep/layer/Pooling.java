package orrery.deep.layer;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.tensor.Matrices;
import orrery.deep.tensor.Tensor;

/**
 * The largest, or the mean, of the cells under a window, channel by channel.
 *
 * @param window without dilation; the whole image if null
 * @param isRoundedUp whether a last place of the window counts that is partly outside the image, as Caffe has it
 */
public record Pooling(Kind kind, @Nullable Window window, boolean isRoundedUp) implements Layer {
    /** What is made of the cells. */
    public enum Kind {
        MAX,
        /** Padding counts as zeros; what is beyond it does not count. */
        AVERAGE
    }

    public Pooling {
        if (window != null
                && (window.dilation() != 1
                        || window.paddingHigh() >= window.high()
                        || window.paddingWide() >= window.wide())) {
            throw new IllegalArgumentException("pooling: a window has no dilation, and less padding than size");
        }
    }

    private static final String NAME = "pooling";

    @Override
    public int[] output(List<int[]> inputs) {
        int[] image = Layer.image(NAME, inputs);
        var of = window;
        return of == null
                ? new int[] {1, 1, image[2]}
                : new int[] {
                    of.placesHigh(NAME, image[0], isRoundedUp), of.placesWide(NAME, image[1], isRoundedUp), image[2]
                };
    }

    @Override
    public Operation operation(Operation.Room room) {
        return new Pool(this, room);
    }

    private static final class Pool implements Operation {
        private final boolean isMax;
        private final int height;
        private final int width;
        private final int depth;
        private final int high;
        private final int wide;
        private final int sizeHigh;
        private final int sizeWide;
        private final int stride;
        private final int paddingHigh;
        private final int paddingWide;
        private final boolean byVectors;
        private final float[] pixels; // of an image, for vectors
        private final float[] line; // of the output
        private final double[] best; // of the window under way, by channel
        private final Later result;
        private final Later gradient;
        private final int[] chosen; // by output: the place of the largest in its image

        Pool(Pooling of, Room room) {
            isMax = of.kind() == Kind.MAX;
            int[] image = room.inputs().getFirst();
            int[] output = of.output(room.inputs());
            var window = of.window();
            height = image[0];
            width = image[1];
            depth = image[2];
            high = output[0];
            wide = output[1];
            sizeHigh = window == null ? height : window.high();
            sizeWide = window == null ? width : window.wide();
            stride = window == null ? 1 : window.stride();
            paddingHigh = window == null ? 0 : window.paddingHigh();
            paddingWide = window == null ? 0 : window.paddingWide();
            byVectors = isMax && room.type() == Tensor.Type.FLOAT32 && Matrices.hasVectors();
            pixels = new float[byVectors ? height * width * depth : 0];
            line = new float[byVectors ? wide * depth : 0];
            best = new double[depth];
            result = room.batch((long) high * wide * depth);
            gradient = room.batch(room.size());
            chosen = new int[isMax ? Math.toIntExact((long) room.batch() * high * wide * depth) : 0];
        }

        @Override
        public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
            var input = inputs.getFirst();
            var output = result.get();
            int at = 0;
            for (int n = 0; n < call.examples(); n++) {
                long image = (long) n * height * width * depth;
                if (byVectors) {
                    input.copyTo(image, pixels, 0, pixels.length);
                }
                for (int y = 0; y < high; y++) {
                    int start = at;
                    for (int x = 0; x < wide; x++, at += depth) {
                        int top = y * stride - paddingHigh;
                        int left = x * stride - paddingWide;
                        if (byVectors) {
                            VectorPooling.largest(
                                    pixels,
                                    line,
                                    chosen,
                                    at,
                                    x * depth,
                                    width,
                                    depth,
                                    Math.max(0, top),
                                    Math.min(height, top + sizeHigh),
                                    Math.max(0, left),
                                    Math.min(width, left + sizeWide));
                        } else if (isMax) {
                            largest(input, output, image, top, left, at);
                        } else {
                            mean(input, output, image, top, left, at);
                        }
                    }
                    if (byVectors) {
                        output.copy(line, 0, start, line.length);
                    }
                }
            }
            return output;
        }

        private void largest(Tensor input, Tensor output, long image, int top, int left, int at) {
            Arrays.fill(best, Double.NEGATIVE_INFINITY);
            int start = (Math.max(0, top) * width + Math.max(0, left)) * depth; // where all are minus infinity
            for (int c = 0; c < depth; c++) {
                chosen[at + c] = start + c;
            }
            for (int i = Math.max(0, top); i < Math.min(height, top + sizeHigh); i++) {
                for (int j = Math.max(0, left); j < Math.min(width, left + sizeWide); j++) {
                    int place = (i * width + j) * depth;
                    for (int c = 0; c < depth; c++) {
                        double value = input.get(image + place + c);
                        if (!(value <= best[c])) { // what is no number, too
                            best[c] = value;
                            chosen[at + c] = place + c;
                        }
                    }
                }
            }
            for (int c = 0; c < depth; c++) {
                output.set(at + c, best[c]);
            }
        }

        /** Cells of a window, with the padding, but not what is beyond it. */
        private int cells(int top, int left) {
            return (Math.min(top + sizeHigh, height + paddingHigh) - top)
                    * (Math.min(left + sizeWide, width + paddingWide) - left);
        }

        private void mean(Tensor input, Tensor output, long image, int top, int left, int at) {
            double part = 1.0 / cells(top, left);
            output.zero(at, at + depth);
            for (int i = Math.max(0, top); i < Math.min(height, top + sizeHigh); i++) {
                for (int j = Math.max(0, left); j < Math.min(width, left + sizeWide); j++) {
                    long place = image + ((long) i * width + j) * depth;
                    for (int c = 0; c < depth; c++) {
                        output.add(at + c, input.get(place + c) * part);
                    }
                }
            }
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
            var ofInput = gradient.get();
            ofInput.zero(0, (long) call.examples() * height * width * depth);
            int at = 0;
            for (int n = 0; n < call.examples(); n++) {
                long image = (long) n * height * width * depth;
                for (int y = 0; y < high; y++) {
                    for (int x = 0; x < wide; x++, at += depth) {
                        if (isMax) {
                            ofInput.addEach(ofOutput, at, chosen, image, depth);
                        } else {
                            spread(ofInput, ofOutput, image, y * stride - paddingHigh, x * stride - paddingWide, at);
                        }
                    }
                }
            }
            return Operation.one(ofInput);
        }

        private void spread(Tensor ofInput, Tensor ofOutput, long image, int top, int left, int at) {
            double part = 1.0 / cells(top, left);
            for (int i = Math.max(0, top); i < Math.min(height, top + sizeHigh); i++) {
                for (int j = Math.max(0, left); j < Math.min(width, left + sizeWide); j++) {
                    long place = image + ((long) i * width + j) * depth;
                    for (int c = 0; c < depth; c++) {
                        ofInput.add(place + c, ofOutput.get(at + c) * part);
                    }
                }
            }
        }
    }
}
