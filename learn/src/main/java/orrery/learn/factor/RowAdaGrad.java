package orrery.learn.factor;

/**
 * Gradient descent with a rate per row, which falls with the gradients that the row has seen: AdaGrad with one history for
 * a whole row (Chin, Zhuang, Juan and Lin, "A Learning-Rate Schedule for Stochastic Gradient Methods to Matrix
 * Factorization", PAKDD 2015, without its second history and its slow start, which brought nothing with biases). A rating
 * of value v, in deviations from the mean, moves the rows p of its user and q of its item, each with a bias and a history:
 *
 * <pre>
 * step(p)    = rate / sqrt(1 + history(p))
 * error      = v - (bias(p) + bias(q) + p . q)
 * p          = (1 - step(p) l2) p + step(p) error q        of the bias with 1 in place of q, and at once the same of q
 * history(p) = history(p) + error^2 |q|^2 / rank           and the same of q
 * </pre>
 *
 * <p>The norm |q|^2 is of when the row was taken up ({@link #measure}). All there is of it yields the same bits, so that a
 * run does not depend on how its members were started. Not thread-safe.
 *
 * <p>A row is {@link #stride} floats of a flat array: the factors, zeros up to a multiple of 16, then bias, history and norm.
 */
interface RowAdaGrad {
    /** Where they are after the padded factors. */
    int BIAS = 0;

    int HISTORY = 1;
    int NORM = 2;

    /** Sums that the product is added up in; each half is added to the other until four are left. */
    int SUMS = 32;

    private static int upToSixteens(int count) {
        return (count + 15) & -16;
    }

    /** Floats of a row's factors. */
    static int padded(int rank) {
        return upToSixteens(rank);
    }

    /** Floats of a whole row. */
    static int stride(int rank) {
        return padded(rank) + 16;
    }

    /** Takes down the norms of the first {@code count} rows. */
    static void measure(float[] rows, int count, int rank) {
        int stride = stride(rank);
        int tail = padded(rank);
        for (int row = 0; row < count * stride; row += stride) {
            float sum = 0;
            for (int c = 0; c < rank; c++) {
                sum = Math.fma(rows[row + c], rows[row + c], sum);
            }
            rows[row + tail + NORM] = sum;
        }
    }

    /**
     * One rating after the other, from {@code from} to {@code to}.
     *
     * @param mean of the ratings
     * @param perDeviation one over their standard deviation
     * @return the sum of squared errors, each before its step, in squared deviations
     */
    double descend(
            Tiles tiles,
            int from,
            int to,
            float mean,
            float perDeviation,
            float rate,
            float l2,
            int rank,
            float[] users,
            float[] items);

    /** Vectors, if the JVM was started with {@code --add-modules jdk.incubator.vector} on a machine that has them. */
    static RowAdaGrad best() {
        return RowMath.hasVectors() ? new VectorRowAdaGrad() : new ScalarRowAdaGrad();
    }
}
