package orrery.learn.linear;

import java.util.Arrays;
import orrery.data.KeyIndex;
import orrery.data.Keys;
import orrery.learn.batch.Batches;

/**
 * A batch whose features are numbered by their place among its keys, so that weights can be asked for by these alone.
 *
 * @param keys each once
 * @param starts example i has the places {@code starts[i]} to {@code starts[i + 1]}
 */
record KeyedBatch(long[] keys, int[] starts, int[] places, float[] values, double[] labels, float[] weights) {
    /** Numbers keys in the order of their first mention. Used again from batch to batch; confined to one thread. */
    static final class Packer {
        private final KeyIndex index = new KeyIndex();

        KeyedBatch pack(Batches batches, int examples) {
            index.clear();
            return KeyedBatch.pack(batches, examples, (features, places) -> {
                for (int k = 0; k < features.length; k++) {
                    places[k] = index.number(features[k]);
                }
                return index.keys();
            });
        }
    }

    /** The same with keys that ascend. */
    static KeyedBatch sorted(Batches batches, int examples) {
        return pack(batches, examples, (features, places) -> {
            var keys = Keys.distinct(features.clone());
            for (int k = 0; k < places.length; k++) {
                places[k] = Arrays.binarySearch(keys, features[k]);
            }
            return keys;
        });
    }

    /** Finds the distinct keys, and the place of each feature among them. */
    @FunctionalInterface
    private interface Numbering {
        long[] of(long[] features, int[] places);
    }

    private static KeyedBatch pack(Batches batches, int examples, Numbering numbering) {
        var starts = new int[examples + 1];
        for (int i = 0; i < examples; i++) {
            var cursor = batches.example(i);
            starts[i + 1] = starts[i] + cursor.to() - cursor.from();
        }
        var features = new long[starts[examples]];
        var values = new float[features.length];
        var labels = new double[examples];
        var weights = new float[examples];
        for (int i = 0; i < examples; i++) {
            var cursor = batches.example(i);
            for (int k = 0; k < starts[i + 1] - starts[i]; k++) {
                features[starts[i] + k] = cursor.key(cursor.from() + k);
            }
            System.arraycopy(cursor.values(), cursor.from(), values, starts[i], starts[i + 1] - starts[i]);
            labels[i] = cursor.label();
            weights[i] = cursor.weight();
        }
        var places = new int[features.length];
        return new KeyedBatch(numbering.of(features, places), starts, places, values, labels, weights);
    }

    int examples() {
        return labels.length;
    }
}
