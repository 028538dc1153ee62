package orrery.table;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A question about a table that is answered where its rows are, part by part, and merged in an order that does not depend
 * on who was first. Only the answer travels.
 *
 * @param <R> the answer
 */
public sealed interface ServerFunction<R> {

    /** The Euclidean norm of all cells. Over the rows that have memory. */
    record Norm(Table table) implements ServerFunction<Double> {
        @Override
        public Double call() {
            return Math.sqrt(new Dot(table, table).call());
        }
    }

    /** The sum over all cells of a times b, two dense tables of the same shape. A sparse one only with itself. */
    record Dot(Table a, Table b) implements ServerFunction<Double> {
        public Dot {
            if (a.spec().rows() != b.spec().rows()
                    || a.spec().width() != b.spec().width()) {
                throw new IllegalArgumentException("tables '" + a.name() + "' and '" + b.name()
                        + "' have different shapes: " + a.spec().rows() + " x "
                        + a.spec().width() + " and "
                        + b.spec().rows() + " x " + b.spec().width());
            }
            if (a != b && !(a.shard.rows().isDense && b.shard.rows().isDense)) {
                throw new IllegalArgumentException(
                        "the dot of '" + a.name() + "' and '" + b.name() + "' needs dense tables");
            }
        }

        @Override
        public Double call() {
            return a.shard.rows().isDense ? dense() : sparse();
        }

        /** Stripe by stripe: slots are given in the order of arrival, which differs from run to run. */
        private double sparse() {
            var shard = a.floats();
            var rows = shard.rows();
            int width = a.spec().width();
            int mask = (1 << rows.blockShift) - 1;
            var sum = new double[1];
            for (int stripe = 0; stripe < rows.stripes; stripe++) {
                shard.locks().lock(stripe);
                try {
                    rows.forEach(stripe, (key, slot) -> {
                        var block = shard.values()[slot >>> rows.blockShift];
                        int start = (slot & mask) * width;
                        for (int c = 0; c < width; c++) {
                            sum[0] += (double) block[start + c] * block[start + c];
                        }
                    });
                } finally {
                    shard.locks().unlock(stripe);
                }
            }
            return sum[0];
        }

        private double dense() {
            var x = a.floats().values();
            var y = b.floats().values();
            double sum = 0;
            for (int block = 0; block < x.length; block++) {
                sum += dot(x[block], y[block], x[block].length);
            }
            return sum;
        }

        private static double dot(float[] x, float[] y, int n) {
            double a = 0, b = 0, c = 0, d = 0;
            int i = 0;
            for (; i + 3 < n; i += 4) {
                a += (double) x[i] * y[i];
                b += (double) x[i + 1] * y[i + 1];
                c += (double) x[i + 2] * y[i + 2];
                d += (double) x[i + 3] * y[i + 3];
            }
            for (; i < n; i++) {
                a += (double) x[i] * y[i];
            }
            return (a + b) + (c + d);
        }
    }

    /** The k rows with the largest values in one column, largest first, lower keys first among equals. */
    record TopK(Table table, int column, int k) implements ServerFunction<List<TopK.Entry>> {
        private static final Comparator<Entry> WORST_FIRST = Comparator.comparingDouble(Entry::value)
                .thenComparing(Comparator.comparingLong(Entry::key).reversed());

        /** A row and its value. */
        public record Entry(long key, double value) {}

        public TopK {
            if (column < 0 || column >= table.spec().width()) {
                throw new IndexOutOfBoundsException("table '" + table.name() + "' has columns 0 to "
                        + (table.spec().width() - 1) + ", asked for the top of column " + column);
            }
            if (k < 1) {
                throw new IllegalArgumentException("k must be 1 or more, got " + k);
            }
        }

        @Override
        public List<Entry> call() {
            var rows = table.shard.rows();
            var best = new PriorityQueue<Entry>(WORST_FIRST);
            if (rows.isDense) {
                for (long row = 0; row < rows.count; row++) {
                    offer(best, row, row);
                }
            } else {
                for (int stripe = 0; stripe < rows.stripes; stripe++) {
                    table.shard.locks().lock(stripe);
                    try {
                        rows.forEach(stripe, (key, slot) -> offer(best, key, slot));
                    } finally {
                        table.shard.locks().unlock(stripe);
                    }
                }
            }
            var sorted = new ArrayList<>(best);
            sorted.sort(WORST_FIRST.reversed());
            return List.copyOf(sorted);
        }

        private void offer(PriorityQueue<Entry> best, long key, long slot) {
            int shift = table.shard.rows().blockShift;
            int block = (int) (slot >>> shift);
            int at = (int) (slot & ((1 << shift) - 1)) * table.spec().width() + column;
            double value = switch (table.shard) {
                case FloatShard floats -> floats.values()[block][at];
                case IntShard ints -> ints.values()[block][at];
            };
            if (best.size() < k || value >= best.element().value()) {
                best.add(new Entry(key, value));
                if (best.size() > k) {
                    best.remove();
                }
            }
        }
    }

    /** Answers from the values as they are. A session's {@link Session#call} waits first until they are fresh enough. */
    R call();

    /** The tables that the answer depends on. */
    default List<Table> tables() {
        return switch (this) {
            case Norm norm -> List.of(norm.table());
            case Dot dot -> List.of(dot.a(), dot.b());
            case TopK top -> List.of(top.table());
        };
    }
}
