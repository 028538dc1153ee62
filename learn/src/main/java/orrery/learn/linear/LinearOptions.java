package orrery.learn.linear;

import java.io.Serializable;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.learn.Layout;
import orrery.table.spec.KeySpace;
import orrery.table.spec.UpdateRule;

/**
 * Hyper-parameters of a linear model.
 *
 * @param passes how often each example is used, or {@link #BY_SIZE}; fewer if training stops early
 * @param batch examples per worker and clock; the gradient of a batch is the mean over its examples
 * @param rule what the shard does with a gradient; L1 and L2 are the rule's. Its rate is a multiple of what suits the
 *     data, unless nothing is scaled
 * @param intercept whether there is one; it is never shrunk
 * @param classWeights class name to the weight of its examples; 1 for those not named
 * @param balanced whether classes weigh in inverse proportion to their frequency, times {@code classWeights}
 * @param patience training ends when the loss on the validation data has not fallen for so many passes, and the best
 *     weights are taken; 0 for never
 * @param layout where weights are
 * @param keys which weights are made, and which are dropped again, where the layout is sparse
 * @param initial the model that the training begins with; null for none
 */
public record LinearOptions(
        int passes,
        int batch,
        UpdateRule rule,
        boolean intercept,
        Map<String, Float> classWeights,
        boolean balanced,
        int patience,
        Scaling scaling,
        Layout layout,
        KeySpace keys,
        @Nullable LinearModel initial)
        implements Serializable {
    /** Passes: as many as so much data needs, at least 5. */
    public static final int BY_SIZE = 0;

    /** Whether learning adapts to the scale of the data. */
    public enum Scaling {
        /** Features, numbers to learn and the rate are brought to one scale; the rate falls in the course of the training. */
        FOUND,
        /** All is taken as it is given. */
        NONE
    }

    public LinearOptions {
        if (passes < BY_SIZE) {
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

    /** All scaled. */
    public LinearOptions(
            int passes,
            int batch,
            UpdateRule rule,
            boolean intercept,
            Map<String, Float> classWeights,
            boolean balanced,
            int patience) {
        this(
                passes,
                batch,
                rule,
                intercept,
                classWeights,
                balanced,
                patience,
                Scaling.FOUND,
                Layout.AUTO,
                KeySpace.ALL,
                null);
    }

    /** As many passes of AdaGrad as the data needs, at the rate that suits it, in batches of 64, with an intercept. */
    public static LinearOptions defaults() {
        return new LinearOptions(BY_SIZE, 64, new UpdateRule.AdaGrad(1), true, Map.of(), false, 0);
    }

    /** Five passes of AdaGrad at rate 0.3 in batches of 64, with an intercept; nothing is scaled. */
    public static LinearOptions plain() {
        return new LinearOptions(
                5,
                64,
                new UpdateRule.AdaGrad(0.3f),
                true,
                Map.of(),
                false,
                0,
                Scaling.NONE,
                Layout.AUTO,
                KeySpace.ALL,
                null);
    }

    public LinearOptions withPasses(int count) {
        return new LinearOptions(
                count, batch, rule, intercept, classWeights, balanced, patience, scaling, layout, keys, initial);
    }

    public LinearOptions withBatch(int size) {
        return new LinearOptions(
                passes, size, rule, intercept, classWeights, balanced, patience, scaling, layout, keys, initial);
    }

    public LinearOptions with(UpdateRule other) {
        return new LinearOptions(
                passes, batch, other, intercept, classWeights, balanced, patience, scaling, layout, keys, initial);
    }

    public LinearOptions withPatience(int passesWithoutGain) {
        return new LinearOptions(
                passes,
                batch,
                rule,
                intercept,
                classWeights,
                balanced,
                passesWithoutGain,
                scaling,
                layout,
                keys,
                initial);
    }

    public LinearOptions with(Layout where) {
        return new LinearOptions(
                passes, batch, rule, intercept, classWeights, balanced, patience, scaling, where, keys, initial);
    }

    /** Begins with a model that was trained before; of its features those that the data has, too. Null for none. */
    public LinearOptions from(@Nullable LinearModel model) {
        return new LinearOptions(
                passes, batch, rule, intercept, classWeights, balanced, patience, scaling, layout, keys, model);
    }

    /** Says which weights are made, and which are dropped again: of a sparse layout. */
    public LinearOptions with(KeySpace which) {
        return new LinearOptions(
                passes, batch, rule, intercept, classWeights, balanced, patience, scaling, layout, which, initial);
    }
}
