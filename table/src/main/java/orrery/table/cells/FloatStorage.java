package orrery.table.cells;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where the cells of a table of floats are. Slot s is row {@code s & mask} of the array {@code s >>> shift}; an array that
 * is not here is null.
 *
 * @param width cells of a row
 * @param blocks values and state of what is written here
 * @param values what readers see
 * @param isWhole whether all of a dense table is here, in arrays as long as they can be
 * @param isMirrored whether what readers see is a second place
 */
record FloatStorage(
        int width,
        @Nullable FloatBlock[] blocks,
        int shift,
        float[][] values,
        int valueShift,
        boolean isWhole,
        boolean isMirrored) {

    /** Nothing is here yet; of a sparse table, or of one whose blocks follow. */
    static FloatStorage none(int width, int shift) {
        return new FloatStorage(width, new FloatBlock[0], shift, new float[0][], shift, false, false);
    }

    /** Readers see what is written. */
    static FloatStorage of(int width, @Nullable FloatBlock[] blocks, int shift, boolean isWhole) {
        var values = new float[blocks.length][];
        for (int b = 0; b < blocks.length; b++) {
            var block = blocks[b];
            if (block != null) {
                values[b] = block.values();
            }
        }
        return new FloatStorage(width, blocks, shift, values, shift, isWhole, false);
    }

    /** The same, whose readers see a second place, in which all values lie side by side. */
    FloatStorage mirrored(Rows rows) {
        var second = new float[rows.chunks()][];
        Arrays.setAll(second, chunk -> new float[rows.rowsInChunk(chunk) * width]);
        var mirrored = new FloatStorage(width, blocks, shift, second, rows.chunkShift, false, true);
        for (int block = 0; block < rows.blocks; block++) {
            mirrored.written(rows.blockStart(block), rows.blockStart(block + 1));
        }
        return mirrored;
    }

    /** Slots {@code from} to {@code to} were written: readers see it in the second place, too, if there is one. */
    void written(long from, long to) {
        for (long slot = from; isMirrored && slot < to; ) {
            int array = (int) (slot >>> shift);
            long end = Math.min(to, (long) (array + 1) << shift); // within one array of values, as blocks are
            var block = blocks[array];
            if (block != null) {
                System.arraycopy(
                        block.values(),
                        start(slot),
                        values[(int) (slot >>> valueShift)],
                        valueStart(slot),
                        (int) (end - slot) * width);
            }
            slot = end;
        }
    }

    /** Where readers find a slot, in the array {@code values[slot >>> valueShift]}. */
    int valueStart(long slot) {
        return (int) (slot & ((1L << valueShift) - 1)) * width;
    }

    /** Where it is written, in the array {@code blocks[slot >>> shift]}. */
    int start(long slot) {
        return (int) (slot & ((1L << shift) - 1)) * width;
    }

    /** Where an update of a slot goes that is applied in parts: to what is written here, or, of others' slots, to the mirror. */
    float[] target(long slot) {
        var block = blocks[(int) (slot >>> shift)];
        return block == null ? values[(int) (slot >>> valueShift)] : block.values();
    }

    /** Where it begins there. */
    int targetStart(long slot) {
        return blocks[(int) (slot >>> shift)] == null ? valueStart(slot) : start(slot);
    }
}
