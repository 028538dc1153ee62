package orrery.data;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;

/** Packs examples one after another. Confined to one thread. */
final class PartBuilder {
    private int[] offsets = new int[1025];
    private double[] labels = new double[1024];
    private int[] indices;
    private float[] values;
    private float @Nullable [] weights;
    private int @Nullable [] groups;
    private int examples;
    private int nonZeros;
    private int largestIndex = -1;
    private @Nullable KeyIndex keys; // of features that have one
    private int firstKey; // indices below this are features themselves

    PartBuilder() {
        this(1 << 14);
    }

    /** For examples of a part, or of its kind. */
    static PartBuilder like(Part part) {
        var builder = new PartBuilder();
        builder.takesKeysOf(part);
        return builder;
    }

    private void takesKeysOf(Part part) {
        if (part.keyed() != null && keys == null) {
            keys = new KeyIndex();
            firstKey = part.keyed().first();
        }
    }

    /** Adds a feature by its key. */
    void keyed(long key, float value) {
        feature(firstKey + number(key), value);
    }

    /** Adds a feature by its key as long as it is not known how many have numbers: an index below 0. */
    void provisional(long key, float value) {
        feature(-1 - number(key), value);
    }

    private int number(long key) {
        var now = keys;
        if (now == null) {
            now = new KeyIndex();
            keys = now;
        }
        return now.number(key);
    }

    /** With room for so many features before it grows. */
    PartBuilder(int features) {
        indices = new int[features];
        values = new float[features];
    }

    /** Adds a feature to the example that is under way. */
    void feature(int index, float value) {
        if (nonZeros == indices.length) {
            indices = Arrays.copyOf(indices, 2 * nonZeros);
            values = Arrays.copyOf(values, 2 * nonZeros);
        }
        indices[nonZeros] = index;
        values[nonZeros++] = value;
        largestIndex = Math.max(largestIndex, index);
    }

    /** Ends the example that is under way. */
    void example(double label) {
        if (examples == labels.length) {
            labels = Arrays.copyOf(labels, 2 * examples);
            offsets = Arrays.copyOf(offsets, 2 * examples + 1);
            weights = weights == null ? null : Arrays.copyOf(weights, 2 * examples);
            groups = groups == null ? null : Arrays.copyOf(groups, 2 * examples);
        }
        labels[examples++] = label;
        offsets[examples] = nonZeros;
        if (weights != null) {
            weights[examples - 1] = 1;
        }
    }

    /** Weighs the example that was ended last. */
    void weight(float weight) {
        if (weights == null) {
            weights = new float[labels.length];
            Arrays.fill(weights, 0, examples, 1);
        }
        weights[examples - 1] = weight;
    }

    /** Puts the example that was ended last into a group. */
    void group(int group) {
        if (groups == null) {
            groups = new int[labels.length];
        }
        groups[examples - 1] = group;
    }

    /** Adds an example of a part. */
    void copy(Part part, int example) {
        takesKeysOf(part);
        for (int k = part.offsets()[example]; k < part.offsets()[example + 1]; k++) {
            long key = part.key(k);
            if (part.keyed() == null || (key >= 0 && key < firstKey)) {
                feature(part.indices()[k], part.values()[k]);
            } else {
                keyed(key, part.values()[k]);
            }
        }
        example(part.labels()[example]);
        if (part.weights() != null) {
            weight(part.weights()[example]);
        }
        if (part.groups() != null) {
            group(part.groups()[example]);
        }
    }

    int size() {
        return examples;
    }

    int nonZeros() {
        return nonZeros;
    }

    /** Features that the example under way has so far. */
    int open() {
        return nonZeros - offsets[examples];
    }

    /** Sorts the features that were added from the {@code from}th of the example under way on, adding up equal ones. */
    void sortAndMerge(int from) {
        int start = offsets[examples] + from;
        Arrays.sort(indices, start, nonZeros);
        int to = start;
        for (int k = start; k < nonZeros; ) {
            int index = indices[k];
            int count = 0;
            for (; k < nonZeros && indices[k] == index; k++) {
                count++;
            }
            indices[to] = index;
            values[to++] = count;
        }
        nonZeros = to;
    }

    int largestIndex() {
        return largestIndex;
    }

    /** A part whose arrays of features may be longer than they need be: for what is joined with others at once. */
    Part buildLoose() {
        return new Part(
                offsets,
                indices,
                values,
                Arrays.copyOf(labels, examples),
                weights == null ? null : Arrays.copyOf(weights, examples),
                groups == null ? null : Arrays.copyOf(groups, examples),
                keys == null ? null : new Examples.Keyed(firstKey, keys.keys()));
    }

    Part build() {
        return new Part(
                Arrays.copyOf(offsets, examples + 1),
                Arrays.copyOf(indices, nonZeros),
                Arrays.copyOf(values, nonZeros),
                Arrays.copyOf(labels, examples),
                weights == null ? null : Arrays.copyOf(weights, examples),
                groups == null ? null : Arrays.copyOf(groups, examples),
                keys == null ? null : new Examples.Keyed(firstKey, keys.keys()));
    }
}
