package orrery.deep.train;

import java.io.Serializable;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Schema;
import orrery.deep.layer.KeyBags;
import orrery.deep.net.Net;

/**
 * The examples that a net is trained on or predicts. Each has as many numbers as the net's input, keys if the net has fields of them, and a
 * label. Immutable.
 */
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

        /** The weight of an example in training; the mean of all weights is 1. */
        default float weight(long example) {
            return 1;
        }

        /** Adds an example's keys, the bag of each field; for nets that have fields. */
        default void keys(long example, KeyBags to) {
            throw new UnsupportedOperationException("these data have no keys");
        }

        /** Puts the classes of an example's steps; for nets that have an output at each step. */
        default void steps(long example, int[] to, int at, int count) {
            throw new UnsupportedOperationException("these data have no classes by step");
        }
    }

    /**
     * Examples as they are; numbers that are missing are zero. The first feature of a file that counts from 1 is the net's first number.
     *
     * @param schema says which features are numbers and which are keys
     * @param net whose input they are
     * @throws DataException if there are more numbers than the net takes, or another number of fields; or if the net is for sequences
     */
    static NetData of(Examples examples, Schema schema, Net net) throws DataException {
        if (net.steps() > 1) {
            throw new DataException("the net has an output at each of " + net.steps()
                    + " steps of a sequence, " + Arrays.toString(net.output())
                    + ", and these examples have one label each; it is trained on a text");
        }
        var slots = Slots.of(schema, net);
        return new OfExamples(
                slots.fields() > 0 ? examples : examples.withFeatures(net.inputSize() + slots.first()), slots);
    }

    /** Examples as they are. */
    record OfExamples(Examples examples, Slots slots) implements NetData {
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
            return new OfExample(examples.cursor(), slots);
        }
    }

    /** An example's features. */
    record OfExample(Examples.Cursor cursor, Slots slots) implements Cursor {
        @Override
        public void put(long example, float[] to, @Nullable SplittableRandom random) {
            cursor.move(example);
            Arrays.fill(to, 0);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                long feature = cursor.key(k);
                if (!slots.isKey(feature)) {
                    to[(int) feature - slots.first()] = cursor.values()[k];
                }
            }
        }

        @Override
        public float weight(long example) {
            cursor.move(example);
            return cursor.weight();
        }

        @Override
        public void keys(long example, KeyBags to) {
            cursor.move(example);
            int bags = to.bags();
            for (int k = cursor.from(); k < cursor.to(); k++) {
                if (slots.isKey(cursor.key(k))) {
                    to.add(cursor.key(k), cursor.values()[k]);
                    if (slots.areColumns()) {
                        to.endBag();
                    }
                }
            }
            if (!slots.areColumns()) {
                to.endBag();
            }
            if (to.bags() - bags != slots.fields()) {
                throw new IllegalStateException("example " + example + " has " + (to.bags() - bags)
                        + " categories, the data " + slots.fields() + " columns of them");
            }
        }
    }
}
