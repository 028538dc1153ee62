package orrery.table.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What follows from knowing what the workers of a stage touch: for each dense table an order of its rows, by owner and
 * readers. Immutable, and equal wherever it is made from the same recordings.
 *
 * @param placing the rule that found the owners
 * @param members how many members it is for
 * @param clocks of the pass that was recorded
 */
public record AccessPlan(Placing placing, int members, int clocks, List<TablePlan> tables) {
    public AccessPlan {
        tables = List.copyOf(tables);
    }

    /** A dense table as plans see it. */
    public record Shape(int rows, int width) {}

    /**
     * Plans the tables of which single rows were recorded; one whose every row every member reads gains nothing from an
     * order of its own, but from being pushed.
     *
     * @param workers what each worker of the stage touches
     * @param memberOf by worker: the position of its member, ascending
     */
    public static AccessPlan of(
            Placing placing, int members, List<Recording> workers, int[] memberOf, Map<String, Shape> shapes) {
        var tables = new ArrayList<TablePlan>();
        int clocks = 0;
        for (var recording : workers) {
            clocks = Math.max(clocks, recording.clocks());
        }
        for (var entry : shapes.entrySet()) {
            var shape = entry.getValue();
            var of = Accesses.of(entry.getKey(), shape.rows(), shape.width(), workers, memberOf, members);
            tables.add(plan(entry.getKey(), of, placing, workers, memberOf));
        }
        return new AccessPlan(placing, members, clocks, tables);
    }

    private static TablePlan plan(String table, Accesses of, Placing placing, List<Recording> workers, int[] memberOf) {
        int members = of.members();
        int[] owners = placing.owners(of);
        var groups = new long[of.rows()];
        Arrays.setAll(groups, of::group);
        var order = RowOrder.of(owners, groups, members);
        var owned = new long[members];
        var used = new long[members];
        var home = new long[members];
        for (int row = 0; row < of.rows(); row++) {
            owned[owners[row]]++;
            for (int m = 0; m < members; m++) {
                if (of.readers()[m].get(row) || of.writes()[m][row] > 0) {
                    used[m]++;
                    home[m] += owners[row] == m ? 1 : 0;
                }
            }
        }
        var cost = new Cost(order, of.width());
        for (int m = 0; m < members; m++) {
            var wanted = inSlots(of.readers()[m], order);
            for (int clock = 0; clock < of.clocks(); clock++) {
                var changed = new BitSet();
                for (var worker : workers) {
                    for (int row : worker.writes(table, clock)) {
                        changed.set(order.slot(row));
                    }
                }
                cost.round(m, wanted, changed, workers.size());
            }
        }
        for (int w = 0; w < workers.size(); w++) {
            for (int clock = 0; clock < of.clocks(); clock++) {
                var written = new BitSet();
                for (int row : workers.get(w).writes(table, clock)) {
                    written.set(order.slot(row));
                }
                cost.push(memberOf[w], written);
            }
        }
        return new TablePlan(table, order, owned, used, home, cost.pushed, cost.told, cost.bytes);
    }

    private static BitSet inSlots(BitSet rows, RowOrder order) {
        var slots = new BitSet(order.slots());
        rows.stream().forEach(row -> slots.set(order.slot(row)));
        return slots;
    }

    /** What is planned for a table. */
    public Optional<TablePlan> of(String table) {
        return tables.stream().filter(plan -> plan.table().equals(table)).findFirst();
    }

    /** Bytes over the wire that it predicts for a clock, of all members together, without ticks. */
    public double bytesPerClock() {
        return tables.stream().mapToLong(TablePlan::bytes).sum() / (double) Math.max(1, clocks);
    }
}
