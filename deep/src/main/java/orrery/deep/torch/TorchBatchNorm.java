package orrery.deep.torch;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Operation;
import orrery.deep.tensor.Tensor;

/** Batch norm by libtorch. */
final class TorchBatchNorm implements Operation {
    private final BatchNorm of;
    private final Caller caller;
    private final int[] image; // numbers without a place are images of one pixel
    private final int width;
    private final Tensor scales; // of the formula: ours are from 1
    private final Tensor variances;
    private final Held result = new Held();
    private final Held means = new Held();
    private final Held inverses = new Held();
    private final Held gradient = new Held();
    private final Later ownResult;
    private final Later ownGradient;

    TorchBatchNorm(BatchNorm of, Room room) {
        this.of = of;
        caller = new Caller(room.arena(), room.type());
        int[] shape = room.inputs().getFirst();
        width = shape[shape.length - 1];
        long size = Tensor.size(shape);
        image = new int[] {Math.toIntExact(size / width), 1, width};
        scales = room.tensor(width);
        variances = room.tensor(width);
        ownResult = room.batch(size);
        ownGradient = room.batch(size);
    }

    private static void fromOne(Tensor from, Tensor to, int count) {
        for (int c = 0; c < count; c++) {
            to.set(c, 1 + from.get(c));
        }
    }

    @Override
    public Tensor forward(Call call, List<Tensor> inputs, List<Tensor> parameters) {
        fromOne(parameters.getFirst(), scales, width);
        fromOne(parameters.get(BatchNorm.RUNNING + 1), variances, width);
        var x = caller.images(inputs.getFirst(), call.examples(), image);
        var scale = caller.vector(scales, width);
        var bias = caller.vector(parameters.get(1), width);
        var mean = caller.vector(parameters.get(BatchNorm.RUNNING), width);
        var variance = caller.vector(variances, width);
        MemorySegment[] found;
        try {
            boolean trains = call.isTraining(); // then the running means are ours to move
            found = caller.call(
                    3,
                    "aten::native_batch_norm",
                    x,
                    new Caller.Maybe(scale),
                    new Caller.Maybe(bias),
                    new Caller.Maybe(trains ? null : mean),
                    new Caller.Maybe(trains ? null : variance),
                    trains,
                    0.0,
                    of.epsilon());
        } finally {
            Caller.delete(x, scale, bias, mean, variance);
        }
        means.put(found[1]);
        inverses.put(found[2]);
        return caller.taken(result, found[0], call.examples(), image, ownResult);
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
        if (!call.isTraining()) {
            throw new IllegalStateException("batch norm learns of batches only");
        }
        move(call.examples(), parameters, ofParameters);
        var x = caller.images(inputs.getFirst(), call.examples(), image);
        var gradients = caller.images(ofOutput, call.examples(), image);
        var scale = caller.vector(scales, width);
        MemorySegment[] found;
        try {
            found = caller.call(
                    3,
                    "aten::native_batch_norm_backward",
                    gradients,
                    x,
                    new Caller.Maybe(scale),
                    new Caller.Maybe(null),
                    new Caller.Maybe(null),
                    new Caller.Maybe(means.get()),
                    new Caller.Maybe(inverses.get()),
                    true,
                    of.epsilon(),
                    List.of(isWanted[0], true, true));
        } finally {
            Caller.delete(x, gradients, scale);
        }
        for (int p = 0; p < 2; p++) {
            ofParameters.get(p).copy(caller.asVector(found[p + 1], width), 0, 0, width);
            Caller.delete(found[p + 1]);
        }
        return Operation.one(
                isWanted[0] ? caller.taken(gradient, found[0], call.examples(), image, ownGradient) : null);
    }

    /** How far the running means are from the batch's. */
    private void move(int examples, List<Tensor> parameters, List<Tensor> ofParameters) {
        double moved = 1 - of.momentum();
        long all = (long) examples * image[0];
        double unbiased = all > 1 ? all / (all - 1.0) : 1;
        var mean = caller.asVector(means.get(), width);
        var inverse = caller.asVector(inverses.get(), width);
        for (int c = 0; c < width; c++) {
            double variance = 1 / (inverse.get(c) * inverse.get(c)) - of.epsilon();
            ofParameters
                    .get(BatchNorm.RUNNING)
                    .set(c, moved * (parameters.get(BatchNorm.RUNNING).get(c) - mean.get(c)));
            ofParameters
                    .get(BatchNorm.RUNNING + 1)
                    .set(c, moved * (1 + parameters.get(BatchNorm.RUNNING + 1).get(c) - unbiased * variance));
        }
    }

    @Override
    public void close() {
        for (var held : List.of(result, means, inverses, gradient)) {
            held.put(MemorySegment.NULL);
        }
    }
}
