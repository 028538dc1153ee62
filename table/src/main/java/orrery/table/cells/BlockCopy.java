package orrery.table.cells;

/**
 * All rows of one block, as they were at one moment: what a checkpoint keeps and what moves to another node.
 *
 * @param keys the row of each entry, ascending; empty in a dense table, whose blocks have all their rows in order
 * @param planes each row after row: the values, then what the update rule keeps
 */
public record BlockCopy(int block, long[] keys, Cells[] planes) {
    /** Bytes of the cells and keys. */
    public long bytes() {
        long cells = 0;
        for (var plane : planes) {
            cells += plane.length();
        }
        return cells * Cells.BYTES + (long) keys.length * Long.BYTES;
    }
}
