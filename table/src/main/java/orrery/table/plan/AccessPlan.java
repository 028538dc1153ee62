package orrery.table.plan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;
import orrery.store.Storage;

/**
 * What follows from knowing what the workers of a stage touch: for each dense table an order of its rows, by owner and
 * readers. Immutable, and equal wherever it is made from the same recordings.
 *
 * @param placing the rule that found the owners
 * @param members how many members it is for
 * @param clocks of the pass that was recorded
 */
public record AccessPlan(Placing placing, int members, int clocks, List<TablePlan> tables) {
    /** From this on a row is hot (Cui et al., SoCC 2014, use 0.1 if nothing else is said). */
    static final double CONTENTION = 0.1;

    private static final String FORMAT = "orrery-plan-1";
    private static final String SLOT = ".slot";
    private static final String OWNER = ".owner";
    private static final String SHAPE = ".shape";
    private static final String OWNED = ".owned";
    private static final String USED = ".used";
    private static final String HOME = ".home";
    private static final String HOT = ".hot.";
    private static final String TOUCHED = ".touched.";
    private static final String COST = ".cost";

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
        var order = RowOrder.of(owners, groups, of.firstUse(), members);
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
        long asked = 0;
        for (int row = 0; row < of.rows(); row++) {
            for (int m = 0; m < members; m++) {
                asked += owners[row] == m ? 0 : of.readClocks()[m][row];
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
        return new TablePlan(
                table,
                of.width(),
                order,
                owned,
                used,
                home,
                hot(table, of.rows(), workers),
                workers.stream().map(worker -> worker.rows(table)).toList(),
                asked,
                cost.pushed,
                cost.told,
                cost.bytes);
    }

    /**
     * By worker, the rows for which the part of its accesses that is theirs, times the number of workers that access
     * them, is {@link #CONTENTION} or more.
     */
    private static List<int[]> hot(String table, int rows, List<Recording> workers) {
        var users = new int[rows];
        for (var worker : workers) {
            for (int row : worker.rows(table)) {
                users[row]++;
            }
        }
        return workers.stream()
                .map(worker -> Arrays.stream(worker.rows(table))
                        .filter(row -> users[row] > 1 && worker.frequency(table, row) * users[row] >= CONTENTION)
                        .toArray())
                .toList();
    }

    private static BitSet inSlots(BitSet rows, RowOrder order) {
        var slots = new BitSet(order.slots());
        rows.stream().forEach(row -> slots.set(order.slot(row)));
        return slots;
    }

    /** Keeps the plan in a file. */
    public void write(Storage storage, String name) throws IOException {
        var tensors = new ArrayList<Tensor>();
        var metadata = new LinkedHashMap<String, String>();
        metadata.put("format", FORMAT);
        metadata.put("placing", placing.name());
        metadata.put("members", String.valueOf(members));
        metadata.put("clocks", String.valueOf(clocks));
        metadata.put(
                "tables", String.join(",", tables.stream().map(TablePlan::table).toList()));
        for (var plan : tables) {
            var arrays = plan.order().arrays();
            tensors.add(Tensor.ints(plan.table() + SLOT, arrays.get(0)));
            tensors.add(Tensor.ints(plan.table() + OWNER, arrays.get(1)));
            tensors.add(Tensor.ints(plan.table() + SHAPE, arrays.get(2)));
            tensors.add(Tensor.longs(plan.table() + OWNED, plan.rowsOwned()));
            tensors.add(Tensor.longs(plan.table() + USED, plan.rowsUsed()));
            tensors.add(Tensor.longs(plan.table() + HOME, plan.rowsAtHome()));
            for (int w = 0; w < plan.hot().size(); w++) {
                tensors.add(Tensor.ints(plan.table() + HOT + w, plan.hot().get(w)));
                tensors.add(
                        Tensor.ints(plan.table() + TOUCHED + w, plan.touched().get(w)));
            }
            tensors.add(Tensor.longs(
                    plan.table() + COST,
                    new long[] {plan.pushed(), plan.told(), plan.bytes(), plan.width(), plan.asked()}));
        }
        storage.write(name, out -> Safetensors.write(out, metadata, tensors));
    }

    /** Reads what {@link #write} has written. */
    public static AccessPlan read(Storage storage, String name) throws IOException {
        try (var file = Safetensors.open(storage, name)) {
            var metadata = file.metadata();
            if (!FORMAT.equals(metadata.get("format"))) {
                throw new IOException(file.where() + ": is no plan");
            }
            var plans = new ArrayList<TablePlan>();
            String names = metadata.getOrDefault("tables", "");
            for (var table : names.isEmpty() ? new String[0] : names.split(",", -1)) {
                var cost = file.longs(table + COST);
                var hot = new ArrayList<int[]>();
                var touched = new ArrayList<int[]>();
                while (file.names().contains(table + HOT + hot.size())) {
                    touched.add(file.ints(table + TOUCHED + hot.size()));
                    hot.add(file.ints(table + HOT + hot.size()));
                }
                plans.add(new TablePlan(
                        table,
                        (int) cost[3],
                        RowOrder.of(file.ints(table + SLOT), file.ints(table + OWNER), file.ints(table + SHAPE)),
                        file.longs(table + OWNED),
                        file.longs(table + USED),
                        file.longs(table + HOME),
                        hot,
                        touched,
                        cost[4],
                        cost[0],
                        cost[1],
                        cost[2]));
            }
            return new AccessPlan(
                    Placing.valueOf(metadata.getOrDefault("placing", "")),
                    Integer.parseInt(metadata.getOrDefault("members", "")),
                    Integer.parseInt(metadata.getOrDefault("clocks", "")),
                    plans);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IOException(storage.where(name) + ": is a damaged plan: " + e.getMessage(), e);
        }
    }

    /** What is planned for a table. */
    public Optional<TablePlan> of(String table) {
        return tables.stream().filter(plan -> plan.table().equals(table)).findFirst();
    }

    /** Rows that workers were seen to touch, all together. */
    public long touched() {
        return tables.stream()
                .flatMap(plan -> plan.touched().stream())
                .mapToLong(rows -> rows.length)
                .sum();
    }

    /** Bytes over the wire that it predicts for a clock, of all members together, without ticks. */
    public double bytesPerClock() {
        return tables.stream().mapToLong(TablePlan::bytes).sum() / (double) Math.max(1, clocks);
    }
}
