package orrery.deep.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Operation;
import orrery.deep.tensor.Tensor;

/** A convolution by libtorch, over images as they lie. */
final class TorchConvolution implements Operation {
    private static final int OF_INPUT = 1;
    private static final int OF_WEIGHTS = 2;
    private static final int OF_BIAS = 3;

    private final Convolution of;
    private final Caller caller;
    private final int[] image;
    private final int[] output;
    private final MemorySegment stride;
    private final MemorySegment padding;
    private final MemorySegment dilation;
    private final MemorySegment none; // of what transposed convolutions have
    private final MemorySegment biasSize;
    private final MemorySegment bias; // a cell with a handle
    private final MemorySegment mask;
    private final Held result = new Held();
    private final Held gradient = new Held();
    private final Later ownResult; // where libtorch's lies in another way
    private final Later ownGradient;

    TorchConvolution(Convolution of, Room room) {
        this.of = of;
        caller = new Caller(room.arena(), room.type());
        image = room.inputs().getFirst();
        output = of.output(room.inputs());
        var window = of.window();
        var arena = room.arena();
        stride = arena.allocateFrom(JAVA_LONG, window.stride(), window.stride());
        padding = arena.allocateFrom(JAVA_LONG, window.paddingHigh(), window.paddingWide());
        dilation = arena.allocateFrom(JAVA_LONG, window.dilation(), window.dilation());
        none = arena.allocateFrom(JAVA_LONG, 0, 0);
        biasSize = arena.allocate(ADDRESS);
        biasSize.set(ADDRESS, 0, arena.allocateFrom(JAVA_LONG, of.channels()));
        bias = arena.allocate(ADDRESS);
        mask = arena.allocateFrom(JAVA_INT, 0, 1, of.hasBias() ? 1 : 0);
        ownResult = room.batch(Tensor.size(output));
        ownGradient = room.batch(Tensor.size(image));
    }

    private MemorySegment weights(Tensor tensor) {
        return caller.images(tensor, of.channels(), new int[] {
            of.window().high(), of.window().wide(), image[2] / of.groups()
        });
    }

    @Override
    public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
        var x = caller.images(inputs.getFirst(), call.examples(), image);
        var w = weights(parameters.getFirst());
        var b = of.hasBias() ? caller.vector(parameters.get(1), of.channels()) : MemorySegment.NULL;
        bias.set(ADDRESS, 0, b);
        var maybe = of.hasBias() ? bias : MemorySegment.NULL;
        long groups = of.groups();
        try {
            Caller.run(() -> (int) Libtorch.CONVOLUTION.invokeExact(
                    x, w, maybe, stride, 2L, padding, 2L, dilation, 2L, 0, none, 2L, groups, caller.cell(0)));
        } finally {
            Caller.delete(x, w, b);
        }
        return caller.taken(result, caller.result(0), call.examples(), output, ownResult);
    }

    @Override
    public @Nullable Tensor[] backward(
            Call call,
            List<Tensor> inputs,
            List<Tensor> parameters,
            Tensor out,
            Tensor ofOutput,
            boolean[] isWanted,
            List<Tensor> ofParameters) {
        var x = caller.images(inputs.getFirst(), call.examples(), image);
        var w = weights(parameters.getFirst());
        var gradients = caller.images(ofOutput, call.examples(), output);
        mask.setAtIndex(JAVA_INT, 0, isWanted[0] ? 1 : 0);
        long groups = of.groups();
        try {
            Caller.run(() -> (int) Libtorch.CONVOLUTION_BACK.invokeExact(
                    gradients,
                    x,
                    w,
                    biasSize,
                    1L,
                    stride,
                    2L,
                    padding,
                    2L,
                    dilation,
                    2L,
                    0,
                    none,
                    2L,
                    groups,
                    mask,
                    3L,
                    caller.cell(OF_INPUT),
                    caller.cell(OF_WEIGHTS),
                    caller.cell(OF_BIAS)));
        } finally {
            Caller.delete(gradients, x, w);
        }
        var ofInput = caller.result(OF_INPUT);
        var ofWeights = caller.result(OF_WEIGHTS);
        var ofBias = of.hasBias() ? caller.result(OF_BIAS) : MemorySegment.NULL;
        var toWeights = weights(ofParameters.getFirst());
        Caller.copy(ofWeights, toWeights);
        Caller.delete(ofWeights, toWeights);
        if (of.hasBias()) {
            var toBias = caller.vector(ofParameters.get(1), of.channels());
            Caller.copy(ofBias, toBias);
            Caller.delete(ofBias, toBias);
        }
        return Operation.one(isWanted[0] ? caller.taken(gradient, ofInput, call.examples(), image, ownGradient) : null);
    }

    @Override
    public void close() {
        result.put(MemorySegment.NULL);
        gradient.put(MemorySegment.NULL);
    }
}
