package orrery.table.hold;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import orrery.table.cells.Cells;
import orrery.table.cells.Changes;
import orrery.table.cells.FloatShard;
import orrery.table.cells.Rows;
import orrery.table.outbox.DenseOutbox;
import orrery.table.spec.Consistency;
import orrery.table.spec.Placement;
import orrery.table.spec.Route;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

/**
 * What a node needs memory for, from what its tables are and who owns what of them: known before any of it is allocated.
 * What grows with the keys that a run touches (sparse tables, and what a worker will add to a table that is too large for
 * a cell of each) is not in it.
 *
 * @param tables by table
 * @param snapshots for copies of what changes while a checkpoint is written
 */
public record MemoryPlan(List<Need> tables, long snapshots) {
    /** Of a node without tables: measured live heap of a member, 9 to 14 MiB. */
    private static final long BASE = 12L << 20;

    /**
     * Bytes for one table.
     *
     * @param values of own blocks
     * @param state of the update rule, of own blocks
     * @param changes which rows have changed since when
     * @param mirror all values once more, for readers that view them
     * @param cache of others' rows, for readers that gather them
     * @param workers what the workers of the node will add at their tick, or their own copies under local steps
     */
    public record Need(String table, long values, long state, long changes, long mirror, long cache, long workers) {
        public long total() {
            return values + state + changes + mirror + cache + workers;
        }

        @Override
        public String toString() {
            var text = new StringBuilder(table + " " + mebibytes(total()) + ": values " + mebibytes(values));
            part(text, "rule state", state);
            part(text, "changes", changes);
            part(text, "mirror for views", mirror);
            part(text, "cache of rows", cache);
            part(text, "workers", workers);
            return text.toString();
        }

        private static final long LEAST_SHOWN = 1 << 16;

        private static void part(StringBuilder text, String what, long bytes) {
            if (bytes >= LEAST_SHOWN) {
                text.append(", ").append(what).append(' ').append(mebibytes(bytes));
            }
        }
    }

    public MemoryPlan {
        tables = List.copyOf(tables);
    }

    /** All bytes. */
    public long bytes() {
        return BASE + snapshots + tables.stream().mapToLong(Need::total).sum();
    }

    /**
     * The plan of one member, or of a node that is alone.
     *
     * @param workers of that node
     * @param snapshots how many bytes copies of snapshots may take; 0 if no checkpoints are kept
     */
    public static MemoryPlan of(List<TableSpec> specs, Placement placement, int member, int workers, long snapshots) {
        var needs = new ArrayList<Need>();
        long copied = 0;
        for (var spec : specs) {
            var need = need(spec, placement, member, workers);
            needs.add(need);
            copied += need.values() + need.state();
        }
        return new MemoryPlan(needs, Math.min(snapshots, copied));
    }

    private static Need need(TableSpec asked, Placement placement, int member, int workers) {
        boolean isLocal = asked.consistency() instanceof Consistency.Local;
        var spec = isLocal ? asked.with(new UpdateRule.Add()) : asked;
        var rows = new Rows(spec);
        if (spec.type() == TableSpec.Type.COUNT) {
            return new Need(spec.name(), 0, 0, 0, 0, 0, 0); // what it takes, its words say
        }
        if (!rows.isDense) {
            return new Need(spec.name(), 0, 0, 0, 0, workers == 0 ? 0 : cache(spec, placement, 0), 0);
        }
        long own = 0;
        for (int block = 0; block < rows.blocks; block++) {
            boolean isHere = placement.owner(spec, block, rows.blocks) == member
                    || (spec.route() == Route.PEERS && placement.holders(spec).contains(member));
            own += isHere ? rows.resident(block) : 0;
        }
        boolean isWhole = own == rows.slots();
        boolean isFloat = spec.type() == TableSpec.Type.FLOAT;
        long row = (long) spec.width() * Float.BYTES;
        long mirror =
                isWhole || !isFloat || spec.read() == TableSpec.Read.BY_KEY || workers == 0 ? 0 : rows.slots() * row;
        return new Need(
                spec.name(),
                own * row,
                own * state(spec),
                placement.members().size() > 1 ? changes(spec, rows, own) : 0,
                mirror,
                isWhole || mirror > 0 || workers == 0 ? 0 : cache(spec, placement, rows.slots() - own),
                workers
                                * ((isLocal && spec.read() != TableSpec.Read.BY_KEY
                                                ? rows.slots() * (row + state(asked)) + outbox(asked, rows)
                                                : 0)
                                        + outbox(spec, rows))
                        + (isWhole ? FloatShard.updateBytes(spec) : 0));
    }

    /** Bytes of rule state that a row has. */
    private static long state(TableSpec spec) {
        long cells = 0;
        for (var plane : spec.planes()) {
            cells += plane.width(spec.width());
        }
        return cells * Float.BYTES;
    }

    /** Bytes for which rows have changed: for counts only where rows are pushed to others. */
    private static long changes(TableSpec spec, Rows rows, long own) {
        if (spec.type() == TableSpec.Type.FLOAT) {
            return Changes.bytes(rows, spec.width(), own);
        }
        return spec.consistency() instanceof Consistency.Essp ? own * Integer.BYTES : 0;
    }

    /** Of rows of others: as many as are pushed, or a cache. */
    private static long cache(TableSpec spec, Placement placement, long ofOthers) {
        if (placement.members().size() < 2) {
            return 0;
        }
        return spec.consistency() instanceof Consistency.Essp
                ? Math.min(Table.MOST_FED_CELLS, ofOthers * (spec.width() + Table.CELLS_OF_FED_ROW)) * Cells.BYTES
                : Replica.cacheBytes(spec.width());
    }

    /** Bytes of what one worker will add at its tick, where that has a cell for each of the table. */
    private static long outbox(TableSpec spec, Rows rows) {
        boolean hasOne = spec.type() == TableSpec.Type.FLOAT
                && (!spec.writesThrough() || spec.consistency() instanceof Consistency.Local);
        return hasOne ? DenseOutbox.bytes(spec, rows) : 0;
    }

    static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, bytes < 10 << 20 ? "%.1f" : "%.0f", bytes / (double) (1 << 20));
    }

    /** In MiB, table by table; what is less than one together. */
    @Override
    public String toString() {
        var parts = new ArrayList<String>();
        long small = 0;
        for (var need : tables) {
            if (need.total() >= 1 << 20) {
                parts.add(need.toString());
            } else {
                small += need.total();
            }
        }
        if (small > 0) {
            parts.add(String.format(Locale.ROOT, "small tables %.1f", small / (double) (1 << 20)));
        }
        if (snapshots >= 1 << 20) {
            parts.add("copies while a checkpoint is written " + mebibytes(snapshots));
        }
        parts.add("the program itself " + mebibytes(BASE));
        return mebibytes(bytes()) + " MiB (" + String.join("; ", parts) + ")";
    }
}
