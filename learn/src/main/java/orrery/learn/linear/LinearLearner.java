package orrery.learn.linear;

import java.io.IOException;
import java.util.Optional;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.engine.Run;

/** What learns a linear model. */
public sealed interface LinearLearner permits LogisticRegression, LinearSvm, SoftmaxRegression, LeastSquares {
    /** The name by which the command line and checkpoints know it. */
    String name();

    Loss loss();

    LinearOptions options();

    /** Makes ready to train; the labels are checked here. */
    default LinearTraining prepare(Loaded data, Optional<Examples> validation, Run run) throws DataException {
        return new LinearTraining(name(), loss(), options(), data, validation, run);
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
