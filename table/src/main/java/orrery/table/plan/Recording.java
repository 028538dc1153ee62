package orrery.table.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What one worker touches of the rows of dense tables, clock by clock: each row once, in the order of its first use. Clocks
 * of a pass over mini-batches are its batches. Confined to the worker's thread.
 */
public final class Recording {
    private final Map<String, OfTable> tables = new TreeMap<>();
    private int clock;

    /** Of one table: what was read and what was written. */
    private static final class OfTable {
        final Touched reads = new Touched();
        final Touched writes = new Touched();
        long accesses;
        int[] ofRow = new int[16];

        void access(int row) {
            if (row >= ofRow.length) {
                ofRow = Arrays.copyOf(ofRow, Math.max(row + 1, 2 * ofRow.length));
            }
            ofRow[row]++;
            accesses++;
        }

        boolean hasRanges;
    }

    private static final class Touched {
        final List<int[]> byClock = new ArrayList<>();
        private final BitSet seen = new BitSet();
        private int[] now = new int[16];
        private int count;

        void add(int row) {
            if (!seen.get(row)) {
                seen.set(row);
                if (count == now.length) {
                    now = Arrays.copyOf(now, 2 * count);
                }
                now[count++] = row;
            }
        }

        void tick(int clock) {
            while (byClock.size() < clock) {
                byClock.add(new int[0]);
            }
            byClock.add(Arrays.copyOf(now, count));
            if (count > 1024) {
                seen.clear();
            } else {
                for (int i = 0; i < count; i++) {
                    seen.clear(now[i]);
                }
            }
            count = 0;
        }
    }

    private OfTable of(String table) {
        return tables.computeIfAbsent(table, t -> new OfTable());
    }

    /** The worker has read rows. */
    public void read(String table, long[] rows, int from, int to) {
        var of = of(table);
        for (int i = from; i < to; i++) {
            int row = Math.toIntExact(rows[i]);
            of.access(row);
            of.reads.add(row);
        }
    }

    /** The worker has read rows {@code from} to {@code to}. */
    public void readRange(String table, long from, long to) {
        var of = of(table);
        of.hasRanges = true;
        for (long row = from; row < to; row++) {
            of.access(Math.toIntExact(row));
            of.reads.add(Math.toIntExact(row));
        }
    }

    /** The worker has added to a row. */
    public void wrote(String table, long row) {
        var of = of(table);
        of.access(Math.toIntExact(row));
        of.writes.add(Math.toIntExact(row));
    }

    /** The clock is over. */
    public void tick() {
        for (var of : tables.values()) {
            of.reads.tick(clock);
            of.writes.tick(clock);
        }
        clock++;
    }

    public int clocks() {
        return clock;
    }

    /** Whether something of the table was touched. */
    public boolean hasRows(String table) {
        return tables.containsKey(table);
    }

    /** Whether rows of the table were read as a range, by their numbers. */
    public boolean hasRanges(String table) {
        var of = tables.get(table);
        return of != null && of.hasRanges;
    }

    /** Rows read at a clock, in the order of their first use. */
    public int[] reads(String table, int atClock) {
        return rows(of(table).reads, atClock);
    }

    /** Rows written at a clock, in the order of their first use. */
    public int[] writes(String table, int atClock) {
        return rows(of(table).writes, atClock);
    }

    private static int[] rows(Touched touched, int clock) {
        return clock < touched.byClock.size() ? touched.byClock.get(clock) : new int[0];
    }

    /** Which part of the worker's accesses to a table is to one row. */
    double frequency(String table, int row) {
        var of = tables.get(table);
        return of == null || row >= of.ofRow.length ? 0 : of.ofRow[row] / (double) of.accesses;
    }

    /** The rows that were accessed, ascending. */
    int[] rows(String table) {
        var of = tables.get(table);
        return of == null
                ? new int[0]
                : IntStream.range(0, of.ofRow.length)
                        .filter(row -> of.ofRow[row] > 0)
                        .toArray();
    }
}
