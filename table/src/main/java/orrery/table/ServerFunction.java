package orrery.table;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A question about a table that is answered where its rows are: per block, then merged in the order of blocks. Only the
 * answer travels.
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
            var x = a.floats().values();
            var y = b.floats().values();
            long left = a.residentRows() * a.spec().width();
            double sum = 0;
            for (int block = 0; block < x.length; block++) {
                int cells = (int) Math.min(left, x[block].length);
                sum += dot(x[block], y[block], cells);
                left -= cells;
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
            var keys = rows.isDense ? null : rows.keys();
            long n = keys == null ? rows.count : keys.length;
            int width = table.spec().width();
            int mask = (1 << rows.blockShift) - 1;
            var best = new PriorityQueue<Entry>(WORST_FIRST);
            for (long slot = 0; slot < n; slot++) {
                int block = (int) (slot >>> rows.blockShift);
                int at = ((int) slot & mask) * width + column;
                double value = switch (table.shard) {
                    case FloatShard floats -> floats.values()[block][at];
                    case IntShard ints -> ints.values()[block][at];
                };
                if (best.size() < k || value >= best.element().value()) {
                    best.add(new Entry(keys == null ? slot : keys[(int) slot], value));
                    if (best.size() > k) {
                        best.remove();
                    }
                }
            }
            var sorted = new ArrayList<>(best);
            sorted.sort(WORST_FIRST.reversed());
            return List.copyOf(sorted);
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
