package orrery.table.plan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;

/**
 * What one worker touches of the rows of dense tables, clock by clock: each row once, in the order of its first use. Clocks
 * of a pass over mini-batches are its batches. Confined to the worker's thread.
 */
public final class Recording {
    private static final String ACCESSES = ".accesses";
    private static final String READS = ".reads";
    private static final String WRITES = ".writes";
    private static final String STARTS = ".starts";

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

    /** As tensors, to be kept. */
    public byte[] toBytes() {
        var tensors = new ArrayList<Tensor>();
        var ranges = new ArrayList<String>();
        tables.forEach((name, of) -> {
            tensors.add(Tensor.ints(name + ACCESSES, of.ofRow));
            add(tensors, name + READS, of.reads);
            add(tensors, name + WRITES, of.writes);
            if (of.hasRanges) {
                ranges.add(name);
            }
        });
        return Safetensors.bytes(Map.of("clocks", String.valueOf(clock), "ranges", String.join(",", ranges)), tensors);
    }

    private static void add(List<Tensor> tensors, String name, Touched touched) {
        var starts = new int[touched.byClock.size() + 1];
        for (int c = 0; c < touched.byClock.size(); c++) {
            starts[c + 1] = starts[c] + touched.byClock.get(c).length;
        }
        var rows = new int[starts[starts.length - 1]];
        for (int c = 0; c < touched.byClock.size(); c++) {
            System.arraycopy(touched.byClock.get(c), 0, rows, starts[c], starts[c + 1] - starts[c]);
        }
        tensors.add(Tensor.ints(name + STARTS, starts));
        tensors.add(Tensor.ints(name, rows));
    }

    /** What {@link #toBytes} has given. */
    public static Recording read(Safetensors file) throws IOException {
        var recording = new Recording();
        try {
            recording.clock = Integer.parseInt(file.metadata().getOrDefault("clocks", ""));
            var ranges = List.of(file.metadata().getOrDefault("ranges", "").split(",", -1));
            for (var tensor : file.names()) {
                if (tensor.endsWith(ACCESSES)) {
                    String name = tensor.substring(0, tensor.length() - ACCESSES.length());
                    var of = recording.of(name);
                    of.ofRow = file.ints(tensor);
                    of.accesses = Arrays.stream(of.ofRow).asLongStream().sum();
                    of.hasRanges = ranges.contains(name);
                    read(file, name + READS, of.reads);
                    read(file, name + WRITES, of.writes);
                }
            }
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IOException(file.where() + ": is no recording: " + e.getMessage(), e);
        }
        return recording;
    }

    private static void read(Safetensors file, String name, Touched into) throws IOException {
        int[] starts = file.ints(name + STARTS);
        int[] rows = file.ints(name);
        for (int c = 0; c + 1 < starts.length; c++) {
            into.byClock.add(Arrays.copyOfRange(rows, starts[c], starts[c + 1]));
        }
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
