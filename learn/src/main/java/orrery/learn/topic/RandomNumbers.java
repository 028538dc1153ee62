package orrery.learn.topic;

/** Random numbers by Steele et al., "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014. Confined to one thread. */
final class RandomNumbers {
    private long state;

    void seed(long seed) {
        state = seed;
    }

    /** From 0 to 1, which is none of them. */
    double next() {
        return (bits() >>> 11) * 0x1p-53;
    }

    /** A whole number from 0 to below a bound. */
    int below(int bound) {
        return (int) (((bits() >>> 32) * bound) >>> 32);
    }

    private long bits() {
        state += 0x9e3779b97f4a7c15L;
        return mix(state);
    }

    static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
