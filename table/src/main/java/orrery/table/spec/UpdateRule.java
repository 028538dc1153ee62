package orrery.table.spec;

import java.io.Serializable;
import java.util.List;

/**
 * What a shard does with an update. {@link Add} takes the update as a change; all other rules take it as a gradient g
 * and descend. A rule sees one merged update per (worker, clock, row), or of several workers where it adds and the table
 * is under {@link Consistency.Ssp}, and runs on every cell of a row that the update touches. Rules run at the shard, because their state lives there.
 *
 * <p>{@code l2} adds {@code l2 * w} to the gradient of touched cells; {@code l1} then shrinks the new value towards zero
 * by {@code step * l1} (soft threshold). Only the rules that have such a component define it.
 */
public sealed interface UpdateRule extends Serializable {

    /** w += u. */
    record Add() implements UpdateRule {}

    /** w -= rate * g. */
    record Sgd(float rate, float l1, float l2) implements UpdateRule {
        public Sgd {
            positive("sgd", "rate", rate);
            notNegative("sgd", "l1", l1);
            notNegative("sgd", "l2", l2);
        }

        public Sgd(float rate) {
            this(rate, 0, 0);
        }
    }

    /** v = momentum * v + g; w -= rate * v (Polyak's heavy ball). */
    record Momentum(float rate, float momentum, float l2) implements UpdateRule {
        public Momentum {
            positive("momentum", "rate", rate);
            fraction("momentum", "momentum", momentum);
            notNegative("momentum", "l2", l2);
        }
    }

    /**
     * a += g^2; w -= rate * g / sqrt(a + damping) (Duchi, Hazan and Singer, JMLR 2011).
     *
     * @param damping keeps the first steps small: near 0, the first is of size rate; 1 is IterStore's choice
     */
    record AdaGrad(float rate, float damping, float l1, float l2) implements UpdateRule {
        public AdaGrad {
            positive("adagrad", "rate", rate);
            positive("adagrad", "damping", damping);
            notNegative("adagrad", "l1", l1);
            notNegative("adagrad", "l2", l2);
        }

        public AdaGrad(float rate) {
            this(rate, 1e-12f, 0, 0);
        }
    }

    /**
     * AdaGrad that corrects for gradients that were computed on stale values (McMahan and Streeter, NIPS 2014), as
     * IterStore runs it: with b the sum of the gradients applied since the slowest worker's last clock,
     * {@code z += g^2 + 2 g b; z' = max(z, z'); w -= eta g + (eta - eta_old) b}, where eta = rate / sqrt(z' + 1).
     */
    record AdaRevision(float rate) implements UpdateRule {
        public AdaRevision {
            positive("adarevision", "rate", rate);
        }
    }

    /** Adam (Kingma and Ba, ICLR 2015), with one step count per row. */
    record Adam(float rate, float beta1, float beta2, float damping, float l2) implements UpdateRule {
        public Adam {
            positive("adam", "rate", rate);
            fraction("adam", "beta1", beta1);
            fraction("adam", "beta2", beta2);
            positive("adam", "damping", damping);
            notNegative("adam", "l2", l2);
        }

        public Adam(float rate) {
            this(rate, 0.9f, 0.999f, 1e-8f, 0);
        }
    }

    /**
     * Follow the regularised leader, proximal, per coordinate (McMahan et al., "Ad Click Prediction", KDD 2013,
     * algorithm 1). State is z and n; the table's values are the w that they imply, so reads return w.
     */
    record Ftrl(float alpha, float beta, float l1, float l2) implements UpdateRule {
        public Ftrl {
            positive("ftrl", "alpha", alpha);
            notNegative("ftrl", "beta", beta);
            notNegative("ftrl", "l1", l1);
            notNegative("ftrl", "l2", l2);
        }
    }

    /** A rule whose rate falls from clock to clock. Not for {@link Ftrl}, whose weights follow from the rate as a whole. */
    record Decaying(UpdateRule rule, RateSchedule schedule) implements UpdateRule {
        public Decaying {
            if (rule instanceof Decaying || rule instanceof Add || rule instanceof Ftrl) {
                throw new IllegalArgumentException("the rate of " + rule + " cannot fall from clock to clock");
            }
        }

        /** From its own at clock 0 to nothing after so many clocks. */
        public Decaying(UpdateRule rule, long clocks) {
            this(rule, new RateSchedule.Linear(clocks));
        }

        /** The part of the rate that is left when all updates up to {@code age} are in. */
        public float share(long age) {
            return schedule.share(age);
        }
    }

    /** The rule itself, without what becomes of its rate. */
    default UpdateRule base() {
        return this instanceof Decaying(var rule, var _) ? rule : this;
    }

    /** The same rule at another rate. */
    default UpdateRule withRate(float rate) {
        return switch (this) {
            case Add() -> this;
            case Sgd(float _, float l1, float l2) -> new Sgd(rate, l1, l2);
            case Momentum(float _, float momentum, float l2) -> new Momentum(rate, momentum, l2);
            case AdaGrad(float _, float damping, float l1, float l2) -> new AdaGrad(rate, damping, l1, l2);
            case AdaRevision _ -> new AdaRevision(rate);
            case Adam(float _, float beta1, float beta2, float damping, float l2) ->
                new Adam(rate, beta1, beta2, damping, l2);
            case Ftrl(float _, float beta, float l1, float l2) -> new Ftrl(rate, beta, l1, l2);
            case Decaying(var rule, var schedule) -> new Decaying(rule.withRate(rate), schedule);
        };
    }

    /** The rate; 1 for {@link Add}. */
    default float rate() {
        return switch (this) {
            case Add() -> 1;
            case Sgd(float rate, float _, float _) -> rate;
            case Momentum(float rate, float _, float _) -> rate;
            case AdaGrad(float rate, float _, float _, float _) -> rate;
            case AdaRevision(float rate) -> rate;
            case Adam(float rate, float _, float _, float _, float _) -> rate;
            case Ftrl(float alpha, float _, float _, float _) -> alpha;
            case Decaying(var rule, var _) -> rule.rate();
        };
    }

    /** Whether the sum of two updates does what one after the other does, so that updates may be applied in parts. */
    default boolean replayable() {
        return switch (this) {
            case Add() -> true;
            case Sgd(float _, float l1, float l2) -> l1 == 0 && l2 == 0;
            case Momentum _, AdaGrad _, AdaRevision _, Adam _, Ftrl _, Decaying _ -> false;
        };
    }

    /** Whether a zero in an update leaves its cell as it was, so that shards may skip or include it as they like. */
    default boolean ignoresZeros() {
        return switch (this) {
            case Add() -> true;
            case Sgd(float _, float l1, float l2) -> l1 == 0 && l2 == 0;
            case AdaGrad(float _, float _, float l1, float l2) -> l1 == 0 && l2 == 0;
            case AdaRevision _, Ftrl _ -> true;
            case Momentum _, Adam _ -> false;
            case Decaying(var rule, var _) -> rule.ignoresZeros();
        };
    }

    /** The same rule without {@code l1} and {@code l2}, for what is not to be shrunk, such as an intercept. */
    default UpdateRule withoutPenalty() {
        return switch (this) {
            case Sgd(float rate, float _, float _) -> new Sgd(rate, 0, 0);
            case Momentum(float rate, float momentum, float _) -> new Momentum(rate, momentum, 0);
            case AdaGrad(float rate, float damping, float _, float _) -> new AdaGrad(rate, damping, 0, 0);
            case Adam(float rate, float beta1, float beta2, float damping, float _) ->
                new Adam(rate, beta1, beta2, damping, 0);
            case Ftrl(float alpha, float beta, float _, float _) -> new Ftrl(alpha, beta, 0, 0);
            case Add _, AdaRevision _ -> this;
            case Decaying(var rule, var schedule) -> new Decaying(rule.withoutPenalty(), schedule);
        };
    }

    /** The arrays of state that the rule keeps beside the values, in the order in which its kernel has them. */
    default List<Plane> planes() {
        return switch (this) {
            case Add(), Sgd(float _, float _, float _) -> List.of();
            case Momentum _ -> List.of(Plane.perCell("velocity"));
            case AdaGrad _ -> List.of(Plane.perCell("squares"));
            case AdaRevision _ ->
                List.of(
                        Plane.perCell("z"),
                        Plane.perCell("zmax"),
                        Plane.perCell("sum"),
                        Plane.perCell("sumOld"),
                        Plane.perCell("epoch"));
            case Adam _ -> List.of(Plane.perCell("mean"), Plane.perCell("square"), Plane.perRow("steps"));
            case Ftrl _ -> List.of(Plane.perCell("z"), Plane.perCell("n"));
            case Decaying(var rule, var _) -> rule.planes();
        };
    }

    /** One array of a rule's state. */
    record Plane(String name, boolean isPerRow) {
        static Plane perCell(String name) {
            return new Plane(name, false);
        }

        static Plane perRow(String name) {
            return new Plane(name, true);
        }

        public int width(int tableWidth) {
            return isPerRow ? 1 : tableWidth;
        }
    }

    private static void positive(String rule, String what, float value) {
        if (!(value > 0) || Float.isInfinite(value)) {
            throw new IllegalArgumentException(rule + ": " + what + " must be above 0, got " + value);
        }
    }

    private static void notNegative(String rule, String what, float value) {
        if (!(value >= 0) || Float.isInfinite(value)) {
            throw new IllegalArgumentException(rule + ": " + what + " must be 0 or more, got " + value);
        }
    }

    private static void fraction(String rule, String what, float value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(rule + ": " + what + " must be at least 0 and below 1, got " + value);
        }
    }
}
