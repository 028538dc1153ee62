package orrery.learn.factor;

import java.io.Serializable;

/**
 * How factors are learned.
 *
 * @param rank factors of a user or an item, without the bias
 * @param passes over the ratings
 * @param rate learning rate of the first pass; of {@code ADA_REVISION} of all
 * @param decay by which the rate is multiplied after each pass, in (0, 1]; not of {@code ADA_REVISION}
 * @param l2 penalty of factors and biases, per rating; of {@code ROW_ADAGRAD} for ratings in standard deviations
 * @param method who changes an item's row, and how
 */
public record FactorOptions(int rank, int passes, float rate, float decay, float l2, Method method)
        implements Serializable {

    /** How an item's row is learned. */
    public enum Method {
        /** As {@code SGD}, with a rate per row that falls with the gradients that the row has seen; see {@link RowAdaGrad}. */
        ROW_ADAGRAD,
        /** Each rating changes the worker's copy of the row at once; what has changed in a clock is added at the shard. */
        SGD,
        /** A clock's gradient of the row, summed up, goes to the shard's AdaRevision; users' rows follow AdaGrad. */
        ADA_REVISION
    }

    public FactorOptions {
        if (rank < 1 || rank > 10_000) {
            throw new IllegalArgumentException("rank must be 1 to 10000, got " + rank);
        }
        if (passes < 1) {
            throw new IllegalArgumentException("passes must be 1 or more, got " + passes);
        }
        if (!(rate > 0) || Float.isInfinite(rate)) {
            throw new IllegalArgumentException("rate must be above 0, got " + rate);
        }
        if (!(decay > 0 && decay <= 1)) {
            throw new IllegalArgumentException("decay must be above 0 and at most 1, got " + decay);
        }
        if (!(l2 >= 0) || Float.isInfinite(l2)) {
            throw new IllegalArgumentException("l2 must be 0 or more, got " + l2);
        }
    }

    /** Rank 64, 8 passes of row-wise AdaGrad. */
    public static final FactorOptions DEFAULT = of(Method.ROW_ADAGRAD);

    /** What a method does best with, over six sets of ratings (docs/papers.md). */
    public static FactorOptions of(Method method) {
        return method == Method.ROW_ADAGRAD
                ? new FactorOptions(64, 8, 0.12f, 0.75f, 0.04f, method)
                : new FactorOptions(64, 25, 0.03f, 0.95f, 0.1f, method);
    }

    /** Columns of a row: the factors, then the bias, then the history if there is one for all. */
    int width() {
        return method == Method.ROW_ADAGRAD ? rank + 2 : rank + 1;
    }
}
