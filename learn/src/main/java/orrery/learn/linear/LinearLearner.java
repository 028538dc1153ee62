package orrery.learn.linear;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.data.Spill;
import orrery.data.Spilled;
import orrery.data.Stream;
import orrery.engine.examples.Partition;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;

/** What learns a linear model. */
public sealed interface LinearLearner extends Serializable
        permits LogisticRegression, LinearSvm, SoftmaxRegression, LeastSquares {
    /** The name by which the command line and checkpoints know it. */
    String name();

    Loss loss();

    LinearOptions options();

    /** Makes ready to train; the labels are checked here. */
    default Training<LinearModel> prepare(Loaded data, Optional<Examples> validation, Run run) throws DataException {
        return new Training<>(new LinearRecipe(name(), loss(), options(), data, validation, run), run);
    }

    /** Makes ready to train by a solver, in place of the options' rule. */
    default Training<LinearModel> prepare(Loaded data, Optional<Examples> validation, Solver solver, Run run)
            throws DataException {
        if (options().initial() != null) {
            throw new IllegalArgumentException(
                    "a training by " + solver.name() + " begins with nothing; a model to begin with is for rules");
        }
        data.examples().numbered(solver.name());
        return switch (solver) {
            case SvrgOptions svrg -> new Training<>(new Svrg(name(), loss(), svrg, data, validation, run), run);
            case SagOptions sag -> new Training<>(new Sag(name(), loss(), sag, data, validation, run), run);
            case DualOptions dual -> new Training<>(new Dual(this, dual, data, validation, run), run);
        };
    }

    /**
     * The same on data that lie in parts where the workers are. {@code local} are the examples of the workers of this JVM,
     * numbered on through all workers ({@link Examples#numberedFrom}), and none of the others'; its schema names the
     * classes. Weights by class are given in the options, not found out.
     *
     * @param known of all examples
     */
    default Training<LinearModel> prepare(Loaded local, Known known, Run run) throws DataException {
        if (options().balanced()) {
            throw new IllegalArgumentException("classes are balanced by weights, where no JVM has all examples");
        }
        var partition = Partition.of(known.sizes(), options().batch(), run.seed(), 0);
        var source = Source.ofOwn(local, partition, loss(), options(), known, run.workers());
        return new Training<>(new LinearRecipe(name(), loss(), options(), source, Optional.empty(), run), run);
    }

    /**
     * Makes ready to train on files that are not held in memory, but read again at each pass.
     *
     * @param hosts by worker: its machine, so that it reads what is there
     */
    default Training<LinearModel> prepare(Stream stream, List<String> hosts, Run run) throws DataException {
        var source = Source.of(stream, options(), loss(), hosts);
        return new Training<>(new LinearRecipe(name(), loss(), options(), source, Optional.empty(), run), run);
    }

    /** Makes ready to train on examples that lie packed in a file, which all workers can open. */
    default Training<LinearModel> prepare(Spilled data, Run run) throws DataException {
        var source = Source.of(data, options(), loss(), run.workers());
        return new Training<>(new LinearRecipe(name(), loss(), options(), source, Optional.empty(), run), run);
    }

    /**
     * Makes ready to train on examples that lie packed on the disks of where the workers are.
     *
     * @param schema names the classes
     * @param known of all examples
     * @param spills by worker: where they are, in batches of the options' size; asked for the workers of this JVM only
     */
    default Training<LinearModel> prepare(Schema schema, Known known, IntFunction<Spill> spills, Run run)
            throws DataException {
        var source = Source.of(schema, known, spills, loss(), options());
        return new Training<>(new LinearRecipe(name(), loss(), options(), source, Optional.empty(), run), run);
    }

    /** Trains on all of the data, beginning with a model that was trained before, perhaps on other features. */
    default LinearModel fit(Loaded data, LinearModel initial, Run run) throws IOException {
        var source = new LinearRecipe(name(), loss(), options().from(initial), data, Optional.empty(), run);
        return new Training<>(source, run).run().model();
    }

    /** Trains on all of the data. */
    default LinearModel fit(Loaded data, Run run) throws IOException {
        return prepare(data, Optional.empty(), run).run().model();
    }

    /** Trains, measuring on other data after each pass; with {@link LinearOptions#patience} it tells when to stop. */
    default LinearModel fit(Loaded data, Examples validation, Run run) throws IOException {
        return prepare(data, Optional.of(validation), run).run().model();
    }
}
