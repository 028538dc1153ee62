package orrery.bench.defaults;

import orrery.data.Examples;

/** Ordinary least squares by the normal equations, of centred columns in doubles: exact, for few features. */
final class Squares {
    private final double[] weights; // of centred features
    private final double[] means;
    private final double intercept;

    private Squares(double[] weights, double[] means, double intercept) {
        this.weights = weights;
        this.means = means;
        this.intercept = intercept;
    }

    static Squares fit(Examples examples) {
        int d = examples.features();
        long n = examples.size();
        var means = new double[d];
        double mean = 0;
        var cursor = examples.cursor();
        for (long i = 0; i < n; i++) {
            cursor.move(i);
            mean += cursor.label() / n;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                means[cursor.indices()[k]] += (double) cursor.values()[k] / n;
            }
        }
        var a = new double[d][d + 1];
        var x = new double[d];
        for (long i = 0; i < n; i++) {
            cursor.move(i);
            dense(cursor, means, x);
            for (int r = 0; r < d; r++) {
                for (int c = 0; c < d; c++) {
                    a[r][c] += x[r] * x[c];
                }
                a[r][d] += x[r] * (cursor.label() - mean);
            }
        }
        return new Squares(solve(a), means, mean);
    }

    private static void dense(Examples.Cursor cursor, double[] means, double[] x) {
        for (int f = 0; f < x.length; f++) {
            x[f] = -means[f];
        }
        for (int k = cursor.from(); k < cursor.to(); k++) {
            x[cursor.indices()[k]] += cursor.values()[k];
        }
    }

    /** Gaussian elimination with pivots; a column without any gets no weight. */
    private static double[] solve(double[][] a) {
        int d = a.length;
        for (int c = 0; c < d; c++) {
            int best = c;
            for (int r = c + 1; r < d; r++) {
                best = Math.abs(a[r][c]) > Math.abs(a[best][c]) ? r : best;
            }
            var row = a[best];
            a[best] = a[c];
            a[c] = row;
            for (int r = 0; r < d && row[c] != 0; r++) {
                double factor = r == c ? 0 : a[r][c] / row[c];
                for (int k = c; k <= d && factor != 0; k++) {
                    a[r][k] -= factor * row[k];
                }
            }
        }
        var weights = new double[d];
        for (int c = 0; c < d; c++) {
            weights[c] = a[c][c] == 0 ? 0 : a[c][d] / a[c][c];
        }
        return weights;
    }

    /** The root of the mean squared error. */
    double error(Examples examples) {
        var x = new double[weights.length];
        var cursor = examples.cursor();
        double squares = 0;
        for (long i = 0; i < examples.size(); i++) {
            cursor.move(i);
            dense(cursor, means, x);
            double predicted = intercept;
            for (int f = 0; f < x.length; f++) {
                predicted += weights[f] * x[f];
            }
            squares += (predicted - cursor.label()) * (predicted - cursor.label());
        }
        return Math.sqrt(squares / examples.size());
    }
}
