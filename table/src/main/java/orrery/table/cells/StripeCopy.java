package orrery.table.cells;

/**
 * All rows of one stripe, as they were at one moment: what a checkpoint keeps and what moves to another node.
 *
 * @param keys the row of each entry, ascending; empty in a dense table, whose stripes have all their rows in order
 * @param floats row after row: the values, then the planes of the update rule; empty in a table of ints
 * @param ints row after row: the counts; empty in a table of floats
 */
public record StripeCopy(int stripe, long[] keys, float[][] floats, int[] ints) {}
