package orrery.deep.layer;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import orrery.deep.tensor.Tensor;

/**
 * A step of recurrent cells of one sequence, for as many cells at once as a vector has. The methods compute the first cells and return how many;
 * {@link Recurrent} computes the rest one by one, and is the oracle.
 */
final class VectorCells {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorCells() {}

    private static FloatVector load(MemorySegment from, long at) {
        return FloatVector.fromMemorySegment(SPECIES, from, at * Float.BYTES, ByteOrder.nativeOrder());
    }

    private static void store(FloatVector of, MemorySegment to, long at) {
        of.intoMemorySegment(to, at * Float.BYTES, ByteOrder.nativeOrder());
    }

    private static FloatVector sigmoid(FloatVector x) {
        var one = FloatVector.broadcast(SPECIES, 1);
        return one.div(x.neg().lanewise(VectorOperators.EXP).add(one));
    }

    private static FloatVector tanh(FloatVector x) {
        return x.lanewise(VectorOperators.TANH);
    }

    /** x (1 - x), times a factor. */
    private static FloatVector slope(FloatVector x, FloatVector by) {
        return by.mul(x).mul(FloatVector.broadcast(SPECIES, 1).sub(x));
    }

    /** (1 - x^2), times a factor. */
    private static FloatVector tanhSlope(FloatVector x, FloatVector by) {
        return by.sub(by.mul(x).mul(x));
    }

    /**
     * @param gate where the sequence's gates of the step begin
     * @param at where its cells and states of the step do
     */
    static int lstm(Tensor gates, long gate, Tensor cells, Tensor states, long at, int hidden, boolean isFirst) {
        var g = gates.data();
        var c = cells.data();
        var s = states.data();
        int done = hidden - hidden % LANES;
        for (int h = 0; h < done; h += LANES) {
            var in = sigmoid(load(g, gate + h));
            var forget = sigmoid(load(g, gate + hidden + h).add(Recurrent.REMEMBERS));
            var fresh = tanh(load(g, gate + 2L * hidden + h));
            var out = sigmoid(load(g, gate + 3L * hidden + h));
            store(in, g, gate + h);
            store(forget, g, gate + hidden + h);
            store(fresh, g, gate + 2L * hidden + h);
            store(out, g, gate + 3L * hidden + h);
            var cell = in.mul(fresh);
            if (!isFirst) {
                cell = cell.add(forget.mul(load(c, at - hidden + h)));
            }
            store(cell, c, at + h);
            store(out.mul(tanh(cell)), s, at + h);
        }
        return done;
    }

    /** @param back where the sequence's carried gradients begin */
    static int lstmBack(
            Tensor gates,
            long gate,
            Tensor cells,
            long at,
            Tensor carried,
            Tensor carriedCells,
            long back,
            Tensor gateGradients,
            int hidden,
            boolean isFirst) {
        var g = gates.data();
        var c = cells.data();
        var to = gateGradients.data();
        int done = hidden - hidden % LANES;
        for (int h = 0; h < done; h += LANES) {
            var in = load(g, gate + h);
            var forget = load(g, gate + hidden + h);
            var fresh = load(g, gate + 2L * hidden + h);
            var out = load(g, gate + 3L * hidden + h);
            var before = isFirst ? FloatVector.zero(SPECIES) : load(c, at - hidden + h);
            var tanh = tanh(load(c, at + h));
            var ofState = load(carried.data(), back + h);
            var ofCell = load(carriedCells.data(), back + h).add(tanhSlope(tanh, ofState.mul(out)));
            store(slope(in, ofCell.mul(fresh)), to, gate + h);
            store(slope(forget, ofCell.mul(before)), to, gate + hidden + h);
            store(tanhSlope(fresh, ofCell.mul(in)), to, gate + 2L * hidden + h);
            store(slope(out, ofState.mul(tanh)), to, gate + 3L * hidden + h);
            store(ofCell.mul(forget), carriedCells.data(), back + h);
        }
        return done;
    }

    static int gru(Tensor gates, Tensor products, long gate, Tensor states, long at, int hidden, boolean isFirst) {
        var g = gates.data();
        var p = products.data();
        var s = states.data();
        int done = hidden - hidden % LANES;
        for (int h = 0; h < done; h += LANES) {
            var reset = sigmoid(load(g, gate + h).add(load(p, gate + h)));
            var keep = sigmoid(load(g, gate + hidden + h).add(load(p, gate + hidden + h)));
            long third = gate + 2L * hidden + h;
            var fresh = tanh(load(g, third).add(reset.mul(load(p, third))));
            store(reset, g, gate + h);
            store(keep, g, gate + hidden + h);
            store(fresh, g, third);
            var state = fresh.sub(keep.mul(fresh));
            store(isFirst ? state : state.add(keep.mul(load(s, at - hidden + h))), s, at + h);
        }
        return done;
    }

    /** @param product where the gradients of the sequence's products begin */
    static int gruBack(
            Tensor gates,
            Tensor products,
            long gate,
            Tensor states,
            long at,
            Tensor carried,
            long back,
            Tensor gateGradients,
            Tensor productGradients,
            long product,
            Tensor ofResetBias,
            int hidden,
            boolean isFirst) {
        var g = gates.data();
        var to = gateGradients.data();
        var ofProducts = productGradients.data();
        int done = hidden - hidden % LANES;
        for (int h = 0; h < done; h += LANES) {
            var reset = load(g, gate + h);
            var keep = load(g, gate + hidden + h);
            var fresh = load(g, gate + 2L * hidden + h);
            var before = isFirst ? FloatVector.zero(SPECIES) : load(states.data(), at - hidden + h);
            var ofState = load(carried.data(), back + h);
            var ofFresh = tanhSlope(fresh, ofState.sub(ofState.mul(keep)));
            var ofKeep = slope(keep, ofState.mul(before.sub(fresh)));
            var ofReset = slope(reset, ofFresh.mul(load(products.data(), gate + 2L * hidden + h)));
            store(ofReset, to, gate + h);
            store(ofKeep, to, gate + hidden + h);
            store(ofFresh, to, gate + 2L * hidden + h);
            store(ofReset, ofProducts, product + h);
            store(ofKeep, ofProducts, product + hidden + h);
            var ofProduct = ofFresh.mul(reset);
            store(ofProduct, ofProducts, product + 2L * hidden + h);
            store(load(ofResetBias.data(), h).add(ofProduct), ofResetBias.data(), h);
            store(ofState.mul(keep), carried.data(), back + h);
        }
        return done;
    }
}
