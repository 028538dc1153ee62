package orrery.learn.factor;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import orrery.data.Ratings;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Measured;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.learn.Recipe;
import orrery.table.spec.Init;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;

/** A factorisation of ratings. */
final class FactorRecipe implements Recipe<FactorModel> {
    static final String USERS = "users";
    static final String ITEMS = "items";
    private static final float FIRST_DEVIATION = 0.1f;

    private final FactorOptions options;
    private final Ratings train;
    private final Optional<Ratings> validation;
    private final Supplier<String> dataSum;
    private final Division division;
    private final Job job;

    /**
     * @param train with all ratings of the users whose workers are in this JVM
     * @param dataSum a sum of the ratings of all workers
     */
    FactorRecipe(
            FactorOptions options,
            Ratings train,
            Division division,
            Optional<Ratings> validation,
            Supplier<String> dataSum,
            Run run) {
        this.dataSum = dataSum;
        this.options = options;
        this.train = train;
        this.validation = validation;
        this.division = division;
        int width = options.width();
        int tiles = Tiles.count(division, width);
        var tables = List.of(
                TableSpec.dense(USERS, division.userCount(), width).with(init(run.seed())),
                TableSpec.dense(ITEMS, division.itemCount(), width)
                        .with(init(run.seed() + 1))
                        .with(
                                options.method() == FactorOptions.Method.ADA_REVISION
                                        ? new UpdateRule.AdaRevision(options.rate())
                                        : new UpdateRule.Add())
                        .with(run.consistency()));
        var stage = new Stage(
                "factorise",
                (long) tiles * options.passes(),
                tiles,
                worker -> validated(
                        worker,
                        step(
                                worker.session().isVirtual()
                                        ? Tiles.empty(division, tiles, worker.index())
                                        : Tiles.of(train, division, tiles, worker.index()),
                                worker)));
        job = new Job("mf", tables, List.of(stage));
    }

    private Step step(Tiles tiles, Worker worker) {
        var users = worker.session().table(USERS);
        var items = worker.session().table(ITEMS);
        return options.method() == FactorOptions.Method.ROW_ADAGRAD
                ? new RowAdaGradStep(tiles, options, division, worker, users, items)
                : new FactorStep(tiles, options, division.mean(), worker, users, items);
    }

    /** Under {@code ROW_ADAGRAD} factors are above 0 at first: those of users and items agree from the start. */
    private Init init(long seed) {
        return options.method() == FactorOptions.Method.ROW_ADAGRAD
                ? new Init.Uniform(seed, 0, (float) (1 / Math.sqrt(options.rank())))
                : new Init.Normal(seed, 0, FIRST_DEVIATION);
    }

    private Step validated(Worker worker, Step step) {
        return validation.isEmpty() ? step : Measured.by(worker, step, this::validate);
    }

    private Map<String, Double> validate(Session session) {
        var measured = new LinkedHashMap<String, Double>();
        model(session.values(session.table(USERS)), session.values(session.table(ITEMS)))
                .score(validation.orElseThrow())
                .forEach((name, value) -> measured.put("validation." + name, value));
        return measured;
    }

    @Override
    public Job job() {
        return job;
    }

    @Override
    public FactorModel model(Outcome outcome) {
        var node = outcome.node();
        return model(node.values(node.table(USERS)), node.values(node.table(ITEMS)));
    }

    @Override
    public Map<String, String> identity() {
        return Map.of("options", options.toString(), Identity.DATA, dataSum.get());
    }

    private FactorModel model(float[] users, float[] items) {
        return new FactorModel(
                train.userNames(),
                train.itemNames(),
                options.rank(),
                division.mean(),
                rows(users),
                rows(items),
                Map.of());
    }

    /** Factors and biases of ratings as they were given, without histories. */
    private float[] rows(float[] values) {
        if (options.method() != FactorOptions.Method.ROW_ADAGRAD) {
            return values;
        }
        int rank = options.rank();
        int count = values.length / options.width();
        var rows = new float[count * (rank + 1)];
        float perFactor = (float) Math.sqrt(division.deviation()); // there are two in a product
        for (int r = 0; r < count; r++) {
            int from = r * options.width();
            int to = r * (rank + 1);
            for (int c = 0; c < rank; c++) {
                rows[to + c] = perFactor * values[from + c];
            }
            rows[to + rank] = division.deviation() * values[from + rank];
        }
        return rows;
    }
}
