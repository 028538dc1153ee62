package orrery.learn.linear;

import java.io.Serializable;

/**
 * How {@link Sag} learns.
 *
 * @param passes how often each example is used, in the mean: which ones a step uses is drawn
 * @param batch examples per worker and step
 * @param rate step size; 0 to derive it from the data
 * @param l2 penalty: half of it times the squared length of the weights, the intercept excepted
 * @param intercept whether there is one
 */
public record SagOptions(int passes, int batch, double rate, double l2, boolean intercept)
        implements Solver, Serializable {

    public SagOptions {
        if (passes < 1) {
            throw new IllegalArgumentException("passes must be 1 or more, got " + passes);
        }
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be 1 or more, got " + batch);
        }
        if (!(rate >= 0) || Double.isInfinite(rate)) {
            throw new IllegalArgumentException("the rate must be above 0, or 0 to have it derived, got " + rate);
        }
        if (!(l2 >= 0) || Double.isInfinite(l2)) {
            throw new IllegalArgumentException("l2 must be 0 or more, got " + l2);
        }
    }

    /** Twenty passes, batches of 16, rate from the data, l2 of 1e-5. */
    public static SagOptions defaults() {
        return new SagOptions(20, 16, 0, 1e-5, true);
    }

    @Override
    public String name() {
        return "sag";
    }

    public SagOptions withPasses(int passes) {
        return new SagOptions(passes, batch, rate, l2, intercept);
    }

    public SagOptions withBatch(int batch) {
        return new SagOptions(passes, batch, rate, l2, intercept);
    }

    public SagOptions withRate(double rate) {
        return new SagOptions(passes, batch, rate, l2, intercept);
    }

    public SagOptions withL2(double l2) {
        return new SagOptions(passes, batch, rate, l2, intercept);
    }

    public SagOptions withIntercept(boolean intercept) {
        return new SagOptions(passes, batch, rate, l2, intercept);
    }
}
