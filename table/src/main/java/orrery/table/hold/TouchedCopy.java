package orrery.table.hold;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import orrery.store.Safetensors.Tensor;
import orrery.table.cells.Cells;
import orrery.table.cells.FloatCells;
import orrery.table.cells.FloatShard;
import orrery.table.cells.KeyedRows;
import orrery.table.outbox.Outbox;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;

/**
 * One worker's own copy of the rows of a table that it has touched, under {@link Consistency.Local}, with the state of the
 * table's rule: for tables that are read by key, of which no worker may hold all. A row goes on from the average when it is
 * first touched in a round; those that are not touched need nothing. It does what a {@link LocalCopy} of the whole does.
 * Confined to the worker's thread.
 */
public final class TouchedCopy {
    private static final long NONE = -1;

    private final Table table;
    private final Consistency.Local consistency;
    private final TableSpec spec; // of the copy
    private final FloatShard shard;
    private final int width;
    private final KeyedRows begun; // rows that have been touched in this round
    private float[] averages = new float[16]; // of those, as the round began
    private long round = NONE; // its first clock
    private double drift; // squares of the differences to the averages that followed, since it was asked for
    private double compared; // of so many cells

    /** Brings rows of the average, in the order of keys. */
    @FunctionalInterface
    public interface Fetch {
        void rows(long[] keys, int count, float[] out);
    }

    /** @param age that the rule goes by: the worker's own last clock, since nobody else's steps are in the copy */
    public TouchedCopy(Table table, Consistency.Local consistency, LongSupplier age) {
        this.table = table;
        this.consistency = consistency;
        width = table.spec().width();
        spec = TableSpec.sparse(table.name(), width).with(table.localRule());
        shard = new FloatShard(spec, age);
        shard.beginStage();
        begun = new KeyedRows(shard.rows());
    }

    /** What it is as a table. */
    public TableSpec spec() {
        return spec;
    }

    public FloatShard shard() {
        return shard;
    }

    public boolean endsAt(long clock) {
        return consistency.endsAt(clock);
    }

    /** Goes to the round of a clock: nothing has been touched in a new one. */
    public void begin(long clock) {
        if (round != consistency.begin(clock)) {
            round = consistency.begin(clock);
            begun.clear();
        }
    }

    /** Has rows go on from the average that have not been touched in this round. */
    public void touch(long[] keys, int from, int to, Fetch fetch) {
        int before = begun.size();
        for (int i = from; i < to; i++) {
            table.shard.rows().check(keys[i]);
            begun.position(keys[i]);
        }
        int count = begun.size() - before;
        if (count == 0) {
            return;
        }
        var fresh = new long[count];
        for (int i = 0; i < count; i++) {
            fresh[i] = begun.key(before + i);
        }
        var values = new float[count * width];
        fetch.rows(fresh, count, values);
        if (averages.length < begun.size() * width) {
            averages = Arrays.copyOf(averages, Math.max(begun.size() * width, 2 * averages.length));
        }
        System.arraycopy(values, 0, averages, before * width, values.length);
        var row = new float[width];
        for (int i = 0; i < count; i++) {
            System.arraycopy(values, i * width, row, 0, width);
            goOnFrom(fresh[i], row);
        }
    }

    private void goOnFrom(long key, float[] average) {
        if (shard.rows().slot(key) >= 0) {
            for (int c = 0; c < width; c++) {
                double d = shard.value(key, c) - average[c];
                drift += d * d;
            }
            compared += width;
        }
        int stripe = shard.rows().stripe(key);
        shard.locks().lock(stripe);
        try {
            shard.setRow(key, average);
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    /** A step: what the worker has added at a clock, to rows that have been touched. */
    public void apply(Outbox sealed) {
        if (sealed.touches(0, shard.rows().blocks)) {
            sealed.apply(0, shard.rows().blocks);
        }
        sealed.clear();
    }

    /** The steps of the round, as a change of the average, times the worker's share. */
    public void contribute(float share, Outbox to) {
        var mine = new float[width];
        var change = new float[width];
        for (int i = 0; i < begun.size(); i++) {
            shard.read(begun.key(i), mine, 0);
            boolean hasMoved = false;
            for (int c = 0; c < width; c++) {
                float difference = mine[c] - averages[i * width + c];
                change[c] = share * difference;
                hasMoved |= difference != 0;
            }
            if (hasMoved) {
                to.addRow(begun.key(i), change, 0);
            }
        }
    }

    /** The squares of how far rows were from the averages that they went on from, and of how many cells; begun anew. */
    public double[] takeDrift() {
        var taken = new double[] {drift, compared};
        drift = 0;
        compared = 0;
        return taken;
    }

    // Keeping

    /** All of it, in tensors whose names begin with {@code name}. */
    public List<Tensor> tensors(String name) {
        var tensors = new ArrayList<Tensor>();
        var keys = new ArrayList<Long>();
        var planes = new ArrayList<float[]>();
        for (int p = 0; p < shard.planes(); p++) {
            planes.add(new float[Math.toIntExact(resident() * shard.width(p))]);
        }
        for (int block = 0, at = 0; block < shard.rows().blocks; block++) {
            var copy = shard.copy(block);
            for (long key : copy.keys()) {
                keys.add(key);
            }
            for (int p = 0; p < shard.planes(); p++) {
                copy.planes()[p].copyTo(
                        new FloatCells(planes.get(p)), 0, at * shard.width(p), copy.planes()[p].length());
            }
            at += copy.keys().length;
        }
        tensors.add(Tensor.longs(
                name + ".keys", keys.stream().mapToLong(Long::longValue).toArray()));
        for (int p = 0; p < planes.size(); p++) {
            tensors.add(Tensor.floats(name + ".plane" + p, planes.get(p)));
        }
        var touched = new long[begun.size()];
        Arrays.setAll(touched, begun::key);
        tensors.add(Tensor.longs(name + ".touched", touched));
        tensors.add(Tensor.floats(name + ".averages", Arrays.copyOf(averages, begun.size() * width)));
        tensors.add(Tensor.longs(name + ".round", new long[] {round}));
        return tensors;
    }

    private long resident() {
        long rows = 0;
        for (int block = 0; block < shard.rows().blocks; block++) {
            rows += shard.rows().resident(block);
        }
        return rows;
    }

    /** Takes what {@link #tensors} has kept before {@code clock}. */
    public void restore(long[] keys, float[][] planes, long[] touched, float[] ofAverages, long ofRound, long clock) {
        if (planes.length != shard.planes() || ofAverages.length != touched.length * width) {
            throw new IllegalArgumentException("the kept copy of table '" + table.name() + "' is of another shape");
        }
        var cells = new Cells[planes.length];
        for (int p = 0; p < planes.length; p++) {
            if (planes[p].length != keys.length * shard.width(p)) {
                throw new IllegalArgumentException("the kept copy of table '" + table.name() + "' has "
                        + planes[p].length + " cells for " + keys.length + " rows");
            }
            cells[p] = new FloatCells(planes[p]);
        }
        for (int i = 0; i < keys.length; i++) {
            int stripe = shard.rows().stripe(keys[i]);
            shard.locks().lock(stripe);
            try {
                shard.installRow(keys[i], cells, i);
            } finally {
                shard.locks().unlock(stripe);
            }
        }
        begun.clear();
        round = NONE;
        if (ofRound == consistency.begin(clock) && ofRound != clock) { // it is under way
            round = ofRound;
            for (long key : touched) {
                begun.position(key);
            }
            averages = ofAverages.clone();
        }
    }
}
