package orrery.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import orrery.data.Data;
import orrery.data.DataException;
import orrery.data.Ratings;
import orrery.engine.Run;
import orrery.learn.factor.FactorModel;
import orrery.learn.factor.FactorOptions;
import orrery.learn.factor.FactorTraining;
import orrery.learn.factor.MatrixFactorization;

/** mf. */
final class FactorApplication implements Application<FactorModel> {
    private final FactorOptions options;
    private final HoldOutFlags holdOut;
    private final Data data;
    private Optional<Ratings> train = Optional.empty();
    private Optional<Ratings> test = Optional.empty();

    FactorApplication(FactorOptions options, HoldOutFlags holdOut, Data data) {
        this.options = options;
        this.holdOut = holdOut;
        this.data = data;
        holdOut.check();
        if (holdOut.test != null || holdOut.validation != null) {
            throw new UsageException(
                    "mf measures what --split holds out: users and items of another file are strangers");
        }
    }

    @Override
    public String read(String name, long seed) throws IOException {
        var all = data.ratings(name);
        if (holdOut.split == null) {
            train = Optional.of(all);
            return all.toString();
        }
        var split = all.split(holdOut.split, seed);
        if (split.test().size() == 0 || split.train().size() == 0) {
            throw new DataException(
                    "--split " + holdOut.split + " leaves " + split.train().size() + " ratings to train on and "
                            + split.test().size() + " to test");
        }
        train = Optional.of(split.train());
        test = Optional.of(split.test());
        return split.train() + "; test: " + split.test().size();
    }

    @Override
    public String dataSum() {
        return train.orElseThrow().sum();
    }

    @Override
    public FactorTraining prepare(Run run) {
        return new MatrixFactorization(options).prepare(train.orElseThrow(), test, run);
    }

    @Override
    public boolean isPlanned() {
        return true;
    }

    @Override
    public Map<String, Object> results(FactorModel model) {
        var results = new LinkedHashMap<String, Object>();
        results.put("train", model.score(train.orElseThrow()));
        results.put("test", test.map(model::score).orElse(Map.of()));
        return results;
    }

    @Override
    public void print(PrintWriter out, FactorModel model, Map<String, Object> results) {
        Train.printMetrics(out, "train", results.get("train"));
        Train.printMetrics(out, "test", results.get("test"));
    }

    /** What is worth seeing of factors that were saved. */
    static void show(PrintWriter out, FactorModel model) {
        out.printf(
                Locale.ROOT,
                "# factors of %,d users and %,d items, rank %d, mean rating %.3f%n",
                model.userCount(),
                model.itemCount(),
                model.rank(),
                model.mean());
        out.println("recommend by: orrery recommend MODEL USER");
    }
}
