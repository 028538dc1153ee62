package orrery.learn.linear;

import java.io.Serializable;
import java.util.Map;
import orrery.table.UpdateRule;

/**
 * Hyper-parameters of a linear model.
 *
 * @param passes how often each example is used; fewer if training stops early
 * @param batch examples per worker and clock; the gradient of a batch is the mean over its examples
 * @param rule what the shard does with a gradient; L1 and L2 are the rule's
 * @param intercept whether there is one; it is never shrunk
 * @param classWeights class name to the weight of its examples; 1 for those not named
 * @param balanced whether classes weigh in inverse proportion to their frequency, times {@code classWeights}
 * @param patience training ends when the loss on the validation data has not fallen for so many passes, and the best
 *     weights are taken; 0 for never
 */
public record LinearOptions(
        int passes,
        int batch,
        UpdateRule rule,
        boolean intercept,
        Map<String, Float> classWeights,
        boolean balanced,
        int patience)
        implements Serializable {

    public LinearOptions {
        if (passes < 1) {
            throw new IllegalArgumentException("passes must be 1 or more, got " + passes);
        }
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be 1 or more, got " + batch);
        }
        if (patience < 0) {
            throw new IllegalArgumentException("patience must be 0 or more, got " + patience);
        }
        if (rule instanceof UpdateRule.Add) {
            throw new IllegalArgumentException(
                    "the rule add takes changes, not gradients; use sgd for plain gradient descent");
        }
        classWeights.forEach((name, weight) -> {
            if (!(weight > 0) || weight.isInfinite()) {
                throw new IllegalArgumentException("the weight of class '" + name + "' must be above 0, got " + weight);
            }
        });
        classWeights = Map.copyOf(classWeights);
    }

    /** Five passes of AdaGrad at rate 0.3 in batches of 64, with an intercept. */
    public static LinearOptions defaults() {
        return new LinearOptions(5, 64, new UpdateRule.AdaGrad(0.3f), true, Map.of(), false, 0);
    }

    public LinearOptions withPasses(int passes) {
        return new LinearOptions(passes, batch, rule, intercept, classWeights, balanced, patience);
    }

    public LinearOptions withBatch(int batch) {
        return new LinearOptions(passes, batch, rule, intercept, classWeights, balanced, patience);
    }

    public LinearOptions with(UpdateRule rule) {
        return new LinearOptions(passes, batch, rule, intercept, classWeights, balanced, patience);
    }

    public LinearOptions withPatience(int patience) {
        return new LinearOptions(passes, batch, rule, intercept, classWeights, balanced, patience);
    }
}
