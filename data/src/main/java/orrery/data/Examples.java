package orrery.data;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Labelled sparse rows, packed: per example its features' numbers and values, side by side. Held in parts, so that there
 * may be more than 2^31 non-zeros. Immutable, and so safe for use by many threads; each takes its own {@link Cursor}.
 */
public final class Examples implements Serializable {
    private static final long serialVersionUID = 1;
    private static final int MOST_IN_PART = 1 << 28;

    private final Part[] parts;
    private final long[] firsts; // number of each part's first example, then that after the last
    private final int features;

    /**
     * Consecutive examples.
     *
     * @param offsets example i has positions {@code offsets[i]} to {@code offsets[i + 1]}
     * @param weights null if all weigh 1
     * @param groups what must not be torn apart by a split, by hash; null if each example stands alone
     * @param keyed where features have keys; null if each is a number
     */
    record Part(
            int[] offsets,
            int[] indices,
            float[] values,
            double[] labels,
            float @Nullable [] weights,
            int @Nullable [] groups,
            @Nullable Keyed keyed)
            implements Serializable {

        Part(
                int[] offsets,
                int[] indices,
                float[] values,
                double[] labels,
                float @Nullable [] weights,
                int @Nullable [] groups) {
            this(offsets, indices, values, labels, weights, groups, null);
        }

        Part with(Keyed keys) {
            return new Part(offsets, indices, values, labels, weights, groups, keys);
        }

        /** The feature at a place of {@link #indices}. */
        long key(int k) {
            return keyed == null ? indices[k] : keyed.key(indices[k]);
        }

        int size() {
            return labels.length;
        }

        int nonZeros() {
            return offsets[labels.length];
        }
    }

    /**
     * Features that have any {@code long} as key: an index from {@code first} on is a place among the keys.
     *
     * @param first indices below this are the features themselves
     */
    record Keyed(int first, long[] keys) implements Serializable {
        long key(int index) {
            return index < first ? index : keys[index - first];
        }
    }

    /** The number of features where any {@code long} may be one. */
    public static final int OPEN = -1;

    /** Examples that follow one another. */
    public static Examples join(List<Examples> several, int features) {
        return of(several.stream().flatMap(some -> Arrays.stream(some.parts)).toList(), features);
    }

    /** Packs parts that follow one another. */
    static Examples of(List<Part> parts, int features) {
        var packed = new ArrayList<Part>();
        int begin = 0;
        while (begin < parts.size()) {
            int end = begin;
            long nonZeros = 0;
            while (end < parts.size()
                    && (end == begin || nonZeros + parts.get(end).nonZeros() <= MOST_IN_PART)) {
                nonZeros += parts.get(end).nonZeros();
                end++;
            }
            packed.add(join(parts.subList(begin, end)));
            begin = end;
        }
        return new Examples(packed.toArray(Part[]::new), features);
    }

    private static Part join(List<Part> parts) {
        if (parts.size() == 1
                && parts.getFirst().indices.length == parts.getFirst().nonZeros()) {
            return parts.getFirst();
        }
        int size = parts.stream().mapToInt(Part::size).sum();
        int nonZeros = parts.stream().mapToInt(Part::nonZeros).sum();
        boolean hasWeights = parts.stream().anyMatch(part -> part.weights != null);
        boolean hasGroups = parts.stream().anyMatch(part -> part.groups != null);
        var keys = parts.stream().anyMatch(part -> part.keyed != null) ? new KeyIndex() : null;
        int firstKey = parts.stream()
                .mapToInt(part -> part.keyed == null ? 0 : part.keyed.first)
                .max()
                .orElse(0);
        var offsets = new int[size + 1];
        var indices = new int[nonZeros];
        var values = new float[nonZeros];
        var labels = new double[size];
        var weights = hasWeights ? new float[size] : null;
        var groups = hasGroups ? new int[size] : null;
        int example = 0;
        int at = 0;
        for (var part : parts) {
            System.arraycopy(part.indices, 0, indices, at, part.nonZeros());
            if (keys != null && part.keyed != null) {
                renumber(part, keys, firstKey, indices, at);
            }
            System.arraycopy(part.values, 0, values, at, part.nonZeros());
            System.arraycopy(part.labels, 0, labels, example, part.size());
            if (weights != null) {
                if (part.weights == null) {
                    Arrays.fill(weights, example, example + part.size(), 1);
                } else {
                    System.arraycopy(part.weights, 0, weights, example, part.size());
                }
            }
            if (groups != null && part.groups != null) {
                System.arraycopy(part.groups, 0, groups, example, part.size());
            }
            for (int i = 0; i < part.size(); i++) {
                offsets[example + i + 1] = at + part.offsets[i + 1];
            }
            example += part.size();
            at += part.nonZeros();
        }
        return new Part(
                offsets,
                indices,
                values,
                labels,
                weights,
                groups,
                keys == null ? null : new Keyed(firstKey, keys.keys()));
    }

    /** Numbers the keys of a part anew, those of several parts together. */
    private static void renumber(Part part, KeyIndex keys, int first, int[] indices, int at) {
        for (int k = 0; k < part.nonZeros(); k++) {
            long key = part.key(k);
            indices[at + k] = key >= 0 && key < first ? (int) key : first + keys.number(key);
        }
    }

    Examples(Part[] parts, int features) {
        this(parts, features, 0);
    }

    private Examples(Part[] parts, int features, long first) {
        this.parts = parts;
        this.features = features;
        firsts = new long[parts.length + 1];
        firsts[0] = first;
        for (int p = 0; p < parts.length; p++) {
            firsts[p + 1] = firsts[p] + parts[p].size();
        }
    }

    List<Part> parts() {
        return List.of(parts);
    }

    /** How many examples there are. */
    public long size() {
        return firsts[parts.length] - firsts[0];
    }

    /** The number of the first one. */
    long first() {
        return firsts[0];
    }

    /** The same examples, said to be part of a greater whole: their numbers begin at {@code first}, not at 0. */
    public Examples numberedFrom(long first) {
        return new Examples(parts, features, first);
    }

    /** Packs examples one after another. Confined to one thread. */
    public static final class Packer {
        private final PartBuilder builder = new PartBuilder();

        /** Adds a feature to the example under way. */
        public Packer feature(int index, float value) {
            if (index < 0) {
                throw new IllegalArgumentException("features are 0 or more, got " + index);
            }
            builder.feature(index, value);
            return this;
        }

        /** Adds a feature by its key, for examples whose features are {@link #OPEN}. */
        public Packer keyed(long key, float value) {
            builder.keyed(key, value);
            return this;
        }

        /** What adds features by their numbers, or by their keys where a schema's have such. */
        public Columns.Sink sink(Schema schema) {
            return schema.areKeyed() ? this::keyed : (feature, value) -> feature((int) feature, value);
        }

        /** Ends the example under way. */
        public void example(double label, float weight) {
            builder.example(label);
            if (weight != 1) {
                builder.weight(weight);
            }
        }

        public int size() {
            return builder.size();
        }

        /** The examples so far; all their features must be below {@code features}. */
        public Examples pack(int features) {
            if (features != OPEN && builder.largestIndex() >= features) {
                throw new IllegalArgumentException("an example has feature " + builder.largestIndex()
                        + ", there are 0 to " + (features - 1) + " only");
            }
            return Examples.of(List.of(builder.build()), features);
        }
    }

    /** How many features there may be: their numbers are below this; or {@link #OPEN}, where any {@code long} is one. */
    public int features() {
        return features;
    }

    /** Whether features have keys, not numbers: {@link Cursor#key}. */
    public boolean areKeyed() {
        return features == OPEN;
    }

    /**
     * Throws if features have keys.
     *
     * @param who can learn from numbered ones only
     */
    public Examples numbered(String who) {
        if (areKeyed()) {
            throw new IllegalArgumentException(who + " needs features with numbers, and these are 64-bit keys;"
                    + " read the data with fewer --hash-bits");
        }
        return this;
    }

    /** How many features there are in all examples together. */
    public long nonZeros() {
        long sum = 0;
        for (var part : parts) {
            sum += part.nonZeros();
        }
        return sum;
    }

    /** The same examples, said to have more features: those of the data that a model was trained on. */
    public Examples withFeatures(int features) {
        if (areKeyed()) {
            throw new IllegalArgumentException("the examples have keys as features, in any number");
        }
        if (features < this.features) {
            throw new IllegalArgumentException(
                    "the examples have " + this.features + " features, more than " + features);
        }
        return new Examples(parts, features, firsts[0]);
    }

    /**
     * The same examples on another scale: a value x of feature f becomes {@code (x - centers[f]) * factors[f]}. What an
     * example does not have stays absent.
     */
    public Examples scaled(float[] centers, float[] factors) {
        var scaled = new Part[parts.length];
        for (int p = 0; p < parts.length; p++) {
            var part = parts[p];
            var values = new float[part.nonZeros()];
            for (int k = 0; k < values.length; k++) {
                int f = part.indices[k];
                values[k] = (part.values[k] - centers[f]) * factors[f];
            }
            scaled[p] = new Part(part.offsets, part.indices, values, part.labels, part.weights, part.groups);
        }
        return new Examples(scaled, features, firsts[0]);
    }

    /** The same examples with all values times {@code factor}. */
    public Examples times(float factor) {
        var scaled = new Part[parts.length];
        for (int p = 0; p < parts.length; p++) {
            var part = parts[p];
            var values = new float[part.nonZeros()];
            for (int k = 0; k < values.length; k++) {
                values[k] = part.values[k] * factor;
            }
            scaled[p] =
                    new Part(part.offsets, part.indices, values, part.labels, part.weights, part.groups, part.keyed);
        }
        return new Examples(scaled, features, firsts[0]);
    }

    /** A place among the examples; one per thread. */
    public Cursor cursor() {
        return new Cursor(this);
    }

    public double label(long example) {
        int p = partOf(example);
        return parts[p].labels[(int) (example - firsts[p])];
    }

    private int partOf(long example) {
        if (example < firsts[0] || example >= firsts[parts.length]) {
            throw new IndexOutOfBoundsException(
                    "there are examples " + firsts[0] + " to " + (firsts[parts.length] - 1) + ", asked for " + example);
        }
        int at = Arrays.binarySearch(firsts, example);
        if (at < 0) {
            return -at - 2;
        }
        while (parts[at].size() == 0) {
            at++;
        }
        return at;
    }

    /** One example at a time. Confined to one thread. */
    public static final class Cursor {
        private final Examples examples;
        private Part part;
        private long first;
        private int at;

        private Cursor(Examples examples) {
            this.examples = examples;
            part = examples.parts.length == 0
                    ? new Part(new int[1], new int[0], new float[0], new double[0], null, null)
                    : examples.parts[0];
            first = examples.firsts[0];
        }

        @SuppressWarnings("UnusedVariable")
        private int lookedAt; // kept, so that nobody can leave the looking out

        /** Goes to an example. */
        public void move(long example) {
            long within = example - first;
            if (within < 0 || within >= part.labels.length) {
                int p = examples.partOf(example);
                part = examples.parts[p];
                first = examples.firsts[p];
                within = example - first;
            }
            at = (int) within;
        }

        /**
         * Looks at examples that will be visited soon, in whatever order: memory that is asked for side by side comes nearly
         * as soon as one piece of it, where a visit at a time would wait for each.
         */
        public void lookAhead(long[] soon, int count) {
            int seen = 0;
            for (int i = 0; i < count; i++) {
                long within = soon[i] - first;
                if (within >= 0 && within < part.labels.length) {
                    seen += part.offsets[(int) within] + (int) Double.doubleToRawLongBits(part.labels[(int) within]);
                }
            }
            for (int i = 0; i < count; i++) {
                long within = soon[i] - first;
                if (within >= 0 && within < part.labels.length) {
                    int at = part.offsets[(int) within];
                    if (at < part.indices.length) {
                        seen += part.indices[at] + Float.floatToRawIntBits(part.values[at]);
                    }
                }
            }
            lookedAt += seen;
        }

        /**
         * Features' numbers: those of this example from {@link #from} to {@link #to}. Not to be changed. Of examples whose
         * features have keys, places that mean nothing elsewhere; see {@link #key}.
         */
        public int[] indices() {
            return part.indices;
        }

        /** Features' values, beside {@link #indices}. Not to be changed. */
        public float[] values() {
            return part.values;
        }

        /** The feature at a place from {@link #from} to {@link #to}: its key, or its number. */
        public long key(int k) {
            return part.key(k);
        }

        public int from() {
            return part.offsets[at];
        }

        public int to() {
            return part.offsets[at + 1];
        }

        public double label() {
            return part.labels[at];
        }

        public float weight() {
            return part.weights == null ? 1 : part.weights[at];
        }
    }

    /** Examples that were kept, and those that were held out. */
    public record Split(Examples train, Examples test) {}

    /** Holds out a part: each example, or each group of examples that belong together, goes by the hash of (seed, itself). */
    public Split split(double heldOut, long seed) {
        if (!(heldOut > 0 && heldOut < 1)) {
            throw new IllegalArgumentException("the part held out must be above 0 and below 1, got " + heldOut);
        }
        var train = new ArrayList<Part>();
        var test = new ArrayList<Part>();
        for (int p = 0; p < parts.length; p++) {
            var part = parts[p];
            var trainer = PartBuilder.like(part);
            var tester = PartBuilder.like(part);
            for (int i = 0; i < part.size(); i++) {
                long key = part.groups == null ? firsts[p] + i : part.groups[i];
                boolean isTest = (mix(mix(seed) ^ key) >>> 11) * 0x1p-53 < heldOut;
                (isTest ? tester : trainer).copy(part, i);
            }
            train.add(trainer.build());
            test.add(tester.build());
        }
        return new Split(of(train, features), of(test, features));
    }

    private static long mix(long x) { // the finaliser of SplittableRandom, after its increment
        x += 0x9e3779b97f4a7c15L;
        x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
        x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
        return x ^ (x >>> 31);
    }

    /** A sum of all that is in the examples, for provenance. */
    public String sum() {
        var crc = new CRC32C();
        var bytes = java.nio.ByteBuffer.allocate(1 << 16).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (var part : parts) {
            for (int from = 0, n; from < part.nonZeros(); from += n) {
                n = Math.min(part.nonZeros() - from, 1 << 14);
                bytes.clear().asIntBuffer().put(part.indices, from, n);
                crc.update(bytes.limit(n * Integer.BYTES));
                bytes.clear().asFloatBuffer().put(part.values, from, n);
                crc.update(bytes.limit(n * Float.BYTES));
            }
            for (int from = 0, n; from < part.size(); from += n) {
                n = Math.min(part.size() - from, 1 << 14);
                bytes.clear().asIntBuffer().put(part.offsets, from + 1, n);
                crc.update(bytes.limit(n * Integer.BYTES));
            }
            for (int from = 0, n; from < part.size(); from += n) {
                n = Math.min(part.size() - from, 1 << 13);
                bytes.clear().asDoubleBuffer().put(part.labels, from, n);
                crc.update(bytes.limit(n * Double.BYTES));
            }
            for (int from = 0, n; part.weights != null && from < part.size(); from += n) {
                n = Math.min(part.size() - from, 1 << 14);
                bytes.clear().asFloatBuffer().put(part.weights, from, n);
                crc.update(bytes.limit(n * Float.BYTES));
            }
            for (int from = 0, n; part.groups != null && from < part.size(); from += n) {
                n = Math.min(part.size() - from, 1 << 14);
                bytes.clear().asIntBuffer().put(part.groups, from, n);
                crc.update(bytes.limit(n * Integer.BYTES));
            }
            var keys = part.keyed == null ? new long[0] : part.keyed.keys;
            for (int from = 0, n; from < keys.length; from += n) {
                n = Math.min(keys.length - from, 1 << 13);
                bytes.clear().asLongBuffer().put(keys, from, n);
                crc.update(bytes.limit(n * Long.BYTES));
            }
        }
        return String.format("crc32c:%08x", crc.getValue());
    }

    @Override
    public String toString() {
        return size() + " examples, " + (areKeyed() ? "64-bit keys as" : features) + " features, " + nonZeros()
                + " non-zeros";
    }
}
