package orrery.spark;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.Row;

/**
 * How many rows there are, and of some columns of numbers how many values, their mean and their deviation (Chan, Golub and
 * LeVeque 1983). Parts are added up in their order, so that the sums are the same to the last bit each time.
 */
final class Moments implements Serializable {
    private static final long serialVersionUID = 1;

    private final int[] columns;
    private final long[] counts;
    private final double[] means;
    private final double[] squares; // of the differences to the mean
    private long rows;

    /** @param columns positions in a row */
    Moments(int[] columns) {
        this.columns = columns.clone();
        counts = new long[columns.length];
        means = new double[columns.length];
        squares = new double[columns.length];
    }

    void add(Row row) {
        rows++;
        for (int k = 0; k < columns.length; k++) {
            var value = row.get(columns[k]);
            if (value != null) {
                double number = value instanceof Boolean b ? b ? 1 : 0 : ((Number) value).doubleValue();
                counts[k]++;
                double difference = number - means[k];
                means[k] += difference / counts[k];
                squares[k] += difference * (number - means[k]);
            }
        }
    }

    /** Of all parts. */
    static Moments sum(List<Moments> parts, int[] columns) {
        var all = new Moments(columns);
        for (var part : parts) {
            all.rows += part.rows;
            for (int k = 0; k < columns.length; k++) {
                long count = all.counts[k] + part.counts[k];
                if (part.counts[k] > 0) {
                    double difference = part.means[k] - all.means[k];
                    all.squares[k] +=
                            part.squares[k] + difference * difference * all.counts[k] * part.counts[k] / (double) count;
                    all.means[k] += difference * part.counts[k] / count;
                    all.counts[k] = count;
                }
            }
        }
        return all;
    }

    long rows() {
        return rows;
    }

    double mean(int k) {
        return means[k];
    }

    /** The deviation of the {@code k}th column; 1 if all its values are the same. */
    double deviation(int k) {
        double variance = counts[k] == 0 ? 0 : squares[k] / counts[k];
        return variance > 0 ? Math.sqrt(variance) : 1;
    }
}
