package orrery.learn.linear;

import java.io.Serializable;
import orrery.engine.stage.Parallelism;

/**
 * How {@link Svrg} learns.
 *
 * @param epochs how often the full gradient is computed, and followed by stochastic steps
 * @param batch examples a clock of the stochastic stage, of all its workers together
 * @param inner stochastic steps of an epoch, as a part of the examples: 1 for one pass over them
 * @param rate step size; 0 to derive it from the data
 * @param l2 penalty: half of it times the squared length of the weights, the intercept excepted
 * @param intercept whether there is one
 * @param full workers of the full gradient
 * @param stochastic workers of the stochastic steps
 */
public record SvrgOptions(
        int epochs,
        int batch,
        double inner,
        double rate,
        double l2,
        boolean intercept,
        Parallelism full,
        Parallelism stochastic)
        implements Solver, Serializable {

    public SvrgOptions {
        if (epochs < 1) {
            throw new IllegalArgumentException("epochs must be 1 or more, got " + epochs);
        }
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be 1 or more, got " + batch);
        }
        if (!(inner > 0) || !(inner <= 1000)) {
            throw new IllegalArgumentException("the part of inner steps must be above 0, up to 1000, got " + inner);
        }
        if (!(rate >= 0) || Double.isInfinite(rate)) {
            throw new IllegalArgumentException("the rate must be above 0, or 0 to have it derived, got " + rate);
        }
        if (!(l2 >= 0) || Double.isInfinite(l2)) {
            throw new IllegalArgumentException("l2 must be 0 or more, got " + l2);
        }
    }

    /** Five epochs of one pass each, batches of 16, rate from the data, l2 of 1e-5; the full gradient by all, steps by one. */
    public static SvrgOptions defaults() {
        return new SvrgOptions(5, 16, 1, 0, 1e-5, true, Parallelism.OF_RUN, Parallelism.onOneMember(1));
    }

    @Override
    public String name() {
        return "svrg";
    }

    public SvrgOptions withEpochs(int epochs) {
        return new SvrgOptions(epochs, batch, inner, rate, l2, intercept, full, stochastic);
    }

    public SvrgOptions withBatch(int batch) {
        return new SvrgOptions(epochs, batch, inner, rate, l2, intercept, full, stochastic);
    }

    public SvrgOptions withInner(double inner) {
        return new SvrgOptions(epochs, batch, inner, rate, l2, intercept, full, stochastic);
    }

    public SvrgOptions withRate(double rate) {
        return new SvrgOptions(epochs, batch, inner, rate, l2, intercept, full, stochastic);
    }

    public SvrgOptions withL2(double l2) {
        return new SvrgOptions(epochs, batch, inner, rate, l2, intercept, full, stochastic);
    }

    public SvrgOptions withIntercept(boolean intercept) {
        return new SvrgOptions(epochs, batch, inner, rate, l2, intercept, full, stochastic);
    }

    /** The same with other workers for the full gradient and for the stochastic steps. */
    public SvrgOptions with(Parallelism full, Parallelism stochastic) {
        return new SvrgOptions(epochs, batch, inner, rate, l2, intercept, full, stochastic);
    }
}
