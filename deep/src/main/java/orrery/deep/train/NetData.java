package orrery.deep.train;

import java.io.Serializable;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Schema;
import orrery.deep.net.Net;

/** The examples that a net is trained on or predicts. Each has as many numbers as the net's input, and a label. Immutable. */
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
         * @param random the source of random cuts and the like, in training; null to predict
         */
        void put(long example, float[] to, @Nullable SplittableRandom random);
    }

    /**
     * Examples as they are; features that are missing are zero. The first feature of a file that counts from 1 is the net's first number.
     *
     * @param schema says from where features are counted
     * @param net whose input they are
     * @throws DataException if there are more features than the net takes
     */
    static NetData of(Examples examples, Schema schema, Net net) throws DataException {
        examples.numbered("a net");
        int first = schema.firstIndex();
        if (examples.features() - first > net.inputSize()) {
            throw new DataException("the data has " + (examples.features() - first) + " features, and the net takes "
                    + Arrays.toString(net.input()) + ", " + net.inputSize() + " in all; they must be as many or fewer");
        }
        return new OfExamples(examples.withFeatures(net.inputSize() + first), first);
    }

    /**
     * Examples as they are.
     *
     * @param first the feature that is the net's first number
     */
    record OfExamples(Examples examples, int first) implements NetData {
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
                    to[cursor.indices()[k] - first] = cursor.values()[k];
                }
            };
        }
    }
}
