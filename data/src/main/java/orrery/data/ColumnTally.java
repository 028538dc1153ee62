package orrery.data;

import java.util.Arrays;

/** What a column holds: how many values, missing and different ones; of numbers sums and bounds. Confined to one thread. */
final class ColumnTally {
    /** More different values than this are not told apart. */
    static final int MOST_DISTINCT = 1 << 16;

    private final double origin; // numbers are summed up as differences from it
    private final boolean countsDistinct;
    private long[] distinct = new long[0]; // open addressing; 0 is free
    private int distinctCount;
    private boolean hasZero;
    long count;
    long missing;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    private double sum;
    private double squares;

    ColumnTally(double origin, boolean countsDistinct) {
        this.origin = origin;
        this.countsDistinct = countsDistinct;
    }

    void number(double x) {
        count++;
        min = x < min ? x : min;
        max = x > max ? x : max;
        double off = x - origin;
        sum += off;
        squares += off * off;
        if (countsDistinct) {
            distinct(Double.doubleToLongBits(x == 0 ? 0 : x) * 0x9e3779b97f4a7c15L);
        }
    }

    void text(long hash) {
        count++;
        distinct(hash);
    }

    void missing() {
        missing++;
    }

    void addAll(ColumnTally other) {
        count += other.count;
        missing += other.missing;
        min = Math.min(min, other.min);
        max = Math.max(max, other.max);
        sum += other.sum;
        squares += other.squares;
        if (other.hasZero) {
            distinct(0);
        }
        for (long hash : other.distinct) {
            if (hash != 0) {
                distinct(hash);
            }
        }
    }

    /** The mean of the differences from the origin. */
    double meanOff() {
        return count == 0 ? 0 : sum / count;
    }

    double mean() {
        return count == 0 ? Double.NaN : origin + meanOff();
    }

    double deviation() {
        return count == 0 ? 0 : Math.sqrt(Math.max(0, squares / count - meanOff() * meanOff()));
    }

    boolean isConstant() {
        return count > 0 && (min == max || (min > max && distinctCount() == 1));
    }

    /** How many different values there are; one more than the most if there are more. */
    int distinctCount() {
        return distinctCount;
    }

    private void distinct(long hash) {
        if (distinctCount > MOST_DISTINCT) {
            return;
        }
        if (hash == 0) {
            distinctCount += hasZero ? 0 : 1;
            hasZero = true;
            return;
        }
        if (2 * (distinctCount + 1) > distinct.length) {
            var old = distinct;
            distinct = new long[Math.max(16, 2 * old.length)];
            for (long kept : old) {
                if (kept != 0) {
                    distinct[place(kept)] = kept;
                }
            }
        }
        int at = place(hash);
        if (distinct[at] == 0) {
            distinct[at] = hash;
            distinctCount++;
        }
    }

    private int place(long hash) {
        int mask = distinct.length - 1;
        int at = (int) ((hash * 0x9e3779b97f4a7c15L) >>> 32) & mask;
        while (distinct[at] != 0 && distinct[at] != hash) {
            at = (at + 1) & mask;
        }
        return at;
    }

    @Override
    public String toString() {
        return count + " values, " + missing + " missing, " + distinctCount + " different, " + Arrays.asList(min, max);
    }
}
