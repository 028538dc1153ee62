package orrery.table.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import orrery.table.plan.RowOrder;

/**
 * What a table is.
 *
 * @param name unique in a node; letters, digits, {@code . _ -}
 * @param rows row count; rows are 0 to {@code rows - 1}. {@link #OPEN} for any {@code long} as key, sparse only
 * @param width columns per row
 * @param type what a cell holds
 * @param layout whether every row has memory, or only those that were written
 * @param init what a cell holds before its first update
 * @param rule what an update does; {@code int} tables only add
 * @param consistency how stale a read may be
 * @param group tables of one group share a clock
 * @param nonFinite what happens to an update with a NaN or an infinity
 * @param order how the rows lie, of a dense table of floats with a plan; null for the order of their numbers
 * @param home which members have its blocks
 * @param read how its readers read
 * @param keys which rows a sparse table makes, and which it drops
 * @param route the way of updates
 */
public record TableSpec(
        String name,
        long rows,
        int width,
        Type type,
        Layout layout,
        Init init,
        UpdateRule rule,
        Consistency consistency,
        String group,
        NonFinite nonFinite,
        @Nullable RowOrder order,
        Home home,
        Read read,
        KeySpace keys,
        Route route) {

    /** From so many columns on, what is done for a row as a whole costs little beside what is done for its cells. */
    public static final int WIDE = 8;

    /** The row count of a table that takes any key. */
    public static final long OPEN = -1;

    /** The table group of tables that name none. */
    public static final String DEFAULT_GROUP = "default";

    /** Largest dense table: its blocks are indexed by an {@code int}. */
    static final long MAX_DENSE_CELLS = 1L << 40;

    public enum Type {
        FLOAT,
        INT,
        /** Whole numbers of 0 or more, of which a row has memory for those above 0. */
        COUNT
    }

    public enum Layout {
        /** Every row has memory, in blocks of consecutive rows. */
        DENSE,
        /** Rows get memory with their first update. */
        SPARSE
    }

    public enum Home {
        /** All members of the run. */
        SPREAD,
        /** Those on which the stage's workers are. */
        WITH_WORKERS
    }

    public enum Read {
        /** By key or by view. Where members share a dense table, a view has them hold all of its values. */
        ANY,
        /**
         * By key or by view, the same rows at each clock: once a member has read them, their owners send them as soon as a clock is complete,
         * without being asked. Not under {@link Consistency.Asp} or {@link Consistency.SparseSsp}, where it is as with {@link #ANY}.
         */
        EACH_CLOCK,
        /** By key only: members hold their own blocks, and of others' rows a bounded number. */
        BY_KEY
    }

    public enum NonFinite {
        /** The update is refused and the job ends. */
        FAIL,
        /** The update is refused and counted, the job goes on. */
        DROP
    }

    public TableSpec {
        if (!name.matches("[A-Za-z0-9._-]{1,100}")) {
            throw new IllegalArgumentException(
                    "a table's name has 1 to 100 letters, digits, '.', '_' or '-', got '" + name + "'");
        }
        if (rows < 1 && rows != OPEN) {
            throw new IllegalArgumentException("table '" + name + "' must have 1 row or more, got " + rows);
        }
        if (width < 1 || width > 1 << 20) {
            throw new IllegalArgumentException("table '" + name + "' must have 1 to 1048576 columns, got " + width);
        }
        if (layout == Layout.DENSE && rows == OPEN) {
            throw new IllegalArgumentException("table '" + name + "' takes any key, so it must be sparse");
        }
        if (layout == Layout.DENSE && type != Type.COUNT && rows > MAX_DENSE_CELLS / width) {
            throw new IllegalArgumentException("table '" + name + "' has " + rows + " x " + width
                    + " cells, more than a dense table can have; make it sparse");
        }
        if (order != null && (layout != Layout.DENSE || type != Type.FLOAT || order.rows() != rows)) {
            throw new IllegalArgumentException("table '" + name + "' cannot have an order of " + order.rows()
                    + " rows: orders are for dense tables of floats with as many rows");
        }
        if (type != Type.FLOAT && !(rule instanceof UpdateRule.Add)) {
            throw new IllegalArgumentException(
                    "table '" + name + "' holds " + word(type) + "s, which only add; its rule is " + rule);
        }
        if (type != Type.FLOAT && !(init instanceof Init.Zero)) {
            throw new IllegalArgumentException(
                    "table '" + name + "' holds " + word(type) + "s, which start at zero; its init is " + init);
        }
        if (type == Type.COUNT && !consistency.rotates()) {
            throw new IllegalArgumentException("table '" + name + "' holds counts and is under " + consistency
                    + ": tables of counts rotate (Consistency.Rotating); counts under it are those of ofInts");
        }
        if (consistency.rotates()
                && (layout != Layout.DENSE
                        || home != Home.WITH_WORKERS
                        || !(rule instanceof UpdateRule.Add)
                        || type == Type.INT)) {
            throw new IllegalArgumentException("table '" + name + "' cannot be under " + consistency
                    + ": tables that rotate are dense, with their workers, of counts or of floats that add");
        }
        if (consistency instanceof Consistency.Local && (type != Type.FLOAT || rule instanceof UpdateRule.Ftrl)) {
            throw new IllegalArgumentException(
                    "table '" + name + "' cannot be under " + consistency + ": local steps are"
                            + " for tables of floats, and not for ftrl, whose weights follow from a state that no average"
                            + " has");
        }
        if (!keys.equals(KeySpace.ALL) && (layout != Layout.SPARSE || type != Type.FLOAT)) {
            throw new IllegalArgumentException(
                    "table '" + name + "' makes all its rows: only sparse tables of floats choose which");
        }
        if (keys.refusesSome() && consistency instanceof Consistency.Local) {
            throw new IllegalArgumentException("table '" + name + "' cannot be under " + consistency
                    + " and make its rows late: averages that make none would be lost");
        }
        if (keys.unused() > 0 && consistency instanceof Consistency.Essp) {
            throw new IllegalArgumentException("table '" + name + "' cannot be under " + consistency
                    + " and drop unused rows: readers to whom rows are pushed would keep them");
        }
        if (route == Route.PEERS
                && (layout != Layout.DENSE || type != Type.FLOAT || order != null || !consistency.staged())) {
            throw new IllegalArgumentException(
                    "table '" + name + "' cannot have its updates sent to all members: that is for"
                            + " dense tables of floats in the order of their numbers, under bsp or local steps, and it is "
                            + word(layout) + ", of " + word(type) + "s, under " + consistency);
        }
        if (rule instanceof UpdateRule.Ftrl && !(init instanceof Init.Zero)) {
            throw new IllegalArgumentException("table '" + name
                    + "' has the rule ftrl, which computes its values and starts at zero; its init is " + init);
        }
    }

    /** A dense table of floats that start at zero and add, under Bsp. */
    public static TableSpec dense(String name, long rows, int width) {
        return new TableSpec(
                name,
                rows,
                width,
                Type.FLOAT,
                Layout.DENSE,
                new Init.Zero(),
                new UpdateRule.Add(),
                new Consistency.Bsp(),
                DEFAULT_GROUP,
                NonFinite.FAIL,
                null,
                Home.SPREAD,
                Read.ANY,
                KeySpace.ALL,
                Route.OWNERS);
    }

    /** A sparse table of floats that start at zero and add, under Bsp; any {@code long} is a key. */
    public static TableSpec sparse(String name, int width) {
        return new TableSpec(
                name,
                OPEN,
                width,
                Type.FLOAT,
                Layout.SPARSE,
                new Init.Zero(),
                new UpdateRule.Add(),
                new Consistency.Bsp(),
                DEFAULT_GROUP,
                NonFinite.FAIL,
                null,
                Home.SPREAD,
                Read.ANY,
                KeySpace.ALL,
                Route.OWNERS);
    }

    /**
     * A table of counts whose blocks go from worker to worker, with a row for each number below {@code rows} and memory for what is
     * above zero.
     *
     * @param blocks how many blocks it is cut into, at most
     */
    public static TableSpec counts(String name, long rows, int width, int blocks) {
        return new TableSpec(
                name,
                rows,
                width,
                Type.COUNT,
                Layout.DENSE,
                new Init.Zero(),
                new UpdateRule.Add(),
                new Consistency.Rotating(blocks),
                DEFAULT_GROUP,
                NonFinite.FAIL,
                null,
                Home.WITH_WORKERS,
                Read.BY_KEY,
                KeySpace.ALL,
                Route.OWNERS);
    }

    /** The same with {@code int} cells. */
    public TableSpec ofInts() {
        return new TableSpec(
                name,
                rows,
                width,
                Type.INT,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                order,
                home,
                read,
                keys,
                route);
    }

    public TableSpec with(Init init) {
        return new TableSpec(
                name,
                rows,
                width,
                type,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                order,
                home,
                read,
                keys,
                route);
    }

    public TableSpec with(UpdateRule rule) {
        return new TableSpec(
                name,
                rows,
                width,
                type,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                order,
                home,
                read,
                keys,
                route);
    }

    public TableSpec with(Consistency consistency) {
        return new TableSpec(
                name,
                rows,
                width,
                type,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                order,
                home,
                read,
                keys,
                route);
    }

    public TableSpec with(NonFinite nonFinite) {
        return new TableSpec(
                name,
                rows,
                width,
                type,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                order,
                home,
                read,
                keys,
                route);
    }

    /** Says which rows a sparse table makes, and which it drops. */
    public TableSpec with(KeySpace keys) {
        return new TableSpec(
                name,
                rows,
                width,
                type,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                order,
                home,
                read,
                keys,
                route);
    }

    /** What is kept of a row beside its values: the state of the rule, and when it was used last if that is needed. */
    public List<UpdateRule.Plane> planes() {
        if (keys.unused() == 0) {
            return rule.planes();
        }
        var all = new ArrayList<>(rule.planes());
        all.add(new UpdateRule.Plane("used", true));
        return List.copyOf(all);
    }

    public TableSpec inGroup(String group) {
        return new TableSpec(
                name,
                rows,
                width,
                type,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                order,
                home,
                read,
                keys,
                route);
    }

    /** The same, with rows that lie as a plan says; null for the order of their numbers. */
    public TableSpec ordered(@Nullable RowOrder by) {
        return new TableSpec(
                name,
                rows,
                width,
                type,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                by,
                home,
                read,
                keys,
                route);
    }

    /**
     * The same, whose blocks are always where the workers are: when another stage begins elsewhere, they go there as they
     * are, in one transfer from member to member, and not at all within one (FlexPS, section 5: direct model transfer). If
     * all workers of a stage are on one member, they share its blocks under the table's consistency without a network.
     */
    public TableSpec withWorkers() {
        return new TableSpec(
                name,
                rows,
                width,
                type,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                order,
                Home.WITH_WORKERS,
                read,
                keys,
                route);
    }

    /** The same, of which each worker reads the same rows at each clock. */
    public TableSpec eachClock() {
        return new TableSpec(
                name,
                rows,
                width,
                type,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                order,
                home,
                Read.EACH_CLOCK,
                keys,
                route);
    }

    /** The same, read by keys only: so it may be larger than what a member has memory for. A view of it is an error. */
    public TableSpec byKey() {
        return new TableSpec(
                name,
                rows,
                width,
                type,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                order,
                home,
                Read.BY_KEY,
                keys,
                route);
    }

    /** The same, whose updates go that way. */
    public TableSpec by(Route route) {
        return new TableSpec(
                name,
                rows,
                width,
                type,
                layout,
                init,
                rule,
                consistency,
                group,
                nonFinite,
                order,
                home,
                read,
                keys,
                route);
    }

    /** What it is, for a checkpoint: nothing of how rows lie or are read, which may be otherwise in the next run. */
    public String kept() {
        return "TableSpec[name=" + name + ", rows=" + rows + ", width=" + width + ", type=" + type + ", layout="
                + layout + ", init=" + init + ", rule=" + rule + ", consistency=" + consistency + ", group=" + group
                + ", nonFinite=" + nonFinite + ", order=null, home=" + home // as files have it since the first
                + (keys.equals(KeySpace.ALL) ? "" : ", keys=" + keys) + "]";
    }

    /** Whether {@code add} changes the shard at once: order does not matter to the rule, and nobody may not see it yet. */
    public boolean writesThrough() {
        return !consistency.staged() && rule.replayable();
    }

    /** What differs from {@code other}, such as {@code width is 2, asked for 3}; empty if nothing does. */
    public List<String> differences(TableSpec other) {
        var found = new ArrayList<String>();
        compare(found, "rows", rows, other.rows);
        compare(found, "width", width, other.width);
        compare(found, "type", type, other.type);
        compare(found, "layout", layout, other.layout);
        compare(found, "init", init, other.init);
        compare(found, "rule", rule, other.rule);
        compare(found, "consistency", consistency, other.consistency);
        compare(found, "group", group, other.group);
        compare(found, "nonFinite", nonFinite, other.nonFinite);
        compare(found, "home", home, other.home);
        compare(found, "read", read, other.read);
        compare(found, "keys", keys, other.keys);
        compare(found, "route", route, other.route);
        compare(found, "order", String.valueOf(order), String.valueOf(other.order));
        return found;
    }

    private static void compare(List<String> found, String what, Object is, Object asked) {
        if (!is.equals(asked)) {
            found.add(what + " is " + word(is) + ", asked for " + word(asked));
        }
    }

    private static String word(Object value) {
        return value instanceof Enum<?> e ? e.name().toLowerCase(Locale.ROOT) : value.toString();
    }
}
