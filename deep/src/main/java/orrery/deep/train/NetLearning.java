package orrery.deep.train;

import java.util.List;
import java.util.Optional;
import orrery.data.DataException;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.deep.net.Loss;
import orrery.deep.net.Net;
import orrery.deep.net.Zoo;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;

/** Trains nets: to tell classes apart, of examples or of each step of a sequence, or to give a number; as their {@link Loss} says. */
public final class NetLearning {
    private final NetOptions options;
    private final Optional<NetModel> start;

    public NetLearning(NetOptions options) {
        this(options, Optional.empty());
    }

    /**
     * @param start the model to begin with, of the same net and the same classes; empty for random first values
     * @throws IllegalArgumentException if it is of another net
     */
    public NetLearning(NetOptions options, Optional<NetModel> start) {
        this.options = options;
        this.start = start;
        if (start.isPresent() && !start.get().net().equals(options.net())) {
            throw new IllegalArgumentException("the model to begin with is of another net: "
                    + start.get().net() + "and this one is " + options.net());
        }
    }

    /**
     * A published net, as wide as the data if it is for categories ({@link Zoo#isByData}).
     *
     * @throws IllegalArgumentException if there is none of that name
     * @throws DataException if the net needs columns of categories, and there are none
     */
    public static Net published(String name, Schema schema) throws DataException {
        if (!Zoo.isByData(name)) {
            return Zoo.net(name);
        }
        int fields = (int) Slots.columns(schema);
        if (fields == 0) {
            throw new DataException("the net " + name + " is for data with columns of categories, and there are none;"
                    + " say which columns are categories");
        }
        return Zoo.net(name, schema.firstHashed(), fields);
    }

    /**
     * Makes ready to train.
     *
     * @param data examples whose features are the numbers of the net's input, in its order: of images row by row, pixel by pixel, channel
     *     by channel
     * @throws DataException if examples have more features than the net takes, or more classes than it has outputs
     */
    public Training<NetModel> prepare(Loaded data, Run run) throws DataException {
        return prepare(checked(data), data.schema(), run);
    }

    /**
     * The same on examples that lie in parts where the workers are. {@code local} are the examples of the workers of this
     * JVM, numbered on through all workers ({@link orrery.data.Examples#numberedFrom}), and none of the others'.
     *
     * @param sizes by worker: how many examples it has
     */
    public Training<NetModel> prepare(Loaded local, List<Long> sizes, Run run) throws DataException {
        return new Training<>(
                new NetRecipe(options, start, checked(local), local.schema(), Optional.of(sizes), run), run);
    }

    private NetData checked(Loaded data) throws DataException {
        return NetData.of(data.examples(), data.schema(), options.net());
    }

    /**
     * Makes ready to train on other data, such as images.
     *
     * @param schema says what the classes are called
     */
    public Training<NetModel> prepare(NetData data, Schema schema, Run run) throws DataException {
        return new Training<>(new NetRecipe(options, start, data, schema, Optional.empty(), run), run);
    }
}
