package orrery.table.hold;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import orrery.store.Safetensors;
import orrery.store.Storage;
import orrery.table.cells.Rows;
import orrery.table.cells.StripeCopy;
import orrery.table.plan.RowOrder;

/**
 * Takes what a node owns of a table from the files in which any number of nodes have saved it. Where rows lay as they do now,
 * block by block; where they lay otherwise, row by row.
 */
final class Loading {
    private final Table table;
    private final Rows rows;
    private final BitSet blocks = new BitSet(); // that have come whole
    private final BitSet slots = new BitSet(); // whose rows have come singly

    /** A file of one node. */
    record Saved(Storage storage, String name) {}

    private Loading(Table table) {
        this.table = table;
        rows = table.shard.rows();
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
        String natural = spec.ordered(null).toString();
        String saved = file.metadata().getOrDefault(Snapshot.SPEC, "");
        if (!saved.equals(natural)) {
            throw new IOException(file.where() + ": was saved as " + saved + ", this run has " + natural);
        }
        if (!String.valueOf(spec.order()).equals(file.metadata().get(Snapshot.ORDER))) {
            rows(file);
            return;
        }
        for (int stripe = 0; stripe < rows.stripes; stripe++) {
            if (table.owns(stripe)) {
                var copy = Snapshot.read(file, spec, stripe, rows.isDense, rows.isDense ? rows.resident(stripe) : 0);
                if (copy != null) {
                    install(copy);
                    blocks.set(stripe);
                }
            }
        }
    }

    private void install(StripeCopy copy) {
        int stripe = copy.stripe();
        table.shard.locks().lock(stripe);
        try {
            if (rows.isDense || rows.resident(stripe) == 0) {
                table.shard.install(copy);
                return;
            }
        } finally {
            table.shard.locks().unlock(stripe);
        }
        throw new IllegalStateException("table '" + table.name() + "' has rows already");
    }

    /** The rows of a file whose blocks are others. */
    private void rows(Safetensors file) throws IOException {
        var natural = new Rows(table.spec().ordered(null));
        for (int stripe = 0; stripe < RowOrder.MOST_BLOCKS; stripe++) {
            int count = Snapshot.rows(file, stripe);
            if (count == 0) {
                continue;
            }
            var copy = Snapshot.read(file, table.spec(), stripe, true, count);
            long[] keys = Snapshot.keysOf(file, stripe, natural, count);
            for (int i = 0; copy != null && i < count; i++) {
                if (keys[i] >= 0 && table.ownsRow(keys[i])) {
                    installRow(keys[i], copy.floats(), i);
                }
            }
        }
    }

    private void installRow(long row, float[][] planes, int i) {
        int stripe = rows.stripe(row);
        table.shard.locks().lock(stripe);
        try {
            table.floats().installRow(row, planes, i);
        } finally {
            table.shard.locks().unlock(stripe);
        }
        slots.set((int) rows.slot(row));
    }

    private void checkAllIsHere(String where, int files) throws IOException {
        for (int stripe = 0; rows.isDense && stripe < rows.stripes; stripe++) { // a sparse one may have been empty
            if (table.owns(stripe) && !blocks.get(stripe) && !hasAllRows(stripe)) {
                throw new IOException(where + ": block " + stripe + " of table '" + table.name()
                        + "' is in none of its " + files + " files");
            }
        }
    }

    private boolean hasAllRows(int stripe) {
        for (long slot = rows.stripeStart(stripe); slot < rows.stripeStart(stripe + 1); slot++) {
            if (rows.row(slot) >= 0 && !slots.get((int) slot)) {
                return false;
            }
        }
        return true;
    }
}
