package orrery.learn.factor;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import orrery.data.Ratings;
import orrery.engine.Identity;
import orrery.engine.Job;
import orrery.engine.Run;
import orrery.engine.Stage;
import orrery.learn.Trained;
import orrery.learn.Training;
import orrery.table.Init;
import orrery.table.Node;
import orrery.table.TableSpec;
import orrery.table.UpdateRule;

/** A factorisation that is ready to run, once. */
public final class FactorTraining implements Training<FactorModel> {
    static final String USERS = "users";
    static final String ITEMS = "items";
    private static final float FIRST_DEVIATION = 0.1f;

    private final FactorOptions options;
    private final Ratings train;
    private final Optional<Ratings> validation;
    private final Run run;
    private final Supplier<String> dataSum;
    private final float mean;
    private final Job job;

    /**
     * @param train with all ratings of the users whose workers are in this JVM
     * @param dataSum a sum of the ratings of all workers
     */
    FactorTraining(
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
        this.run = run;
        mean = division.mean();
        int width = options.width();
        int tiles = Tiles.count(division, width);
        var tables = List.of(
                TableSpec.dense(USERS, division.userCount(), width)
                        .with(new Init.Normal(run.seed(), 0, FIRST_DEVIATION)),
                TableSpec.dense(ITEMS, division.itemCount(), width)
                        .with(new Init.Normal(run.seed() + 1, 0, FIRST_DEVIATION))
                        .with(
                                options.method() == FactorOptions.Method.SGD
                                        ? new UpdateRule.Add()
                                        : new UpdateRule.AdaRevision(options.rate()))
                        .with(run.consistency()));
        var stage = new Stage(
                "factorise",
                (long) tiles * options.passes(),
                tiles,
                worker -> new FactorStep(
                        Tiles.of(train, division, tiles, worker.index()),
                        options,
                        mean,
                        worker,
                        worker.session().table(USERS),
                        worker.session().table(ITEMS)),
                this::measure);
        job = new Job("mf", tables, List.of(stage));
    }

    private Map<String, Double> measure(Node node, long clock) {
        var measured = new LinkedHashMap<String, Double>();
        validation.ifPresent(ratings ->
                model(node).score(ratings).forEach((name, value) -> measured.put("validation." + name, value)));
        return measured;
    }

    @Override
    public Run settings() {
        return run;
    }

    @Override
    public Job job() {
        return job;
    }

    @Override
    public Trained<FactorModel> run() throws IOException {
        var outcome = job.run(run.identifiedBy(identity()));
        return new Trained<>(model(outcome.node()), outcome);
    }

    @Override
    public Map<String, String> identity() {
        return Map.of("options", options.toString(), Identity.DATA, dataSum.get());
    }

    private FactorModel model(Node node) {
        return new FactorModel(
                train.userNames(),
                train.itemNames(),
                options.rank(),
                mean,
                node.values(node.table(USERS)),
                node.values(node.table(ITEMS)),
                Map.of());
    }
}
