package orrery.table.hold;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;
import orrery.store.Storage;
import orrery.table.cells.FloatCells;
import orrery.table.cells.Rows;
import orrery.table.spec.TableSpec;

/**
 * The rows of a table in the files to which any number of nodes have written theirs: a checkpoint, or the parts of a model.
 * They are read by pages, of which a bounded number is kept, so that a table may be larger than memory. Of a table whose
 * rows lie by a plan, where each row is has to be in memory. Confined to one thread.
 */
public final class StoredRows implements TableRows {
    private static final int PAGE = 1 << 14; // bytes
    private static final int MOST_PAGES = 1 << 12;
    private static final int ROWS_AT_ONCE = 1 << 12;

    /** Makes of a row's values those that are written, in place. */
    @FunctionalInterface
    public interface Change {
        void of(long key, float[] values, int at);
    }

    private final TableSpec spec;
    private final Rows rows;
    private final String prefix;
    private final List<Safetensors> files = new ArrayList<>();
    private final Map<Integer, Safetensors> fileOf = new HashMap<>(); // by block
    private final Pages pages = new Pages();
    private long cut; // rows of a block of a dense table
    private final @Nullable Map<Long, Place> ordered; // of a dense table whose rows do not lie by their numbers

    private record Place(int block, int position) {}

    /** Pages of tensors, the least recently used of which goes first. */
    private static final class Pages extends LinkedHashMap<Pages.Name, Object> {
        private static final long serialVersionUID = 1;

        private record Name(String tensor, long page) {}

        Pages() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<Name, Object> eldest) {
            return size() > MOST_PAGES;
        }

        float[] floats(Safetensors file, String tensor, long page, long elements) throws IOException {
            var name = new Name(tensor, page);
            var found = (float[]) get(name);
            if (found == null) {
                int perPage = PAGE / Float.BYTES;
                found = new float[(int) Math.min(perPage, elements - page * perPage)];
                file.floats(tensor, page * perPage, found, 0, found.length);
                put(name, found);
            }
            return found;
        }

        long[] longs(Safetensors file, String tensor, long page, long elements) throws IOException {
            var name = new Name(tensor, page);
            var found = (long[]) get(name);
            if (found == null) {
                int perPage = PAGE / Long.BYTES;
                found = new long[(int) Math.min(perPage, elements - page * perPage)];
                file.longs(tensor, page * perPage, found, 0, found.length);
                put(name, found);
            }
            return found;
        }
    }

    private StoredRows(TableSpec spec, String prefix, Storage storage, List<String> names) throws IOException {
        this.spec = spec;
        this.prefix = prefix;
        rows = new Rows(spec.ordered(null));
        try {
            for (var name : names) {
                var file = Safetensors.open(storage, name);
                files.add(file);
                for (int block : Snapshot.blocks(file, prefix)) {
                    if (fileOf.put(block, file) != null) {
                        throw new IOException(file.where() + ": block " + block + " of table '" + spec.name()
                                + "' is in another file, too");
                    }
                }
                check(file);
            }
            ordered = findOrder();
            if (ordered == null) {
                checkAllIsHere(storage, names);
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Opens a table; to be closed by the caller.
     *
     * @param prefix of the names of its tensors
     * @param names of all files in which it is
     */
    public static StoredRows open(TableSpec spec, String prefix, Storage storage, List<String> names)
            throws IOException {
        return new StoredRows(spec, prefix, storage, names);
    }

    /**
     * Writes what a node owns of a table that nobody changes meanwhile, without the state of its rule.
     *
     * @param prefix of the names of its tensors
     * @param columns of a row that are written: the first so many
     * @param change of what is written, row after row
     * @return the file's size and sum
     */
    public static Storage.Written write(
            Table table, String prefix, int columns, Change change, Storage storage, String name) throws IOException {
        var spec = table.spec();
        var shard = table.floats();
        var metadata = new LinkedHashMap<String, String>();
        metadata.put(Snapshot.TABLE, spec.name());
        metadata.put(Snapshot.CUT, String.valueOf(shard.rows().cut()));
        var tensors = new ArrayList<Tensor>();
        var own = table.own();
        for (int block = 0; block < own.length; block++) {
            if (own[block] && shard.rows().resident(block) > 0) {
                add(table, block, prefix, columns, change, tensors);
            }
        }
        return storage.write(name, out -> Safetensors.write(out, metadata, tensors));
    }

    private static void add(Table table, int block, String prefix, int columns, Change change, List<Tensor> tensors) {
        var rows = table.shard.rows();
        int width = table.spec().width();
        int count = rows.resident(block);
        var keys = new long[1][]; // of the block, while it is being written
        var values = new float[1][];
        Runnable copy = () -> {
            var of = table.shard.copy(block);
            keys[0] = rows.isDense ? new long[count] : of.keys();
            for (int i = 0; rows.isDense && i < count; i++) {
                keys[0][i] = rows.row(rows.blockStart(block) + i);
            }
            var all = ((FloatCells) of.planes()[0]).array();
            for (int i = 0; i < count; i++) {
                if (keys[0][i] >= 0 || !rows.isDense) {
                    change.of(keys[0][i], all, i * width);
                }
                System.arraycopy(all, i * width, all, i * columns, columns);
            }
            values[0] = all;
        };
        boolean hasKeys = !rows.isDense || !rows.isNatural();
        if (hasKeys) {
            tensors.add(new Tensor(
                    prefix + Snapshot.keys(block), Safetensors.Type.I64, new long[] {count}, (from, n, into) -> {
                        if (from == 0) {
                            copy.run();
                        }
                        into.asLongBuffer().put(keys[0], (int) from, n);
                        into.position(into.position() + Long.BYTES * n);
                    }));
        }
        tensors.add(new Tensor(
                prefix + Snapshot.values(block), Safetensors.Type.F32, new long[] {count, columns}, (from, n, into) -> {
                    if (from == 0 && !hasKeys) {
                        copy.run();
                    }
                    into.asFloatBuffer().put(values[0], (int) from, n);
                    into.position(into.position() + Float.BYTES * n);
                    if (from + n == (long) count * columns) { // the last of it
                        keys[0] = new long[0];
                        values[0] = new float[0];
                    }
                }));
    }

    private void check(Safetensors file) throws IOException {
        if (isOrdered(file)) {
            return; // each block says which rows it has
        }
        long cut = Long.parseLong(file.metadata().getOrDefault(Snapshot.CUT, "0"));
        this.cut = this.cut == 0 ? cut : this.cut;
        if (cut < 1 || cut != (rows.isDense ? this.cut : rows.cut())) {
            throw new IOException(file.where() + ": table '" + spec.name() + "' is cut to blocks otherwise (" + cut
                    + ") than in other files, or here (" + (rows.isDense ? this.cut : rows.cut()) + ")");
        }
        for (int block : Snapshot.blocks(file, prefix)) {
            long[] shape = file.shape(values(block));
            boolean hasKeys = file.names().contains(keys(block));
            long due = hasKeys ? file.shape(keys(block))[0] : Math.clamp(spec.rows() - block * this.cut, -1, this.cut);
            if (shape.length != 2 || shape[1] != spec.width() || shape[0] != due) {
                throw new IOException(file.where() + ": block " + block + " of table '" + spec.name() + "' is of shape "
                        + Arrays.toString(shape) + ", expected " + due + " x " + spec.width());
            }
        }
    }

    private void checkAllIsHere(Storage storage, List<String> names) throws IOException {
        for (int block = 0; block < blocks(); block++) {
            if (rows.isDense && !fileOf.containsKey(block)) {
                throw new IOException(storage.where("") + ": block " + block + " of table '" + spec.name()
                        + "' is in none of " + names);
            }
        }
    }

    /** Whether the rows of a dense table do not lie by their numbers. */
    private boolean isOrdered(Safetensors file) {
        return rows.isDense
                && Arrays.stream(Snapshot.blocks(file, prefix))
                        .anyMatch(block -> file.names().contains(keys(block)));
    }

    private @Nullable Map<Long, Place> findOrder() throws IOException {
        if (files.stream().noneMatch(this::isOrdered)) {
            return null;
        }
        var found = new HashMap<Long, Place>();
        for (var entry : fileOf.entrySet()) {
            long[] keys = entry.getValue().longs(keys(entry.getKey()));
            for (int i = 0; i < keys.length; i++) {
                if (keys[i] >= 0) {
                    found.put(keys[i], new Place(entry.getKey(), i));
                }
            }
        }
        if (found.size() != spec.rows()) {
            throw new IOException(files.getFirst().where() + " and what belongs to it: has " + found.size()
                    + " rows, table '" + spec.name() + "' has " + spec.rows());
        }
        return found;
    }

    private int blocks() {
        return rows.isDense ? cut == 0 ? 1 : Math.toIntExact(Math.ceilDiv(spec.rows(), cut)) : rows.blocks;
    }

    private String values(int block) {
        return prefix + Snapshot.values(block);
    }

    private String keys(int block) {
        return prefix + Snapshot.keys(block);
    }

    @Override
    public TableSpec spec() {
        return spec;
    }

    @Override
    public long residentRows() throws IOException {
        if (rows.isDense) {
            return spec.rows();
        }
        long sum = 0;
        for (int block : fileOf.keySet()) {
            sum += count(block);
        }
        return sum;
    }

    private long count(int block) throws IOException {
        return file(block).shape(values(block))[0];
    }

    private Safetensors file(int block) {
        var file = fileOf.get(block);
        if (file == null) {
            throw new IllegalStateException("there is no block " + block);
        }
        return file;
    }

    @Override
    public void gather(long[] keys, int from, int to, float[] out, int at) throws IOException {
        int width = spec.width();
        for (int i = from; i < to; i++, at += width) {
            rows.check(keys[i]);
            int block = rows.isDense ? (int) (keys[i] / cut) : rows.block(keys[i]);
            long position;
            if (ordered != null) {
                var place = Objects.requireNonNull(ordered.get(keys[i])); // the key has been checked
                block = place.block();
                position = place.position();
            } else {
                position = rows.isDense ? keys[i] % cut : find(block, keys[i]);
            }
            if (position < 0) {
                spec.init().fill(keys[i], 1, width, out, at);
            } else {
                read(block, position * width, width, out, at);
            }
        }
    }

    private void read(int block, long cell, int count, float[] out, int at) throws IOException {
        var file = file(block);
        var tensor = values(block);
        long elements = count(block) * spec.width();
        int perPage = PAGE / Float.BYTES;
        while (count > 0) {
            var page = pages.floats(file, tensor, cell / perPage, elements);
            int within = (int) (cell % perPage);
            int n = Math.min(count, page.length - within);
            System.arraycopy(page, within, out, at, n);
            cell += n;
            at += n;
            count -= n;
        }
    }

    /** The position of a key of a sparse table in its block, or -1. */
    private long find(int block, long key) throws IOException {
        if (!fileOf.containsKey(block)) {
            return -1;
        }
        var file = file(block);
        var tensor = keys(block);
        long count = count(block);
        int perPage = PAGE / Long.BYTES;
        long low = 0;
        long high = count - 1;
        while (low <= high) {
            long mid = (low + high) >>> 1;
            long is = pages.longs(file, tensor, mid / perPage, count)[(int) (mid % perPage)];
            if (is == key) {
                return mid;
            }
            if (is < key) {
                low = mid + 1;
            } else {
                high = mid - 1;
            }
        }
        return -1;
    }

    @Override
    public void forEachRow(Action action) throws IOException {
        int width = spec.width();
        var row = new float[width];
        for (int block = 0; ordered == null && block < blocks(); block++) {
            if (!fileOf.containsKey(block)) {
                continue;
            }
            var file = file(block);
            long count = count(block);
            var values = new float[Math.toIntExact(Math.min(count, ROWS_AT_ONCE) * width)];
            var keys = rows.isDense ? null : file.longs(keys(block));
            for (long from = 0; from < count; from += ROWS_AT_ONCE) {
                int n = (int) Math.min(ROWS_AT_ONCE, count - from);
                file.floats(values(block), from * width, values, 0, n * width);
                for (int i = 0; i < n; i++) {
                    System.arraycopy(values, i * width, row, 0, width);
                    action.row(keys == null ? block * cut + from + i : keys[(int) from + i], row);
                }
            }
        }
        for (long key = 0; ordered != null && key < spec.rows(); key++) {
            gather(new long[] {key}, 0, 1, row, 0);
            action.row(key, row);
        }
    }

    @Override
    public void close() throws IOException {
        for (var file : files) {
            file.close();
        }
    }
}
