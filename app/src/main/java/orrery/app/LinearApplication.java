package orrery.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.engine.Run;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.LinearTraining;

/** lr, svm, softmax, least-squares. */
final class LinearApplication implements Application<LinearModel> {
    private final LinearLearner learner;
    private final HoldOutFlags holdOut;
    private final DataFlags reading;
    private Sets sets = new Sets(Optional.empty(), Optional.empty(), Optional.empty());

    private record Sets(Optional<Loaded> train, Optional<Examples> validation, Optional<Examples> test) {}

    LinearApplication(LinearLearner learner, HoldOutFlags holdOut, DataFlags reading) {
        this.learner = learner;
        this.holdOut = holdOut;
        this.reading = reading;
        holdOut.check();
    }

    @Override
    public String read(String name, long seed) throws IOException {
        var data = reading.data();
        var options = reading.options();
        var all = data.read(name, options);
        var schema = all.schema();
        var training = all.examples();
        Optional<Examples> tested = Optional.empty();
        if (holdOut.split != null) {
            var parts = training.split(holdOut.split, seed);
            training = parts.train();
            if (parts.test().size() == 0) {
                throw new UsageException("--split " + holdOut.split + " holds out none of "
                        + all.examples().size() + " examples");
            }
            tested = Optional.of(parts.test());
        } else if (holdOut.test != null) {
            tested = Optional.of(
                    data.readLike(holdOut.test, schema, options, true).examples());
        }
        Optional<Examples> validating = Optional.empty();
        if (holdOut.validation != null) {
            validating = Optional.of(
                    data.readLike(holdOut.validation, schema, options, true).examples());
        } else if (learner.options().patience() > 0) {
            var parts = training.split(0.1, seed + 1);
            training = parts.train();
            validating = Optional.of(parts.test());
        }
        if (training.size() == 0) {
            throw new DataException(name + ": no example is left to train on");
        }
        sets = new Sets(Optional.of(new Loaded(training, schema)), validating, tested);
        return training + tested.map(t -> "; test: " + t).orElse("");
    }

    private Loaded train() {
        return sets.train().orElseThrow();
    }

    @Override
    public String dataSum() {
        return train().examples().sum();
    }

    @Override
    public LinearTraining prepare(Run run) throws DataException {
        return learner.prepare(train(), sets.validation(), run);
    }

    @Override
    public boolean isPlanned() {
        return false;
    }

    @Override
    public Map<String, Object> results(LinearModel model) {
        var results = new LinkedHashMap<String, Object>();
        results.put("nonZeros", train().examples().nonZeros());
        results.put("train", model.score(train().examples()).ordered());
        results.put("test", sets.test().map(t -> model.score(t).ordered()).orElse(Map.of()));
        return results;
    }

    @Override
    public void print(PrintWriter out, LinearModel model, Map<String, Object> results) {
        Train.printMetrics(out, "train", results.get("train"));
        Train.printMetrics(out, "test", results.get("test"));
    }
}
