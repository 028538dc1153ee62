package orrery.table;

import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.table.hold.ServerFunction;
import orrery.table.hold.Table;
import orrery.table.hold.TableRows;
import orrery.table.spec.TableSpec;

/** The rows of a table for the coordinator: it asks the other nodes for theirs, some at a time. */
final class RowsOfNodes implements TableRows {
    private static final int CELLS_AT_ONCE = 1 << 18;

    private final Node node;
    private final Table table;

    RowsOfNodes(Node node, Table table) {
        this.node = node;
        this.table = table;
    }

    @Override
    public TableSpec spec() {
        return table.spec();
    }

    @Override
    public long residentRows() {
        return node.residentRows(table);
    }

    @Override
    public void gather(long[] keys, int from, int to, float[] out, int at) {
        if (from == 0 && to == keys.length && at == 0) {
            node.gather(table, keys, out);
            return;
        }
        var some = new float[(to - from) * table.spec().width()];
        node.gather(table, Arrays.copyOfRange(keys, from, to), some);
        System.arraycopy(some, 0, out, at, some.length);
    }

    @Override
    public void forEachRow(Action action) throws IOException {
        var rows = table.shard.rows();
        if (rows.isDense) {
            visit(null, table.spec().rows(), action);
            return;
        }
        for (int block = 0; block < rows.blocks; block++) {
            var keys = node.call(new ServerFunction.Keys(table, block));
            visit(keys, keys.length, action);
        }
    }

    /** @param keys of all rows that are meant; null for their numbers */
    private void visit(long @Nullable [] keys, long count, Action action) throws IOException {
        int width = table.spec().width();
        int most = Math.max(1, CELLS_AT_ONCE / width);
        var row = new float[width];
        for (long from = 0; from < count; from += most) {
            var some = new long[(int) Math.min(most, count - from)];
            for (int i = 0; i < some.length; i++) {
                some[i] = keys == null ? from + i : keys[(int) from + i];
            }
            var values = new float[some.length * width];
            node.gather(table, some, values);
            for (int i = 0; i < some.length; i++) {
                System.arraycopy(values, i * width, row, 0, width);
                action.row(some[i], row);
            }
        }
    }
}
