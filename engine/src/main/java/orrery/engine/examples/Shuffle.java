package orrery.engine.examples;

/**
 * A permutation of 0 to size - 1, or as many numbers from another on, that is computed, not stored: a Feistel network of four rounds over the next power of
 * two, walked until it lands inside (at most twice on average).
 */
public final class Shuffle {
    private static final int ROUNDS = 4;

    private final long first;
    private final long size;
    private final int leftBits;
    private final int rightBits;
    private final long[] keys = new long[ROUNDS];

    private Shuffle(long first, long size, long seed) {
        this.first = first;
        this.size = size;
        int bits = Math.max(2, Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, size - 1)));
        leftBits = bits / 2;
        rightBits = bits - leftBits;
        for (int i = 0; i < ROUNDS; i++) {
            keys[i] = mix(seed + i * 0x9e3779b97f4a7c15L);
        }
    }

    private Shuffle(long first, Shuffle same) {
        this.first = first;
        size = same.size;
        leftBits = same.leftBits;
        rightBits = same.rightBits;
        System.arraycopy(same.keys, 0, keys, 0, ROUNDS);
    }

    /** The same of the numbers from {@code number} on, at the positions from there on. */
    Shuffle from(long number) {
        return new Shuffle(number, this);
    }

    /** The permutation that belongs to these numbers. */
    public static Shuffle of(long size, long seed, long... more) {
        long all = mix(seed);
        for (long number : more) {
            all = mix(all ^ number);
        }
        return new Shuffle(0, size, all);
    }

    /** What comes at {@code position}. */
    public long at(long position) {
        long x = position - first;
        if (x < 0 || x >= size) {
            throw new IndexOutOfBoundsException(
                    "positions are " + first + " to " + (first + size - 1) + ", asked for " + position);
        }
        do {
            x = scramble(x);
        } while (x >= size);
        return first + x;
    }

    /* Halves of unequal width: each round adds a function of one to the other, modulo its width. */
    private long scramble(long x) {
        long leftMask = (1L << leftBits) - 1;
        long rightMask = (1L << rightBits) - 1;
        long left = x >>> rightBits;
        long right = x & rightMask;
        for (int i = 0; i < ROUNDS; i += 2) {
            left = (left + round(right ^ keys[i])) & leftMask;
            right = (right + round(left ^ keys[i + 1])) & rightMask;
        }
        return left << rightBits | right;
    }

    /** One multiplication a round is enough: four rounds follow one another. */
    private static long round(long x) {
        x *= 0x9e3779b97f4a7c15L;
        return x ^ x >>> 29 ^ x >>> 43;
    }

    private static long mix(long x) { // the finaliser of SplittableRandom, after its increment
        x += 0x9e3779b97f4a7c15L;
        x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
        x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
        return x ^ (x >>> 31);
    }
}
