package orrery.table.hold;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import orrery.table.cells.FloatShard;
import orrery.table.cells.IntShard;
import orrery.table.worker.Session;
import orrery.wire.Frame;

/**
 * A question about a table that is answered where its rows are, block by block, and merged in an order that does not
 * depend on who was first or who owns what. Only the answer travels.
 *
 * @param <R> the answer
 */
public sealed interface ServerFunction<R> {

    /** The Euclidean norm of all cells. Over the rows that have memory. */
    record Norm(Table table) implements ServerFunction<Double> {
        @Override
        public Double answer(Asker others) {
            return Math.sqrt(new Dot(table, table).answer(others));
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
            if (!java.util.Objects.equals(a.spec().order(), b.spec().order())) {
                throw new IllegalArgumentException(
                        "the dot of '" + a.name() + "' and '" + b.name() + "' needs rows that lie alike");
            }
            if (a != b && !(a.shard.rows().isDense && b.shard.rows().isDense)) {
                throw new IllegalArgumentException(
                        "the dot of '" + a.name() + "' and '" + b.name() + "' needs dense tables");
            }
        }

        @Override
        public Double answer(Asker others) {
            var sums = new double[a.shard.rows().stripes];
            for (var pair : others.ask(a, DOT, b.number(), 0)) {
                sums[(int) pair.key()] = pair.value();
            }
            for (var pair : ofOwn()) {
                sums[(int) pair.key()] = pair.value();
            }
            double sum = 0;
            for (double ofStripe : sums) {
                sum += ofStripe;
            }
            return sum;
        }

        /** The sum over each own stripe. */
        private List<Pair> ofOwn() {
            var pairs = new ArrayList<Pair>();
            var shard = a.floats();
            var rows = shard.rows();
            int width = a.spec().width();
            for (int s = 0; s < rows.stripes; s++) {
                if (!a.owns(s)) {
                    continue;
                }
                var sum = new double[1];
                shard.locks().lock(s);
                try {
                    var x = shard.values();
                    var y = b.floats().values();
                    var keys = rows.isDense ? new long[0] : rows.keys(s); // slots differ from run to run, keys do not
                    rows.forEachRun(
                            s,
                            keys,
                            (block, row, at, n) -> sum[0] += dot(x[block], y[block], row * width, (row + n) * width));
                } finally {
                    shard.locks().unlockUnchanged(s);
                }
                pairs.add(new Pair(s, sum[0]));
            }
            return pairs;
        }

        private static double dot(float[] x, float[] y, int from, int to) {
            double a = 0, b = 0, c = 0, d = 0;
            int i = from;
            for (; i + 3 < to; i += 4) {
                a += (double) x[i] * y[i];
                b += (double) x[i + 1] * y[i + 1];
                c += (double) x[i + 2] * y[i + 2];
                d += (double) x[i + 3] * y[i + 3];
            }
            for (; i < to; i++) {
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
        public List<Entry> answer(Asker others) {
            var best = ofOwn();
            others.ask(table, TOP_K, column, k).forEach(pair -> offer(best, new Entry(pair.key(), pair.value())));
            var sorted = new ArrayList<>(best);
            sorted.sort(WORST_FIRST.reversed());
            return List.copyOf(sorted);
        }

        private PriorityQueue<Entry> ofOwn() {
            var rows = table.shard.rows();
            var best = new PriorityQueue<Entry>(WORST_FIRST);
            for (int stripe = 0; stripe < rows.stripes; stripe++) {
                if (!table.owns(stripe)) {
                    continue;
                }
                if (rows.isDense) {
                    for (long row = rows.stripeStart(stripe); row < rows.stripeStart(stripe + 1); row++) {
                        if (rows.row(row) >= 0) {
                            offer(best, rows.row(row), row);
                        }
                    }
                    continue;
                }
                table.shard.locks().lock(stripe);
                try {
                    rows.forEach(stripe, (key, slot) -> offer(best, key, slot));
                } finally {
                    table.shard.locks().unlockUnchanged(stripe);
                }
            }
            return best;
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
                offer(best, new Entry(key, value));
            }
        }

        private void offer(PriorityQueue<Entry> best, Entry entry) {
            best.add(entry);
            if (best.size() > k) {
                best.remove();
            }
        }
    }

    /** As frames call {@link Dot}. */
    int DOT = 0;

    /** As frames call {@link TopK}. */
    int TOP_K = 1;

    /** One piece of an answer: a number, such as a stripe or a row, and a value. */
    record Pair(long key, double value) {
        public static final int BYTES = Long.BYTES + Double.BYTES;

        public void write(Frame to) {
            to.putLong(key).putDouble(value);
        }

        public static Pair read(Frame from) {
            return new Pair(from.getLong(), from.getDouble());
        }
    }

    /** Asks the other nodes; see {@link #partial}. */
    @FunctionalInterface
    interface Asker {
        List<Pair> ask(Table table, int kind, int first, int second);
    }

    /** Answers from the values as they are. A session's {@link Session#call} waits first until they are fresh enough. */
    R answer(Asker others);

    /**
     * What one node contributes to an answer: of {@link Dot} with the table of number {@code first} the sum of each own
     * stripe, of {@link TopK} the {@code second} best rows by column {@code first}.
     */
    static List<Pair> partial(Tables tables, Table table, int kind, int first, int second) {
        if (kind == TOP_K) {
            return new TopK(table, first, second)
                    .ofOwn().stream()
                            .map(entry -> new Pair(entry.key(), entry.value()))
                            .toList();
        }
        var other = tables.byNumber(first);
        if (kind != DOT || other == null) {
            throw new IllegalArgumentException("there is no function " + kind + " of table " + first);
        }
        return new Dot(table, other).ofOwn();
    }

    /** The tables that the answer depends on. */
    default List<Table> tables() {
        return switch (this) {
            case Norm norm -> List.of(norm.table());
            case Dot dot -> List.of(dot.a(), dot.b());
            case TopK top -> List.of(top.table());
        };
    }
}
