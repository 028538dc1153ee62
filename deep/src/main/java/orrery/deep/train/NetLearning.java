package orrery.deep.train;

import orrery.data.DataException;
import orrery.data.Loaded;
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
        return new Training<>(new NetRecipe(options, data, run), run);
    }
}
