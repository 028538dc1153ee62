package orrery.table.hold;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;
import orrery.store.Storage;
import orrery.table.cells.Rows;
import orrery.table.cells.StripeCopy;
import orrery.table.cells.StripeLocks;
import orrery.table.spec.TableSpec;

/**
 * The rows that a node owns, as they are when this is made: at a cut. Workers may go on while it is written, since
 * whoever is first to change a stripe copies it before. {@link #write} or {@link #forget} ends it.
 */
public final class Snapshot {
    static final String SUFFIX = ".table.safetensors";
    static final String TABLE = "table";
    static final String SPEC = "spec";
    static final String ORDER = "order";
    static final String CLOCKS = "clocks";

    private final String member;
    private final List<Kept> tables = new ArrayList<>();

    /** @param member part of the files' names, empty if there is one node only */
    Snapshot(String member) {
        this.member = member;
    }

    /** Called at a cut, as is {@code clocks} told: what each worker has completed, so whose pushes are included. */
    void keep(Table table, boolean[] isOwn, long[] clocks) {
        tables.add(new Kept(table, isOwn, clocks));
    }

    /** A table of which not all has been written. */
    private static final class Kept implements StripeLocks.Before {
        final Table table;
        final boolean[] isOwn;
        final int[] sizes;
        final long[] clocks;
        private final boolean[] isCopied; // guarded by the lock of the stripe
        private final @Nullable StripeCopy[] copies;

        Kept(Table table, boolean[] isOwn, long[] clocks) {
            this.table = table;
            this.isOwn = isOwn;
            this.clocks = clocks;
            isCopied = new boolean[isOwn.length];
            copies = new StripeCopy[isOwn.length];
            sizes = new int[isOwn.length];
            for (int stripe = 0; stripe < sizes.length; stripe++) {
                sizes[stripe] = table.shard.rows().resident(stripe);
            }
            table.shard.locks().before(this);
        }

        @Override
        public void locked(int stripe) {
            if (!isCopied[stripe]) {
                if (isOwn[stripe]) {
                    copies[stripe] = table.shard.copy(stripe);
                }
                isCopied[stripe] = true;
            }
        }

        /** The stripe as it was, handed out for the writing of its tensors, and forgotten when the next is asked for. */
        StripeCopy get(int stripe) {
            var locks = table.shard.locks();
            locks.lock(stripe); // which copies it
            try {
                var copy = copies[stripe];
                if (copy == null) {
                    throw new IllegalStateException("stripe " + stripe + " of '" + table.name() + "' is gone");
                }
                for (int done = 0; done < stripe; done++) {
                    copies[done] = null;
                }
                return copy;
            } finally {
                locks.unlockUnchanged(stripe);
            }
        }

        void forget() {
            table.shard.locks().before(null);
            Arrays.fill(copies, null);
        }

        List<Tensor> tensors() {
            var spec = table.spec();
            var tensors = new ArrayList<Tensor>();
            for (int s = 0; s < sizes.length; s++) {
                if (!isOwn[s] || sizes[s] == 0) {
                    continue;
                }
                int stripe = s;
                long rows = sizes[s];
                if (spec.layout() == TableSpec.Layout.SPARSE) {
                    tensors.add(new Tensor(keys(s), Safetensors.Type.I64, new long[] {rows}, (from, count, into) -> {
                        into.asLongBuffer().put(get(stripe).keys(), (int) from, count);
                        into.position(into.position() + Long.BYTES * count);
                    }));
                }
                var placed = table.shard.rows();
                if (!placed.isNatural()) {
                    long first = placed.stripeStart(s);
                    tensors.add(new Tensor(keys(s), Safetensors.Type.I64, new long[] {rows}, (from, count, into) -> {
                        for (long i = from; i < from + count; i++) {
                            into.putLong(placed.row(first + i));
                        }
                    }));
                }
                if (spec.type() == TableSpec.Type.INT) {
                    tensors.add(new Tensor(
                            plane(s, "values"),
                            Safetensors.Type.I32,
                            new long[] {rows, spec.width()},
                            (from, count, into) -> {
                                into.asIntBuffer().put(get(stripe).ints(), (int) from, count);
                                into.position(into.position() + Integer.BYTES * count);
                            }));
                    continue;
                }
                var names = planes(spec);
                for (int p = 0; p < names.size(); p++) {
                    int plane = p;
                    long width = p == 0
                            ? spec.width()
                            : spec.rule().planes().get(p - 1).width(spec.width());
                    tensors.add(new Tensor(
                            plane(s, names.get(p)),
                            Safetensors.Type.F32,
                            new long[] {rows, width},
                            (from, count, into) -> {
                                into.asFloatBuffer().put(get(stripe).floats()[plane], (int) from, count);
                                into.position(into.position() + Float.BYTES * count);
                            }));
                }
            }
            return tensors;
        }
    }

    private static String keys(int stripe) {
        return plane(stripe, "keys");
    }

    private static String plane(int stripe, String name) {
        return stripe + "." + name;
    }

    private static List<String> planes(TableSpec spec) {
        var names = new ArrayList<String>();
        names.add("values");
        spec.rule().planes().forEach(plane -> names.add("rule." + plane.name()));
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
                metadata.put(SPEC, spec.ordered(null).toString());
                metadata.put(ORDER, String.valueOf(spec.order()));
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

    /** How many rows, or places for rows, a file holds of a stripe. */
    static int rows(Safetensors file, int stripe) throws IOException {
        String name = plane(stripe, "values");
        return file.names().contains(name) ? Math.toIntExact(file.shape(name)[0]) : 0;
    }

    /** The rows of a stripe that a file holds, -1 where there is a place only; by {@code natural} if it does not say. */
    static long[] keysOf(Safetensors file, int stripe, Rows natural, int count) throws IOException {
        if (file.names().contains(keys(stripe))) {
            return file.longs(keys(stripe));
        }
        var keys = new long[count];
        Arrays.setAll(keys, i -> natural.stripeStart(stripe) + i);
        return keys;
    }

    /** Reads one stripe of a file; null if the file does not hold it. */
    static @Nullable StripeCopy read(Safetensors file, TableSpec spec, int stripe, boolean isDense, int denseRows)
            throws IOException {
        if (!file.names().contains(plane(stripe, "values"))) {
            return null;
        }
        long[] keys = isDense ? new long[0] : file.longs(keys(stripe));
        int rows = isDense ? denseRows : keys.length;
        var shape = file.shape(plane(stripe, "values"));
        if (shape[0] != rows || shape[1] != spec.width()) {
            throw new IOException(file.where() + ": stripe " + stripe + " holds " + shape[0] + " x " + shape[1]
                    + " values, table '" + spec.name() + "' has " + rows + " x " + spec.width() + " there");
        }
        if (spec.type() == TableSpec.Type.INT) {
            return new StripeCopy(stripe, keys, new float[0][], file.ints(plane(stripe, "values")));
        }
        var names = planes(spec);
        var floats = new float[names.size()][];
        for (int p = 0; p < floats.length; p++) {
            floats[p] = file.floats(plane(stripe, names.get(p)));
        }
        return new StripeCopy(stripe, keys, floats, new int[0]);
    }
}
