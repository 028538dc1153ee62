package orrery.deep.train;

import java.util.Arrays;
import orrery.data.DataException;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;

/** Trains nets to tell classes apart: the last layer has an output for each, and the loss is the cross-entropy. */
public final class NetLearning {
    private final NetOptions options;

    public NetLearning(NetOptions options) {
        this.options = options;
    }

    /**
     * Makes ready to train.
     *
     * @param data examples whose features are the numbers of the net's input, in its order: of images row by row, pixel by pixel, channel
     *     by channel
     * @throws DataException if examples have more features than the net takes, or more classes than it has outputs
     */
    public Training<NetModel> prepare(Loaded data, Run run) throws DataException {
        data.examples().numbered("a net");
        int size = options.net().inputSize();
        if (data.examples().features() > size) {
            throw new DataException("the data has " + data.examples().features() + " features, and the net takes "
                    + Arrays.toString(options.net().input()) + ", " + size
                    + " in all; they must be as many or fewer");
        }
        return prepare(NetData.of(data.examples().withFeatures(size)), data.schema(), run);
    }

    /**
     * Makes ready to train on other data, such as images.
     *
     * @param schema says what the classes are called
     */
    public Training<NetModel> prepare(NetData data, Schema schema, Run run) throws DataException {
        return new Training<>(new NetRecipe(options, data, schema, run), run);
    }
}
