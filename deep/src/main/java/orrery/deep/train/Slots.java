package orrery.deep.train;

import java.io.Serializable;
import java.util.Arrays;
import orrery.data.DataException;
import orrery.data.ReadOptions.Role;
import orrery.data.Schema;
import orrery.deep.net.Net;

/**
 * Sorts the features of an example into a net's numbers and its keys. The first {@code numbers} features from {@code first} on are numbers, all others
 * are keys. With columns, each categorical column is a field with one key, in the order of the columns; without columns, all keys are of one field.
 *
 * @param first the feature that is the net's first number
 * @param numbers how many features are numbers
 * @param fields of keys
 * @param areColumns whether each key is of a field of its own
 */
record Slots(int first, int numbers, int fields, boolean areColumns) implements Serializable {
    /**
     * The slots of data with a schema.
     *
     * @throws DataException if the data have more numbers than the net, or another number of fields
     */
    static Slots of(Schema schema, Net net) throws DataException {
        long columns = columns(schema);
        if (net.fields() == 0) {
            int numbers = schema.features() - schema.firstIndex();
            if (columns > 0) {
                throw new DataException("the data has " + columns
                        + " columns of categories, and the net takes numbers only;"
                        + " give it \"fields\": " + columns + " and an embedding, take the net wide-and-deep or deepfm,"
                        + " or leave the columns out");
            }
            if (schema.areKeyed() || numbers > net.inputSize()) {
                throw new DataException("the data has " + (schema.areKeyed() ? "64-bit keys as" : numbers)
                        + " features, and the net takes " + Arrays.toString(net.input()) + ", " + net.inputSize()
                        + " in all; they must be as many or fewer");
            }
            return new Slots(schema.firstIndex(), net.inputSize(), 0, false);
        }
        boolean areColumns = columns > 0;
        if (areColumns ? columns != net.fields() : net.fields() != 1) {
            throw new DataException("the net takes " + net.fields() + " fields of keys, and the data has "
                    + (areColumns
                            ? columns + " columns of categories; they must be as many"
                            : "no columns of categories, so that all features are keys of one field"));
        }
        int numbers = areColumns ? schema.firstHashed() : 0;
        if (numbers > net.inputSize() || (!areColumns && net.inputSize() > 0)) {
            throw new DataException("the data has " + numbers + " numbers beside its keys, and the net takes "
                    + net.inputSize() + "; give it \"input\": [" + numbers + "]");
        }
        return new Slots(0, numbers, net.fields(), areColumns);
    }

    /** How many columns of categories there are. */
    static long columns(Schema schema) {
        return schema.columns().stream()
                .filter(column -> column.role() == Role.CATEGORICAL)
                .count();
    }

    /** The slots of sequences with a key at each step. */
    static Slots ofSteps(Net net) {
        return new Slots(0, 0, net.fields(), true);
    }

    /** Whether a feature is a key. */
    boolean isKey(long feature) {
        return fields > 0 && (feature < 0 || feature >= numbers);
    }
}
