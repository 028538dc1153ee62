package orrery.bench.poseidon;

import java.util.ArrayList;
import java.util.List;
import orrery.deep.layer.Convolution;
import orrery.deep.layer.Linear;
import orrery.deep.net.Net;

/**
 * A net made smaller by s: so many times fewer numbers, over links that are so many times slower, take as long. Both sides of a linear
 * layer's matrix and the examples of a batch are smaller by the root of s, so that its factors are smaller by s, too.
 *
 * @param examples of the batch, as many as it has in truth
 * @param pairs of factors that are sent, at least 1
 */
record Scaled(String name, List<Matrix> layers, int examples, int pairs, double scale) {
    private static final int WIDTH = 64; // of convolutions, which have no factors

    /**
     * The weights of a layer.
     *
     * @param share of the net's multiplications
     * @param flops of all products of factors of one member's batch, in truth
     */
    record Matrix(String name, int rows, int width, boolean isLinear, double share, double flops) {
        long numbers() {
            return (long) rows * width;
        }
    }

    static Scaled of(String name, Net net, int examples, double scale) {
        double all =
                net.nodes().stream().mapToDouble(node -> products(net, node)).sum();
        double root = Math.sqrt(scale);
        var layers = new ArrayList<Matrix>();
        for (var node : net.nodes()) {
            double products = products(net, node);
            if (products == 0) {
                continue;
            }
            var weights = net.parameters(node).getFirst();
            double share = products / all;
            boolean isLinear = node.layer() instanceof Linear;
            int rows = isLinear
                    ? (int) Math.max(1, Math.rint(weights.rows() / root))
                    : (int) Math.max(1, Math.rint(weights.size() / scale / WIDTH));
            int width = isLinear ? (int) Math.max(1, Math.rint(weights.width() / root)) : WIDTH;
            layers.add(new Matrix(node.name(), rows, width, isLinear, share, 2.0 * examples * weights.size()));
        }
        return new Scaled(name, layers, examples, (int) Math.max(1, Math.rint(examples / root)), scale);
    }

    /** Multiplications for an example, forward. */
    private static double products(Net net, Net.Node node) {
        int[] shape = net.output(node.name());
        return switch (node.layer()) {
            case Convolution _ ->
                (double) shape[0] * shape[1] * net.parameters(node).getFirst().size();
            case Linear _ -> net.parameters(node).getFirst().size();
            default -> 0;
        };
    }

    long numbers() {
        return layers.stream().mapToLong(Matrix::numbers).sum();
    }
}
