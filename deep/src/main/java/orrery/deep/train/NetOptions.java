package orrery.deep.train;

import java.io.Serializable;
import orrery.deep.net.Net;
import orrery.deep.sync.Sending;
import orrery.table.spec.UpdateRule;

/**
 * How a net is trained.
 *
 * @param passes over all examples
 * @param batch examples of each worker at a clock
 * @param rule what becomes of the gradient of the mean loss of a clock's examples, of all workers
 * @param course how its rate goes
 * @param decay weight decay: so much of each weight is added to its gradient; of weights only, not of biases and scales
 * @param clip the largest norm of a worker's gradient of a layer, which is shortened to it; infinity for any
 * @param sending how gradients travel between members; changes no number
 */
public record NetOptions(
        Net net, int passes, int batch, UpdateRule rule, Course course, float decay, float clip, Sending sending)
        implements Serializable {
    public NetOptions {
        if (passes < 1 || batch < 1) {
            throw new IllegalArgumentException("passes and batch must be 1 or more, got " + passes + " and " + batch);
        }
        if (!(clip > 0)) {
            throw new IllegalArgumentException("the largest norm of a gradient must be above 0, got " + clip);
        }
        if (!(decay >= 0 && decay < 1)) {
            throw new IllegalArgumentException("weight decay must be 0 or more and below 1, got " + decay);
        }
    }

    /** Gradients that travel by the cheapest way. */
    public NetOptions(Net net, int passes, int batch, UpdateRule rule, Course course, float decay, float clip) {
        this(net, passes, batch, rule, course, decay, clip, Sending.DEFAULT);
    }

    /** The same of any length. */
    public NetOptions(Net net, int passes, int batch, UpdateRule rule, Course course, float decay) {
        this(net, passes, batch, rule, course, decay, Float.POSITIVE_INFINITY);
    }

    /** The same for so many passes. */
    public NetOptions withPasses(int count) {
        return new NetOptions(net, count, batch, rule, course, decay, clip, sending);
    }

    /** The same, whose gradients travel so. */
    public NetOptions with(Sending other) {
        return new NetOptions(net, passes, batch, rule, course, decay, clip, other);
    }

    /** The usual: stochastic gradients with momentum, 10 passes, batches of 64, a rate of 0.01 that falls. */
    public static NetOptions of(Net net) {
        return new NetOptions(net, 10, 64, new UpdateRule.Momentum(0.01f, 0.9f, 0), new Course.Linear(), 5e-4f);
    }

    /** The rule of weights or of other numbers. */
    UpdateRule rule(boolean decays) {
        float l2 = decays ? decay : 0;
        return switch (rule) {
            case UpdateRule.Sgd(float rate, float l1, float _) -> new UpdateRule.Sgd(rate, l1, l2);
            case UpdateRule.Momentum(float rate, float momentum, float _) ->
                new UpdateRule.Momentum(rate, momentum, l2);
            case UpdateRule.AdaGrad(float rate, float damping, float l1, float _) ->
                new UpdateRule.AdaGrad(rate, damping, l1, l2);
            case UpdateRule.Adam(float rate, float beta1, float beta2, float damping, float _) ->
                new UpdateRule.Adam(rate, beta1, beta2, damping, l2);
            default ->
                throw new IllegalArgumentException("nets are trained by sgd, momentum, adagrad or adam, not " + rule);
        };
    }
}
