package orrery.table.plan;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Who touches which rows of a table in a pass, summed up by member. A row that changes at a clock goes to every member
 * that reads it; a worker's change of a row goes to its owner.
 *
 * @param rows of the table
 * @param width of a row
 * @param clocks of the pass
 * @param readers by member: the rows that its workers read
 * @param readClocks by member and row: at how many clocks it is read there
 * @param writes by member and row: how many pushes of its workers have the row, over all clocks
 * @param changed by row: at how many clocks anybody changes it
 * @param writer by row: the only worker that writes it; -1 for none, -2 for several
 * @param firstUse by row: the first clock at which it is read or changed
 */
record Accesses(
        int rows,
        int width,
        int clocks,
        BitSet[] readers,
        int[][] readClocks,
        int[][] writes,
        int[] changed,
        int[] writer,
        int[] firstUse) {
    static final int NOBODY = -1;
    static final int SEVERAL = -2;

    /** @param memberOf by worker: the position of its member */
    static Accesses of(String table, int rows, int width, List<Recording> workers, int[] memberOf, int members) {
        var readers = new BitSet[members];
        var readClocks = new int[members][rows];
        var writes = new int[members][rows];
        for (int m = 0; m < members; m++) {
            readers[m] = new BitSet(rows);
        }
        var changed = new int[rows];
        var writer = new int[rows];
        var firstUse = new int[rows];
        Arrays.fill(firstUse, Integer.MAX_VALUE);
        Arrays.fill(writer, NOBODY);
        int clocks = workers.stream().mapToInt(Recording::clocks).max().orElse(0);
        var changedNow = new BitSet(rows);
        var readNow = new BitSet(rows);
        for (int clock = 0; clock < clocks; clock++) {
            changedNow.clear();
            int member = -1;
            for (int w = 0; w < memberOf.length; w++) {
                if (memberOf[w] != member) {
                    member = memberOf[w];
                    readNow.clear();
                }
                for (int row : workers.get(w).reads(table, clock)) {
                    firstUse[row] = Math.min(firstUse[row], clock);
                    if (!readNow.get(row)) {
                        readNow.set(row);
                        readClocks[member][row]++;
                        readers[member].set(row);
                    }
                }
                for (int row : workers.get(w).writes(table, clock)) {
                    firstUse[row] = Math.min(firstUse[row], clock);
                    writes[member][row]++;
                    writer[row] = writer[row] == NOBODY || writer[row] == w ? w : SEVERAL;
                    if (!changedNow.get(row)) {
                        changedNow.set(row);
                        changed[row]++;
                    }
                }
            }
        }
        return new Accesses(rows, width, clocks, readers, readClocks, writes, changed, writer, firstUse);
    }

    int members() {
        return readers.length;
    }

    /** Rows that travel over the wire in a pass because a member uses the row and does not own it. */
    long rowsSaved(int member, int row) {
        return (long) writes[member][row] + (readers[member].get(row) ? changed[row] : 0);
    }

    boolean isTouched(int row) {
        for (int m = 0; m < members(); m++) {
            if (writes[m][row] > 0 || readers[m].get(row)) {
                return true;
            }
        }
        return false;
    }

    /** Rows of one group are read by the same members and written by the same worker, if it is one. */
    long group(int row) {
        long group = 0;
        for (int m = 0; m < members(); m++) {
            group |= readers[m].get(row) ? 1L << m : 0;
        }
        return (group << 16) | (writer[row] + 2);
    }
}
