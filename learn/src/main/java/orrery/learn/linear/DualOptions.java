package orrery.learn.linear;

import java.io.Serializable;

/**
 * How {@link Dual} searches.
 *
 * @param passes over the examples, at most
 * @param l2 penalty of weights and intercept, beside the mean loss; 0 for one over the number of examples, which is C = 1
 * @param tolerance enough when a pass changes the weights by a smaller part of their length
 * @param intercept whether there is one; it is the weight of a feature that is always 1, and shrunk with the others
 */
public record DualOptions(int passes, double l2, double tolerance, boolean intercept) implements Solver, Serializable {
    public DualOptions {
        if (passes < 1) {
            throw new IllegalArgumentException("passes must be 1 or more, got " + passes);
        }
        if (!(l2 >= 0) || Double.isInfinite(l2)) {
            throw new IllegalArgumentException("l2 must be 0 or more, got " + l2);
        }
        if (!(tolerance >= 0)) {
            throw new IllegalArgumentException("tolerance must be 0 or more, got " + tolerance);
        }
    }

    /** At most 50 passes, C = 1, until the weights change by less than a hundredth; with an intercept. */
    public static DualOptions defaults() {
        return new DualOptions(50, 0, 0.01, true);
    }

    @Override
    public String name() {
        return "dual";
    }

    public DualOptions withPasses(int count) {
        return new DualOptions(count, l2, tolerance, intercept);
    }

    public DualOptions withL2(double penalty) {
        return new DualOptions(passes, penalty, tolerance, intercept);
    }

    public DualOptions withTolerance(double change) {
        return new DualOptions(passes, l2, change, intercept);
    }

    public DualOptions withIntercept(boolean has) {
        return new DualOptions(passes, l2, tolerance, has);
    }
}
