package orrery.table.hold;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;
import orrery.store.Storage;
import orrery.table.cells.BlockCopy;
import orrery.table.cells.Cells;
import orrery.table.cells.FloatCells;
import orrery.table.cells.IntCells;
import orrery.table.cells.Shard;
import orrery.table.spec.TableSpec;

/**
 * The rows that a node owns, as they are when this is made: at a cut. Workers may go on while it is written, since the
 * first to change a block copies it first. All copies together take no more than a budget: a worker that needs more waits
 * until some have been written. {@link #write} or {@link #forget} ends it.
 */
public final class Snapshot {
    static final String SUFFIX = ".table.safetensors";
    static final String TABLE = "table";
    static final String SPEC = "spec";
    static final String ORDER = "order";
    static final String CUT = "blocks";
    static final String CLOCKS = "clocks";
    private static final String VALUES = "values";
    private static final String ADMISSION = "admission";

    private final String member;
    private final CopyBudget budget;
    private final List<Kept> tables = new ArrayList<>();

    /**
     * @param member part of the files' names, empty if there is one node only
     * @param mostBytes of copies at a time
     */
    Snapshot(String member, long mostBytes) {
        this.member = member;
        budget = new CopyBudget(mostBytes);
    }

    /** Called at a cut, as is {@code clocks} told: what each worker has completed, so whose pushes are included. */
    void keep(Table table, boolean[] isOwn, long[] clocks) {
        tables.add(new Kept(table, isOwn, clocks, budget));
    }

    /** Nobody waits for its budget from now on. */
    void lift() {
        budget.lift();
    }

    /** The most bytes that copies have taken at a time. */
    public long mostCopied() {
        return budget.most();
    }

    /** A table of which not all has been written. */
    private static final class Kept implements Shard.Before {
        private static final int AS_IT_IS = 0; // the shard has it as it was
        private static final int BUSY = 1; // somebody copies it
        private static final int SAFE = 2; // it has been copied or written, or is of no interest

        final Table table;
        final boolean[] isOwn;
        final int[] sizes;
        final long[] cells; // by block, of all planes
        final long[] clocks;
        private final CopyBudget budget;
        private final AtomicIntegerArray states;
        private final @Nullable BlockCopy[] copies; // published by the state
        private @Nullable BlockCopy current; // of the thread that writes
        private boolean isCurrentCounted;

        Kept(Table table, boolean[] isOwn, long[] clocks, CopyBudget budget) {
            this.table = table;
            this.isOwn = isOwn;
            this.clocks = clocks;
            this.budget = budget;
            states = new AtomicIntegerArray(isOwn.length);
            copies = new BlockCopy[isOwn.length];
            sizes = new int[isOwn.length];
            cells = new long[isOwn.length];
            for (int block = 0; block < sizes.length; block++) {
                if (isOwn[block]) {
                    sizes[block] = table.shard.rows().resident(block);
                    for (int plane = 0; plane < table.shard.planes(); plane++) {
                        cells[block] += table.shard.cells(block, plane);
                    }
                } else {
                    states.set(block, SAFE);
                }
            }
            table.shard.before(this);
        }

        /** A worker is about to change a block, and has its lock; the thread that writes needs none. */
        @Override
        public void changes(int block) {
            if (states.get(block) != SAFE) {
                long bytes = bytes(block);
                if (!isSafe(block, bytes)) {
                    budget.await(() -> isSafe(block, bytes), "a change of table '" + table.name() + "'");
                }
            }
        }

        private long bytes(int block) {
            long all = cells[block] + (hasAdmission() ? Shard.admissionLength() : 0);
            return all * Cells.BYTES
                    + (table.spec().layout() == TableSpec.Layout.SPARSE ? (long) sizes[block] * Long.BYTES : 0);
        }

        /** Copies the block if that is still to be done, nobody does it, and there is room. */
        private boolean isSafe(int block, long bytes) {
            if (states.get(block) == SAFE) {
                return true;
            }
            if (states.get(block) == BUSY || !budget.take(bytes)) {
                return false;
            }
            if (!states.compareAndSet(block, AS_IT_IS, BUSY)) {
                budget.give(bytes);
                return states.get(block) == SAFE;
            }
            try {
                copies[block] = table.shard.copy(block);
                states.set(block, SAFE);
            } catch (RuntimeException | Error e) { // such as a lack of memory: nobody else is to wait for it
                states.set(block, AS_IT_IS);
                budget.give(bytes); // which wakes the others, one of whom tries again
                throw e;
            }
            budget.look();
            return true;
        }

        /** The block as it was, for the writing of its tensors; the one before it is forgotten. */
        BlockCopy get(int block) {
            var now = current;
            if (now != null && now.block() == block) {
                return now;
            }
            forgetCurrent();
            while (!states.compareAndSet(block, AS_IT_IS, BUSY)) {
                budget.await(() -> states.get(block) != BUSY, "the writing of table '" + table.name() + "'");
                if (states.get(block) == SAFE) {
                    return taken(block);
                }
            }
            now = copied(block);
            current = now;
            return now;
        }

        /** The copy that a worker has made. */
        private BlockCopy taken(int block) {
            var copy = copies[block];
            if (copy == null) {
                throw new IllegalStateException("block " + block + " of '" + table.name() + "' is gone");
            }
            copies[block] = null;
            isCurrentCounted = true;
            current = copy;
            return copy;
        }

        /** A copy of a block that is busy by this thread's doing. */
        private BlockCopy copied(int block) {
            int next = AS_IT_IS; // unless it succeeds: nobody is to wait for it for ever
            try {
                var copy = table.shard.copy(block);
                next = SAFE;
                return copy;
            } finally {
                states.set(block, next);
                budget.look();
            }
        }

        private void forgetCurrent() {
            var last = current;
            if (last != null && isCurrentCounted) {
                budget.give(bytes(last.block()));
            }
            current = null;
            isCurrentCounted = false;
        }

        void forget() {
            table.shard.before(null);
            forgetCurrent();
            for (int block = 0; block < copies.length; block++) {
                while (!states.compareAndSet(block, AS_IT_IS, SAFE) && states.get(block) != SAFE) {
                    Thread.onSpinWait(); // a worker copies it
                }
                if (copies[block] != null) {
                    copies[block] = null;
                    budget.give(bytes(block));
                }
            }
            budget.look();
        }

        List<Tensor> tensors() {
            var tensors = new ArrayList<Tensor>();
            for (int block = 0; block < sizes.length; block++) {
                if (isOwn[block] && (sizes[block] > 0 || hasAdmission())) {
                    add(block, tensors);
                }
            }
            return tensors;
        }

        /** Whether something is known of rows that are not there. */
        private boolean hasAdmission() {
            return table.shard.arrays() > table.shard.planes();
        }

        private void add(int block, List<Tensor> tensors) {
            var spec = table.spec();
            var rows = table.shard.rows();
            long count = sizes[block];
            if (spec.layout() == TableSpec.Layout.SPARSE) {
                tensors.add(new Tensor(keys(block), Safetensors.Type.I64, new long[] {count}, (from, n, into) -> {
                    into.asLongBuffer().put(get(block).keys(), (int) from, n);
                    into.position(into.position() + Long.BYTES * n);
                }));
            }
            if (!rows.isNatural()) {
                long first = rows.blockStart(block);
                tensors.add(new Tensor(keys(block), Safetensors.Type.I64, new long[] {count}, (from, n, into) -> {
                    for (long i = from; i < from + n; i++) {
                        into.putLong(rows.row(first + i));
                    }
                }));
            }
            var type = spec.type() == TableSpec.Type.FLOAT ? Safetensors.Type.F32 : Safetensors.Type.I32;
            if (hasAdmission()) {
                tensors.add(new Tensor(
                        plane(block, ADMISSION),
                        Safetensors.Type.I32,
                        new long[] {Shard.admissionLength()},
                        (from, n, into) ->
                                get(block).planes()[table.shard.planes()].put(into, (int) from, n)));
            }
            var names = planes(spec);
            for (int p = 0; p < names.size(); p++) {
                int plane = p;
                tensors.add(new Tensor(
                        plane(block, names.get(p)),
                        type,
                        table.shard.isOfFixedSize()
                                ? new long[] {count, table.shard.width(p)}
                                : new long[] {cells[block]},
                        (from, n, into) -> get(block).planes()[plane].put(into, (int) from, n)));
            }
        }
    }

    static String keys(int block) {
        return plane(block, "keys");
    }

    static String values(int block) {
        return plane(block, VALUES);
    }

    private static String plane(int block, String name) {
        return block + "." + name;
    }

    private static List<String> planes(TableSpec spec) {
        var names = new ArrayList<String>();
        names.add(VALUES);
        spec.planes().forEach(plane -> names.add("rule." + plane.name()));
        return names;
    }

    /** Writes a file per table. Returns file name to size and sum. */
    public Map<String, Storage.Written> write(Storage storage, String folder) throws IOException {
        var written = new LinkedHashMap<String, Storage.Written>();
        try {
            for (var kept : tables) {
                var spec = kept.table.spec();
                var metadata = new LinkedHashMap<String, String>();
                metadata.put(TABLE, spec.name());
                metadata.put(SPEC, spec.kept());
                metadata.put(ORDER, String.valueOf(spec.order()));
                metadata.put(CUT, String.valueOf(kept.table.shard.rows().cut()));
                metadata.put(CLOCKS, Arrays.toString(kept.clocks));
                String file = spec.name() + (member.isEmpty() ? "" : "." + member) + SUFFIX;
                written.put(
                        file,
                        storage.write(folder + "/" + file, out -> Safetensors.write(out, metadata, kept.tensors())));
                kept.forget();
            }
        } finally {
            forget();
        }
        return written;
    }

    /** Lets workers change what has not been written. */
    public void forget() {
        tables.forEach(Kept::forget);
    }

    /** The blocks of which a file holds something. */
    static int[] blocks(Safetensors file) {
        return blocks(file, "");
    }

    /** The same of those tensors whose names begin with {@code prefix}. */
    static int[] blocks(Safetensors file, String prefix) {
        return file.names().stream()
                .filter(name -> name.startsWith(prefix) && name.endsWith("." + VALUES))
                .map(name -> name.substring(prefix.length(), name.length() - VALUES.length() - 1))
                .filter(name -> name.matches("[0-9]{1,9}"))
                .mapToInt(Integer::parseInt)
                .sorted()
                .toArray();
    }

    /**
     * The rows of a file's block, -1 where there is a place only.
     *
     * @param cut how many rows each of its blocks has, if it does not say which
     */
    static long[] keysOf(Safetensors file, int block, long cut, int count) throws IOException {
        if (file.names().contains(keys(block))) {
            return file.longs(keys(block));
        }
        var keys = new long[count];
        Arrays.setAll(keys, i -> block * cut + i);
        return keys;
    }

    /** Reads one block of a file. */
    static BlockCopy read(Safetensors file, TableSpec spec, int block) throws IOException {
        String values = values(block);
        if (spec.type() == TableSpec.Type.COUNT) {
            return new BlockCopy(block, new long[0], new Cells[] {new IntCells(file.ints(values))});
        }
        var shape = file.shape(values);
        if (shape.length != 2 || shape[1] != spec.width()) {
            throw new IOException(file.where() + ": block " + block + " has the shape " + Arrays.toString(shape)
                    + ", rows of table '" + spec.name() + "' have " + spec.width() + " columns");
        }
        boolean isSparse = spec.layout() == TableSpec.Layout.SPARSE;
        long[] keys = isSparse ? file.longs(keys(block)) : new long[0];
        if (isSparse && keys.length != shape[0]) {
            throw new IOException(
                    file.where() + ": block " + block + " has " + keys.length + " keys for " + shape[0] + " rows");
        }
        if (spec.type() == TableSpec.Type.INT) {
            return new BlockCopy(block, keys, new Cells[] {new IntCells(file.ints(values))});
        }
        var names = planes(spec);
        boolean hasAdmission = file.names().contains(plane(block, ADMISSION));
        var planes = new Cells[names.size() + (hasAdmission ? 1 : 0)];
        if (hasAdmission) {
            int[] known = file.ints(plane(block, ADMISSION));
            if (known.length != Shard.admissionLength()) {
                throw new IOException(file.where() + ": block " + block + " knows " + known.length
                        + " counters of rows that are not there, expected " + Shard.admissionLength());
            }
            planes[names.size()] = new IntCells(known);
        }
        for (int p = 0; p < names.size(); p++) {
            planes[p] = new FloatCells(file.floats(plane(block, names.get(p))));
        }
        return new BlockCopy(block, keys, planes);
    }
}
