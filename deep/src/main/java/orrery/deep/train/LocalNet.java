package orrery.deep.train;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import orrery.deep.layer.Operation;
import orrery.deep.net.Losses;
import orrery.deep.net.Net;
import orrery.deep.net.Pass;
import orrery.deep.tensor.Tensor;
import orrery.engine.train.DivergedException;
import orrery.table.spec.UpdateRule;

/**
 * A net that one thread trains in its own memory, without tables: what SparkNet calls a net (Moritz et al., ICLR 2016), for those who
 * average weights on their own, such as within tasks of Spark. Confined to one thread; closing gives back its memory.
 */
public final class LocalNet implements AutoCloseable {
    private final NetOptions options;
    private final Pass pass;
    private final List<List<float[]>> velocities = new ArrayList<>(); // by layer and parameter
    private final float momentum;
    private final int[] classes;
    private Iterator<Example> training = List.<Example>of().iterator();
    private Iterator<Example> validation = List.<Example>of().iterator();
    private Pass.Listener listener = Pass.NOBODY;
    private long steps;

    /**
     * An example.
     *
     * @param numbers the net's input, in its order
     * @param label the number of its class
     */
    public record Example(float[] numbers, int label) {}

    /**
     * A net with first values of chance.
     *
     * @param options whose rule is sgd or momentum; passes and the course of the rate do not count
     * @throws IllegalArgumentException if the rule is another
     */
    public LocalNet(NetOptions options, long seed) {
        this.options = options;
        momentum = switch (options.rule()) {
            case UpdateRule.Sgd _ -> 0;
            case UpdateRule.Momentum(float _, float kept, float _) -> kept;
            default ->
                throw new IllegalArgumentException(
                        "a net in its own memory is trained by sgd or momentum, not by " + options.rule());
        };
        var net = options.net();
        if (net.fields() > 0 || net.steps() > 1 || net.outputSize() == 1) {
            throw new IllegalArgumentException(
                    "a net in its own memory tells classes of examples apart, with an output for"
                            + " each; nets with keys, sequences or a single output are trained on tables (NetLearning)");
        }
        pass = new Pass(net, Backends.chosen(), Tensor.Type.FLOAT32, options.batch(), false);
        classes = new int[options.batch()];
        var random = new SplittableRandom(seed);
        for (int layer = 0; layer < net.nodes().size(); layer++) {
            var of = new ArrayList<float[]>();
            var parameters = net.parameters(net.nodes().get(layer));
            for (int p = 0; p < parameters.size(); p++) {
                of.add(new float[Math.toIntExact(parameters.get(p).size())]);
                double spread = parameters.get(p).spread();
                var to = pass.parameters(layer).get(p);
                for (long i = 0; i < to.size(); i++) {
                    to.set(i, (2 * random.nextDouble() - 1) * spread);
                }
            }
            velocities.add(of);
        }
    }

    public Net net() {
        return options.net();
    }

    /** Where {@link #train} takes examples from. */
    public void setTrainingData(Iterator<Example> data) {
        training = data;
    }

    /** Where {@link #test} takes examples from. */
    public void setValidationData(Iterator<Example> data) {
        validation = data;
    }

    /** Hears of layers as they are computed. */
    public void setListener(Pass.Listener to) {
        listener = to;
    }

    /**
     * Takes steps, each on a batch of the training data.
     *
     * @return the mean loss
     * @throws IllegalStateException if the data end before
     * @throws DivergedException if the loss is no number any more
     */
    public double train(int count) {
        double loss = 0;
        for (int step = 0; step < count; step++) {
            take(training, "training");
            loss += step() / count;
        }
        return loss;
    }

    private void take(Iterator<Example> from, String what) {
        for (int i = 0; i < classes.length; i++) {
            if (!from.hasNext()) {
                throw new IllegalStateException("the " + what + " data have ended: a batch needs " + classes.length
                        + " examples and there were " + i + " more; give endless data, or take fewer steps");
            }
            var example = from.next();
            if (example.numbers().length != net().inputSize()
                    || example.label() < 0
                    || example.label() >= net().outputSize()) {
                throw new IllegalArgumentException("an example has " + example.numbers().length
                        + " numbers and the label "
                        + example.label() + "; the net takes " + net().inputSize() + " and has " + net().outputSize()
                        + " outputs");
            }
            pass.input().copy(example.numbers(), 0, (long) i * example.numbers().length, example.numbers().length);
            classes[i] = example.label();
        }
    }

    private double step() {
        var call = new Operation.Call(classes.length, true, ++steps);
        pass.forward(call, listener);
        double loss = Losses.crossEntropy(
                        pass.output(),
                        classes,
                        0,
                        classes.length,
                        net().outputSize(),
                        pass.outputGradient(),
                        1.0 / classes.length)
                / classes.length;
        if (!(loss < Double.POSITIVE_INFINITY)) {
            throw new DivergedException("the loss is " + loss + " at step " + steps
                    + ": steps are too large; try a tenth of the rate, or look for numbers far from 0 in the data");
        }
        pass.backward(call, listener);
        for (int layer = 0; layer < velocities.size(); layer++) {
            descend(layer);
        }
        return loss;
    }

    private void descend(int layer) {
        var node = net().nodes().get(layer);
        for (int p = 0; p < velocities.get(layer).size(); p++) {
            boolean isRunning = NetRecipe.isRunning(node, p);
            float rate = isRunning ? 1 : options.rule().rate();
            float kept = isRunning ? 0 : momentum;
            float decay = net().parameters(node).get(p).decays() && !isRunning ? options.decay() : 0;
            float[] v = velocities.get(layer).get(p);
            var x = pass.parameters(layer).get(p).data();
            var g = pass.gradients(layer).get(p).data();
            for (int i = 0; i < v.length; i++) {
                float w = x.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                v[i] = kept * v[i] + g.getAtIndex(ValueLayout.JAVA_FLOAT, i) + decay * w;
                x.setAtIndex(ValueLayout.JAVA_FLOAT, i, w - rate * v[i]);
            }
        }
    }

    /** {@code accuracy} and {@code loss} on {@code count} batches of the validation data. */
    public Map<String, Double> test(int count) {
        double right = 0;
        double loss = 0;
        long examples = (long) count * classes.length;
        for (int step = 0; step < count; step++) {
            take(validation, "validation");
            pass.forward(new Operation.Call(classes.length, false, 0), Pass.NOBODY);
            for (int i = 0; i < classes.length; i++) {
                right += Losses.best(pass.output(), i, net().outputSize()) == classes[i] ? 1 : 0;
            }
            loss += Losses.crossEntropy(
                    pass.output(), classes, 0, classes.length, net().outputSize(), pass.outputGradient(), 1);
        }
        var scores = new LinkedHashMap<String, Double>();
        scores.put("accuracy", right / examples);
        scores.put("loss", loss / examples);
        return scores;
    }

    /** What was learned, by layer and parameter: {@code conv1.weights}. */
    public Map<String, float[]> getWeights() {
        var weights = new LinkedHashMap<String, float[]>();
        for (int layer = 0; layer < velocities.size(); layer++) {
            var node = net().nodes().get(layer);
            var parameters = net().parameters(node);
            for (int p = 0; p < parameters.size(); p++) {
                var values = new float[Math.toIntExact(parameters.get(p).size())];
                pass.parameters(layer).get(p).copyTo(0, values, 0, values.length);
                weights.put(node.name() + "." + parameters.get(p).name(), values);
            }
        }
        return weights;
    }

    /**
     * Sets the weights, such as averaged ones; velocities stay.
     *
     * @throws IllegalArgumentException if one is missing, or has another size
     */
    public void setWeights(Map<String, float[]> weights) {
        for (int layer = 0; layer < velocities.size(); layer++) {
            var node = net().nodes().get(layer);
            var parameters = net().parameters(node);
            for (int p = 0; p < parameters.size(); p++) {
                String name = node.name() + "." + parameters.get(p).name();
                float[] values = weights.get(name);
                if (values == null || values.length != parameters.get(p).size()) {
                    throw new IllegalArgumentException("the weights of '" + name + "' are "
                            + (values == null ? "missing" : values.length + " numbers") + "; the layer has "
                            + parameters.get(p).size());
                }
                pass.parameters(layer).get(p).copy(values, 0, 0, values.length);
            }
        }
    }

    @Override
    public void close() {
        pass.close();
    }
}
