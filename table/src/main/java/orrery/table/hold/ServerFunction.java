package orrery.table.hold;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import orrery.table.cells.FloatShard;
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
            if (a.spec().route() != b.spec().route()) {
                throw new IllegalArgumentException(
                        "the dot of '" + a.name() + "' and '" + b.name() + "' needs tables that the same members hold");
            }
            if (a != b && !(a.shard.rows().isDense && b.shard.rows().isDense)) {
                throw new IllegalArgumentException(
                        "the dot of '" + a.name() + "' and '" + b.name() + "' needs dense tables");
            }
        }

        @Override
        public Double answer(Asker others) {
            var sums = new double[a.shard.rows().blocks];
            for (var pair : others.ask(a, DOT, b.number(), 0)) {
                sums[(int) pair.key()] = pair.value();
            }
            for (var pair : ofOwn(true)) {
                sums[(int) pair.key()] = pair.value();
            }
            double sum = 0;
            for (double ofBlock : sums) {
                sum += ofBlock;
            }
            return sum;
        }

        /** The sum over each block that is here, or only over those that this node answers others for. */
        private List<Pair> ofOwn(boolean isForAll) {
            var pairs = new ArrayList<Pair>();
            var rows = a.floats().rows();
            for (int block = 0; block < rows.blocks; block++) {
                if ((isForAll ? a.owns(block) : a.keeps(block))) {
                    a.shard.locks().lock(rows.stripeOfBlock(block));
                    try {
                        pairs.add(new Pair(block, ofBlock(block)));
                    } finally {
                        a.shard.locks().unlockUnchanged(rows.stripeOfBlock(block));
                    }
                }
            }
            return pairs;
        }

        private double ofBlock(int block) {
            var sum = new double[1];
            var rows = a.floats().rows();
            int width = a.spec().width();
            var x = new Values(a.floats());
            var y = new Values(b.floats());
            var keys = rows.isDense ? new long[0] : rows.keys(block); // slots differ from run to run, keys do not
            rows.forEachRun(
                    block,
                    keys,
                    (slot, at, n) -> sum[0] += dot(x.of(slot), x.start(slot), y.of(slot), y.start(slot), n * width));
            return sum[0];
        }

        /** Where values of slots are. */
        private record Values(float[][] arrays, int shift, int width) {
            Values(FloatShard shard) {
                this(shard.values(), shard.valueShift(), shard.width(0));
            }

            float[] of(long slot) {
                return arrays[(int) (slot >>> shift)];
            }

            int start(long slot) {
                return (int) (slot & ((1L << shift) - 1)) * width;
            }
        }

        private static double dot(float[] x, int from, float[] y, int fromY, int n) {
            double a = 0, b = 0, c = 0, d = 0;
            int i = 0;
            for (; i + 3 < n; i += 4) {
                a += (double) x[from + i] * y[fromY + i];
                b += (double) x[from + i + 1] * y[fromY + i + 1];
                c += (double) x[from + i + 2] * y[fromY + i + 2];
                d += (double) x[from + i + 3] * y[fromY + i + 3];
            }
            for (; i < n; i++) {
                a += (double) x[from + i] * y[fromY + i];
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
            var best = ofOwn(true);
            others.ask(table, TOP_K, column, k).forEach(pair -> offer(best, new Entry(pair.key(), pair.value())));
            var sorted = new ArrayList<>(best);
            sorted.sort(WORST_FIRST.reversed());
            return List.copyOf(sorted);
        }

        /** Of the rows that are here, or only of those that this node answers others for. */
        private PriorityQueue<Entry> ofOwn(boolean isForAll) {
            var rows = table.shard.rows();
            var best = new PriorityQueue<Entry>(WORST_FIRST);
            for (int block = 0; block < rows.blocks; block++) {
                if (!(isForAll ? table.owns(block) : table.keeps(block))) {
                    continue;
                }
                if (rows.isDense) {
                    for (long slot = rows.blockStart(block); slot < rows.blockStart(block + 1); slot++) {
                        if (rows.row(slot) >= 0) {
                            offer(best, rows.row(slot));
                        }
                    }
                    continue;
                }
                int stripe = rows.stripeOfBlock(block);
                table.shard.locks().lock(stripe);
                try {
                    rows.forEach(block, (key, slot) -> offer(best, key));
                } finally {
                    table.shard.locks().unlockUnchanged(stripe);
                }
            }
            return best;
        }

        private void offer(PriorityQueue<Entry> best, long key) {
            double value = table.shard.value(key, column);
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

    /** How many rows have memory, in all nodes together. */
    record ResidentRows(Table table) implements ServerFunction<Long> {
        @Override
        public Long answer(Asker others) {
            if (table.shard.rows().isDense) {
                return table.spec().rows();
            }
            return table.residentRows()
                    + others.ask(table, RESIDENT_ROWS, 0, 0).stream()
                            .mapToLong(Pair::key)
                            .sum();
        }
    }

    /** The keys of the rows of a sparse table's block that have memory, ascending. */
    record Keys(Table table, int block) implements ServerFunction<long[]> {
        public Keys {
            if (table.shard.rows().isDense || block < 0 || block >= table.shard.rows().blocks) {
                throw new IndexOutOfBoundsException("table '" + table.name() + "' has no keys of block " + block);
            }
        }

        @Override
        public long[] answer(Asker others) {
            return table.owns(block)
                    ? ofOwn()
                    : others.ask(table, KEYS, block, 0).stream()
                            .mapToLong(Pair::key)
                            .toArray();
        }

        /** Those of this node. */
        private long[] ofOwn() {
            int stripe = table.shard.rows().stripeOfBlock(block);
            table.shard.locks().lock(stripe);
            try {
                return table.owns(block) ? table.shard.rows().keys(block) : new long[0];
            } finally {
                table.shard.locks().unlockUnchanged(stripe);
            }
        }
    }

    /** As frames call {@link Dot}. */
    int DOT = 0;

    /** As frames call {@link TopK}. */
    int TOP_K = 1;

    /** As frames call {@link ResidentRows}. */
    int RESIDENT_ROWS = 2;

    /** As frames call {@link Keys}. */
    int KEYS = 3;

    /** One piece of an answer: a number, such as a block or a row, and a value. */
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
     * block, of {@link TopK} the {@code second} best rows by column {@code first}, of {@link ResidentRows} their number, of
     * {@link Keys} those of block {@code first}.
     */
    static List<Pair> partial(Tables tables, Table table, int kind, int first, int second) {
        return switch (kind) {
            case DOT -> {
                var other = tables.byNumber(first);
                if (other == null) {
                    throw new IllegalArgumentException("there is no table " + first);
                }
                yield new Dot(table, other).ofOwn(false);
            }
            case TOP_K ->
                new TopK(table, first, second)
                        .ofOwn(false).stream()
                                .map(entry -> new Pair(entry.key(), entry.value()))
                                .toList();
            case RESIDENT_ROWS -> List.of(new Pair(table.residentRows(), 0));
            case KEYS ->
                Arrays.stream(new Keys(table, first).ofOwn())
                        .mapToObj(key -> new Pair(key, 0))
                        .toList();
            default -> throw new IllegalArgumentException("there is no function " + kind);
        };
    }

    /** The tables that the answer depends on. */
    default List<Table> tables() {
        return switch (this) {
            case Norm norm -> List.of(norm.table());
            case Dot dot -> List.of(dot.a(), dot.b());
            case TopK top -> List.of(top.table());
            case ResidentRows rows -> List.of(rows.table());
            case Keys keys -> List.of(keys.table());
        };
    }
}
