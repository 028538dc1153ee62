package orrery.table.cells;

import java.util.Arrays;

/**
 * Ints of which most are zero or small, in few bytes: before each that is not zero how many zeros there are, and both numbers in groups of seven
 * bits, the lowest first, of which the last has its highest bit clear; signs are in the lowest bit. Confined to one
 * thread.
 */
public final class PackedInts {
    private static final int MORE = 0x80;
    private static final int MOST_OF_ONE = 10; // bytes: two numbers of five each

    private byte[] bytes = new byte[64];
    private int size;

    /**
     * Packs ints, unless that would take {@code limit} bytes or more.
     *
     * @return how many bytes it takes; -1 if too many
     */
    public int pack(int[] values, int from, int count, int limit) {
        size = 0;
        int zeros = 0;
        for (int i = from, end = from + count; i < end; i++) {
            int value = values[i];
            if (value == 0) {
                zeros++;
                continue;
            }
            if (size + MOST_OF_ONE > bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * bytes.length);
            }
            put(zeros);
            put((value << 1) ^ (value >> 31));
            zeros = 0;
            if (size >= limit) {
                return -1;
            }
        }
        return size;
    }

    private void put(int number) {
        int left = number;
        for (; (left & ~(MORE - 1)) != 0; left >>>= 7) {
            bytes[size++] = (byte) (left | MORE);
        }
        bytes[size++] = (byte) left;
    }

    /** What {@link #pack} has made; valid until its next call, and longer than that. */
    public byte[] bytes() {
        return bytes;
    }

    /**
     * Unpacks.
     *
     * @param values takes them, from {@code from} on; nothing of it may be other than zero
     * @throws IndexOutOfBoundsException if there are more than {@code count}, or a number is cut off
     */
    public static void unpack(byte[] packed, int[] values, int from, int count) {
        long at = from;
        for (int i = 0; i < packed.length; ) {
            long zeros = 0;
            int shift = 0;
            do {
                zeros |= (long) (packed[i] & (MORE - 1)) << shift;
                shift += 7;
            } while (packed[i++] < 0 && shift < 35);
            at += zeros & 0xffffffffL;
            if (at >= (long) from + count) {
                throw new IndexOutOfBoundsException("packed ints have more than the " + count + " that were to come");
            }
            int number = 0;
            shift = 0;
            do {
                number |= (packed[i] & (MORE - 1)) << shift;
                shift += 7;
            } while (packed[i++] < 0 && shift < 35);
            values[(int) at++] = (number >>> 1) ^ -(number & 1);
        }
    }
}
