package orrery.table.spec;

/**
 * What a cell holds before its first update: a function of its row and column, so that a row that nobody wrote needs
 * neither memory nor traffic.
 */
public sealed interface Init {
    record Zero() implements Init {}

    record Constant(float value) implements Init {}

    /** Uniform in [low, high). */
    record Uniform(long seed, float low, float high) implements Init {
        public Uniform {
            if (!(low <= high) || Float.isInfinite(low) || Float.isInfinite(high)) {
                throw new IllegalArgumentException("low must be at most high, got " + low + " and " + high);
            }
        }
    }

    record Normal(long seed, float mean, float deviation) implements Init {
        public Normal {
            if (!(deviation >= 0)) {
                throw new IllegalArgumentException("deviation must be 0 or more, got " + deviation);
            }
        }
    }

    /**
     * What something else has, such as a model that is trained on. Safe for use by many threads.
     *
     * @param name of which another is never the same: all who take part must have that
     * @param width columns of a row
     */
    record Given(String name, int width, Rows rows) implements Init {
        /** The first values of rows. */
        @FunctionalInterface
        public interface Rows {
            /** Writes those of a row to {@code into}, which has its width. */
            void fill(long row, float[] into);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Given given && given.name.equals(name) && given.width == width;
        }

        @Override
        public int hashCode() {
            return name.hashCode();
        }

        @Override
        public String toString() {
            return "Given[" + name + "]"; // which checkpoints keep
        }
    }

    /** The cell's first value. */
    default float at(long row, int column) {
        return switch (this) {
            case Zero() -> 0;
            case Constant(float value) -> value;
            case Given(String _, int width, Given.Rows rows) -> {
                var values = new float[width];
                rows.fill(row, values);
                yield values[column];
            }
            case Uniform(long seed, float low, float high) ->
                low < high
                        ? Math.min(low + (high - low) * (float) unit(mix(seed, row, column)), Math.nextDown(high))
                        : low;
            case Normal(long seed, float mean, float deviation) -> {
                long bits = mix(seed, row, column);
                double radius = Math.sqrt(-2 * Math.log1p(-unit(bits))); // Box and Muller
                yield (float) (mean + deviation * radius * Math.cos(2 * Math.PI * unit(remix(bits))));
            }
        };
    }

    /** Writes the first values of {@code count} rows of {@code width}. */
    default void fill(long firstRow, int count, int width, float[] into, int at) {
        if (this instanceof Zero) {
            java.util.Arrays.fill(into, at, at + count * width, 0);
            return;
        }
        if (this instanceof Given given) {
            var row = new float[width];
            for (int r = 0; r < count; r++) {
                given.rows.fill(firstRow + r, row);
                System.arraycopy(row, 0, into, at + r * width, width);
            }
            return;
        }
        for (int r = 0; r < count; r++) {
            for (int column = 0; column < width; column++) {
                into[at + r * width + column] = at(firstRow + r, column);
            }
        }
    }

    private static long mix(long seed, long row, int column) {
        return remix(remix(remix(seed) ^ row) + column);
    }

    private static long remix(long x) { // the finaliser of SplittableRandom
        x += 0x9e3779b97f4a7c15L;
        x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
        x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
        return x ^ (x >>> 31);
    }

    private static double unit(long bits) {
        return (bits >>> 11) * 0x1p-53;
    }
}
