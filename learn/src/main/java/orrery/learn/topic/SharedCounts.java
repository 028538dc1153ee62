package orrery.learn.topic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.CountRows;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/**
 * All workers share one table of counts: a block is a copy of its rows, as fresh as the table's consistency asks, and what
 * has changed in it is added to the table. So counts may lack what others are changing meanwhile, but never what this worker has
 * changed itself; none is below zero, as each worker takes away only what it has put. The data-parallel scheme of Yuan et al.,
 * "LightLDA", section 5. Workers begin their laps at different blocks.
 */
final class SharedCounts implements WordCounts {
    private static final int CELLS_AT_ONCE = 1 << 20;
    private static final int NONE = -1;

    /** Copies rows of a table, as {@link Session#gather} or {@link Session#values} has them. */
    @FunctionalInterface
    interface Rows {
        void copy(long[] keys, int[] out);
    }

    private final Session session;
    private final Table table;
    private final WordBlocks words;
    private final TopicOptions options;
    private final int worker;
    private final int workers;
    private int taken;
    private int held = NONE;
    private @Nullable CountRows now;
    private @Nullable CountRows before;
    private int[] cells = new int[0];

    SharedCounts(Session session, Table table, WordBlocks words, TopicOptions options, int worker, int workers) {
        this.session = session;
        this.table = table;
        this.words = words;
        this.options = options;
        this.worker = worker;
        this.workers = workers;
    }

    @Override
    public int blocks() {
        return words.blocks();
    }

    @Override
    public int take() {
        int first = (int) ((long) worker * blocks() / workers);
        held = (first + taken++) % blocks();
        now = block(held, (keys, out) -> session.gather(table, keys, out));
        before = now.copy();
        return held;
    }

    @Override
    public CountRows counts() {
        if (now == null) {
            throw new IllegalStateException("no block is taken");
        }
        return now;
    }

    private CountRows block(int block, Rows rows) {
        var made = new CountRows(words.wordsOf(block), options.topics(), options.structure());
        if (options.sampler().looksUp()) {
            made.probe();
        }
        read(words, block, options.topics(), rows, made);
        return made;
    }

    /** Reads the rows of a block, some at a time. */
    static void read(WordBlocks words, int block, int topics, Rows rows, CountRows into) {
        int atOnce = Math.clamp(CELLS_AT_ONCE / topics, 1, Math.max(1, into.rows()));
        var cells = new int[atOnce * topics];
        for (int from = 0; from < into.rows(); from += atOnce) {
            int n = Math.min(atOnce, into.rows() - from);
            rows.copy(keys(words, block, from, n), cells);
            for (int i = 0; i < n; i++) {
                for (int k = 0, at = i * topics; k < topics; k++, at++) {
                    if (cells[at] != 0) {
                        into.add(from + i, k, cells[at]);
                    }
                }
            }
        }
    }

    private static long[] keys(WordBlocks words, int block, int from, int count) {
        return IntStream.range(0, count)
                .mapToLong(i -> ((long) block << words.shift()) + from + i)
                .toArray();
    }

    /** Adds what has changed to the table. */
    @Override
    public void pass() {
        var after = counts();
        int topics = options.topics();
        int atOnce = Math.clamp(CELLS_AT_ONCE / topics, 1, Math.max(1, after.rows()));
        if (cells.length < atOnce * topics) {
            cells = new int[atOnce * topics];
        }
        var keys = new long[atOnce];
        int n = 0;
        for (int row = 0; row < after.rows(); row++) {
            int at = n * topics;
            if (change(row, at)) {
                keys[n++] = ((long) held << words.shift()) + row;
                if (n == atOnce) {
                    session.add(table, keys, Arrays.copyOf(cells, n * topics));
                    Arrays.fill(cells, 0, n * topics, 0);
                    n = 0;
                }
            }
        }
        if (n > 0) {
            session.add(table, Arrays.copyOf(keys, n), Arrays.copyOf(cells, n * topics));
            Arrays.fill(cells, 0, n * topics, 0);
        }
        held = NONE;
        now = null;
        before = null;
    }

    /** Puts the changes of a row where there are zeros. Returns whether there are any. */
    private boolean change(int row, int at) {
        var old = before;
        if (old == null) {
            throw new IllegalStateException("no block is taken");
        }
        counts().forEach(row, (topic, count) -> cells[at + topic] += count);
        old.forEach(row, (topic, count) -> cells[at + topic] -= count);
        for (int k = 0; k < options.topics(); k++) {
            if (cells[at + k] != 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public List<Integer> measured() {
        var mine = new ArrayList<Integer>();
        for (int block = worker; block < blocks(); block += workers) {
            mine.add(block);
        }
        return mine;
    }

    @Override
    public CountRows atCut(int block) {
        return block(block, (keys, out) -> session.values(table, keys, out));
    }
}
