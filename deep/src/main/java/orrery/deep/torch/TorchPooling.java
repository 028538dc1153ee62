package orrery.deep.torch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.layer.Operation;
import orrery.deep.layer.Pooling;
import orrery.deep.tensor.Tensor;

/** Pooling by libtorch, of windows smaller than the image. */
final class TorchPooling implements Operation {
    private final boolean isMax;
    private final int rounded;
    private final Caller caller;
    private final int[] image;
    private final int[] output;
    private final List<Long> window;
    private final List<Long> strides;
    private final List<Long> paddings;
    private final MemorySegment size;
    private final MemorySegment stride;
    private final MemorySegment padding;
    private final MemorySegment dilation;
    private final Held result = new Held();
    private final Held chosen = new Held();
    private final Held gradient = new Held();
    private final Later ownResult;
    private final Later ownGradient;

    TorchPooling(Pooling of, Room room) {
        var window = java.util.Objects.requireNonNull(of.window());
        isMax = of.kind() == Pooling.Kind.MAX;
        rounded = of.isRoundedUp() ? 1 : 0;
        caller = new Caller(room.arena(), room.type());
        image = room.inputs().getFirst();
        output = of.output(room.inputs());
        long high = window.high();
        long wide = window.wide();
        long steps = window.stride();
        long zerosHigh = window.paddingHigh();
        long zerosWide = window.paddingWide();
        this.window = List.of(high, wide);
        strides = List.of(steps, steps);
        paddings = List.of(zerosHigh, zerosWide);
        var arena = room.arena();
        size = arena.allocateFrom(JAVA_LONG, high, wide);
        stride = arena.allocateFrom(JAVA_LONG, steps, steps);
        padding = arena.allocateFrom(JAVA_LONG, zerosHigh, zerosWide);
        dilation = arena.allocateFrom(JAVA_LONG, 1, 1);
        ownResult = room.batch(Tensor.size(output));
        ownGradient = room.batch(Tensor.size(image));
    }

    /** Whether libtorch computes it: padding up to half the window; means only by name. */
    static boolean suits(Pooling of) {
        var window = of.window();
        return window != null
                && window.paddingHigh() <= window.high() / 2
                && window.paddingWide() <= window.wide() / 2
                && (of.kind() == Pooling.Kind.MAX || Libtorch.HAS_NAMES);
    }

    @Override
    public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
        var x = caller.images(inputs.getFirst(), call.examples(), image);
        MemorySegment found;
        try {
            if (isMax) {
                Caller.run(() -> (int) Libtorch.MAX_POOL.invokeExact(
                        x, size, 2L, stride, 2L, padding, 2L, dilation, 2L, rounded, caller.cell(0), caller.cell(1)));
                chosen.put(caller.result(1));
                found = caller.result(0);
            } else {
                found = caller.call(
                                1,
                                "aten::avg_pool2d",
                                x,
                                window,
                                strides,
                                paddings,
                                rounded == 1,
                                true,
                                new Caller.Maybe(null))[0];
            }
        } finally {
            Caller.delete(x);
        }
        return caller.taken(result, found, call.examples(), output, ownResult);
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
        if (!isWanted[0]) {
            return Operation.one(null);
        }
        var x = caller.images(inputs.getFirst(), call.examples(), image);
        var gradients = caller.images(ofOutput, call.examples(), output);
        MemorySegment found;
        try {
            if (isMax) {
                var places = chosen.get();
                Caller.run(() -> (int) Libtorch.MAX_POOL_BACK.invokeExact(
                        gradients,
                        x,
                        size,
                        2L,
                        stride,
                        2L,
                        padding,
                        2L,
                        dilation,
                        2L,
                        rounded,
                        places,
                        caller.cell(0)));
                found = caller.result(0);
            } else {
                found = caller.call(
                                1,
                                "aten::avg_pool2d_backward",
                                gradients,
                                x,
                                window,
                                strides,
                                paddings,
                                rounded == 1,
                                true,
                                new Caller.Maybe(null))[0];
            }
        } finally {
            Caller.delete(x, gradients);
        }
        return Operation.one(caller.taken(gradient, found, call.examples(), image, ownGradient));
    }

    @Override
    public void close() {
        result.put(MemorySegment.NULL);
        chosen.put(MemorySegment.NULL);
        gradient.put(MemorySegment.NULL);
    }
}
