package orrery.deep.train;

import java.io.Serializable;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples;

/** What a net is trained on or predicts: examples that each have as many numbers as the net's input, and a label. Immutable. */
public interface NetData extends Serializable {
    /** How many examples there are. */
    long size();

    double label(long example);

    /** A sum of all that is in it, for provenance. */
    String sum();

    /** How its examples are read; one for each thread. */
    Cursor cursor();

    /** How numbers were brought to a scale, which a model must do alike; null if they are as they are. */
    default @Nullable Scaling scaling() {
        return null;
    }

    /** Reads examples. Confined to one thread. */
    interface Cursor {
        /**
         * Puts an example's numbers.
         *
         * @param to all of which is written
         * @param random to train: what is drawn anew at each visit is drawn from it; null to predict
         */
        void put(long example, float[] to, @Nullable SplittableRandom random);
    }

    /** Examples as they are; features that are missing are zero. */
    static NetData of(Examples examples) {
        return new OfExamples(examples);
    }

    /** Examples as they are. */
    record OfExamples(Examples examples) implements NetData {
        @Override
        public long size() {
            return examples.size();
        }

        @Override
        public double label(long example) {
            return examples.label(example);
        }

        @Override
        public String sum() {
            return examples.sum();
        }

        @Override
        public Cursor cursor() {
            var cursor = examples.cursor();
            return (example, to, random) -> {
                cursor.move(example);
                Arrays.fill(to, 0);
                for (int k = cursor.from(); k < cursor.to(); k++) {
                    to[cursor.indices()[k]] = cursor.values()[k];
                }
            };
        }
    }
}
