package orrery.table.hold;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import orrery.store.Safetensors;
import orrery.store.Storage;
import orrery.table.cells.BlockCopy;
import orrery.table.cells.Cells;
import orrery.table.cells.CountRows;
import orrery.table.cells.IntCells;
import orrery.table.cells.Rows;

/**
 * Takes what a node owns of a table from the files in which any number of nodes have saved it. Where blocks were cut as they
 * are now, block by block; where they were cut otherwise, row by row.
 */
final class Loading {
    private final Table table;
    private final Rows rows;
    private final BitSet blocks = new BitSet(); // that have come whole
    private final int[] singly; // by block: how many of its rows have come one by one

    /** A file of one node. */
    record Saved(Storage storage, String name) {}

    private Loading(Table table) {
        this.table = table;
        rows = table.shard.rows();
        singly = new int[rows.blocks];
    }

    static void load(Table table, List<Saved> files) throws IOException {
        var loading = new Loading(table);
        String where = "";
        for (var saved : files) {
            try (var file = Safetensors.open(saved.storage(), saved.name())) {
                where = file.where();
                loading.load(file);
            }
        }
        loading.checkAllIsHere(where, files.size());
    }

    private void load(Safetensors file) throws IOException {
        var spec = table.spec();
        String natural = spec.kept();
        String saved = file.metadata().getOrDefault(Snapshot.SPEC, "");
        if (!saved.equals(natural)) {
            throw new IOException(file.where() + ": was saved as " + saved + ", this run has " + natural);
        }
        boolean isOrderedAlike =
                String.valueOf(spec.order()).equals(file.metadata().get(Snapshot.ORDER));
        long cut = cut(file, isOrderedAlike ? rows : new Rows(spec.ordered(null)));
        if (isOrderedAlike && cut == rows.cut()) {
            blocks(file);
        } else {
            rows(file, cut);
        }
    }

    /** How the file's blocks were cut. */
    private static long cut(Safetensors file, Rows ifItDoesNotSay) throws IOException {
        String cut = file.metadata().get(Snapshot.CUT);
        try {
            return cut == null ? ifItDoesNotSay.formerCut() : Long.parseLong(cut);
        } catch (NumberFormatException e) {
            throw new IOException(file.where() + ": its blocks are cut by '" + cut + "', which is no number", e);
        }
    }

    private void blocks(Safetensors file) throws IOException {
        for (int block : Snapshot.blocks(file)) {
            if (block < rows.blocks && table.owns(block)) {
                var copy = Snapshot.read(file, table.spec(), block);
                if (rows.isDense
                        && table.shard.isOfFixedSize()
                        && copy.planes()[0].length() != table.shard.cells(block, 0)) {
                    throw new IOException(file.where() + ": block " + block + " holds "
                            + copy.planes()[0].length() + " values, table '" + table.name() + "' has "
                            + table.shard.cells(block, 0) + " there");
                }
                install(copy);
                blocks.set(block);
            }
        }
    }

    private void install(BlockCopy copy) {
        int stripe = rows.stripeOfBlock(copy.block());
        table.shard.locks().lock(stripe);
        try {
            if (rows.isDense || rows.resident(copy.block()) == 0) {
                table.shard.install(copy);
                return;
            }
        } finally {
            table.shard.locks().unlock(stripe);
        }
        throw new IllegalStateException("table '" + table.name() + "' has rows already");
    }

    /** The rows of a file whose blocks are others. */
    private void rows(Safetensors file, long cut) throws IOException {
        for (int block : Snapshot.blocks(file)) {
            var copy = Snapshot.read(file, table.spec(), block);
            if (!table.shard.isOfFixedSize()) {
                counts(file, block, cut, (IntCells) copy.planes()[0]);
                continue;
            }
            long[] keys = Snapshot.keysOf(
                    file, block, cut, copy.planes()[0].length() / table.spec().width());
            for (int i = 0; i < keys.length; i++) {
                if (keys[i] >= 0 && table.ownsRow(keys[i])) {
                    installRow(keys[i], copy.planes(), i);
                }
            }
        }
    }

    /** Rows of counts whose blocks are others. */
    private void counts(Safetensors file, int block, long cut, IntCells encoded) throws IOException {
        int count = (int) Math.min(cut, table.spec().rows() - block * cut);
        CountRows of;
        try {
            of = CountRows.decode(count, table.spec().width(), encoded);
        } catch (IllegalArgumentException e) {
            throw new IOException(file.where() + ": block " + block + ": " + e.getMessage(), e);
        }
        for (int i = 0; i < count; i++) {
            long row = block * cut + i;
            if (table.ownsRow(row)) {
                table.counts().installRow(row, of, i);
                singly[rows.block(row)]++;
            }
        }
    }

    private void installRow(long row, Cells[] planes, int i) {
        int stripe = rows.stripe(row);
        table.shard.locks().lock(stripe);
        try {
            table.shard.installRow(row, planes, i);
        } finally {
            table.shard.locks().unlock(stripe);
        }
        singly[rows.block(row)]++;
    }

    private void checkAllIsHere(String where, int files) throws IOException {
        for (int block = 0; rows.isDense && block < rows.blocks; block++) { // a sparse one may have been empty
            if (table.owns(block) && !blocks.get(block) && !hasAllRows(block)) {
                throw new IOException(where + ": block " + block + " of table '" + table.name() + "' is in none of its "
                        + files + " files");
            }
        }
    }

    /** By their number: no row is in two files. */
    private boolean hasAllRows(int block) {
        int due = 0;
        for (long slot = rows.blockStart(block); slot < rows.blockStart(block + 1); slot++) {
            due += rows.row(slot) >= 0 ? 1 : 0;
        }
        return singly[block] == due;
    }
}
