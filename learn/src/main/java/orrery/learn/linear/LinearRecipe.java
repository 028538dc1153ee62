package orrery.learn.linear;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.examples.Partition;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Cut;
import orrery.engine.stage.Measured;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Step;
import orrery.engine.stage.Verdict;
import orrery.engine.stage.Worker;
import orrery.learn.Recipe;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

/** A linear model, learned by gradients of mini-batches. */
final class LinearRecipe implements Recipe<LinearModel> {
    private static final String WEIGHTS = "weights";
    private static final String INTERCEPT = "intercept";
    private static final String BEST = "best.";

    private final Loss loss;
    private final LinearOptions options;
    private final Source source;
    private final Run run;
    private final Labels labels;
    private final int width;
    private final Job job;
    private final Optional<EarlyStopping> stopping;
    private final Divergence divergence;
    private final int passes;
    private final UpdateRule rule;

    LinearRecipe(String app, Loss loss, LinearOptions options, Loaded data, Optional<Examples> validation, Run run)
            throws DataException {
        this(
                app,
                loss,
                options,
                Source.of(
                        data,
                        Partition.of(data.examples().size(), options.batch(), run.seed(), 0),
                        loss,
                        options,
                        run.workers()),
                validation,
                run);
    }

    LinearRecipe(String app, Loss loss, LinearOptions options, Source source, Optional<Examples> validation, Run run)
            throws DataException {
        this.loss = loss;
        this.options = options;
        this.source = source;
        this.run = run;
        labels = source.labels();
        width = loss == Loss.SOFTMAX ? labels.count() : 1;
        checkClasses(app);
        if (run.consistency().announcesAhead().isPresent() && loss == Loss.SOFTMAX) {
            throw new IllegalArgumentException(
                    app + " cannot be under " + run.consistency() + ": only models of one margin announce their rows");
        }
        checkMemory();
        if (options.patience() > 0 && validation.isEmpty()) {
            throw new IllegalArgumentException("patience is " + options.patience()
                    + ", but there is no validation data to tell when to stop; hold some out");
        }
        var kept = new LinkedHashMap<String, String>();
        for (var name : options.intercept() ? List.of(WEIGHTS, INTERCEPT) : List.of(WEIGHTS)) {
            kept.put(name, BEST + name);
        }
        stopping = options.patience() > 0 ? Optional.of(new EarlyStopping(options.patience(), kept)) : Optional.empty();
        long perPass = source.clocksPerPass();
        passes = options.passes() == LinearOptions.BY_SIZE ? Conditioning.passes(source.size()) : options.passes();
        rule = source.conditioning().rule(options.rule(), perPass * passes);
        divergence = Divergence.of(loss, labels, source.conditioning());
        var stage = new Stage(
                "train",
                perPass * passes,
                perPass,
                worker -> validated(worker, step(worker, perPass * passes), validation),
                this::decide);
        job = new Job(app, tables(), List.of(stage));
    }

    private Step step(Worker worker, long clocks) {
        return new Steps(
                        source.batches(),
                        loss,
                        labels,
                        classWeights(),
                        source.conditioning(),
                        worker.session().table(WEIGHTS),
                        options.intercept() ? worker.session().table(INTERCEPT) : null,
                        clocks)
                .open(worker);
    }

    private Step validated(Worker worker, Step step, Optional<Examples> validation) {
        return validation.isEmpty()
                ? step
                : Measured.by(
                        worker,
                        step,
                        session -> model(name -> session.values(session.table(name)), "")
                                .score(validation.get())
                                .named("validation."));
    }

    private Verdict decide(Cut cut) {
        var verdict = divergence.at(cut);
        return stopping.isPresent() ? verdict.and(stopping.get().at(cut)) : verdict;
    }

    private void checkClasses(String app) throws DataException {
        boolean isBinary = loss == Loss.LOGISTIC || loss == Loss.HINGE || loss == Loss.SQUARED_HINGE;
        if (isBinary && labels.count() != 2) {
            throw new DataException(app + " needs 2 classes, the data has " + labels.count() + " " + labels.shortened()
                    + (labels.count() > 2 ? "; use softmax, or --solver dual for one class against the rest" : ""));
        }
        Labels.checkFit(app, loss, source.schema());
        if (loss == Loss.SOFTMAX && labels.count() < 2) {
            throw new DataException(app + " needs 2 classes or more, the data has " + labels.names());
        }
        labels.checkWeights(options);
    }

    /** Better now than in the midst of a run. */
    private void checkMemory() throws DataException {
        long planes = 1L + options.rule().planes().size() + (options.patience() > 0 ? 1 : 0);
        double need = (double) source.features() * width * Float.BYTES * planes;
        if (need > 0.9 * Runtime.getRuntime().maxMemory()) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "%,d features need %,.0f MiB of weights and rule state, the JVM has %,d MiB; renumber the features, hash them"
                            + " to fewer, or give more memory (ORRERY_JAVA_OPTS=-Xmx...)",
                    source.features(),
                    need / (1 << 20),
                    Runtime.getRuntime().maxMemory() >> 20));
        }
    }

    private List<TableSpec> tables() {
        var tables = new ArrayList<TableSpec>();
        var weights = TableSpec.dense(WEIGHTS, Math.max(1, source.features()), width)
                .with(rule)
                .with(run.consistency());
        var intercept = TableSpec.dense(INTERCEPT, 1, width)
                .with(rule.withoutPenalty())
                .with(run.consistency().ofWhatAllTouch());
        tables.add(weights);
        if (options.intercept()) {
            tables.add(intercept);
        }
        if (stopping.isPresent()) {
            tables.add(TableSpec.dense(BEST + WEIGHTS, weights.rows(), width));
            if (options.intercept()) {
                tables.add(TableSpec.dense(BEST + INTERCEPT, 1, width));
            }
        }
        return tables;
    }

    private float[] classWeights() {
        return labels.weights(options, source.inMemory());
    }

    @Override
    public Job job() {
        return job;
    }

    @Override
    public LinearModel model(Outcome outcome) {
        divergence.check(outcome.cuts(), options.rule());
        boolean takesBest = stopping.isPresent() && EarlyStopping.hasBest(outcome.cuts());
        var node = outcome.node();
        return model(name -> node.values(node.table(name)), takesBest ? BEST : "");
    }

    @Override
    public Map<String, String> identity() {
        return Map.of(
                "passes",
                String.valueOf(passes),
                "batch",
                String.valueOf(options.batch()),
                "rule",
                rule.toString(),
                "intercept",
                String.valueOf(options.intercept()),
                "class weights",
                new TreeMap<>(options.classWeights()) + (options.balanced() ? ", balanced" : ""),
                "early stopping",
                String.valueOf(options.patience()),
                Identity.DATA,
                source.description().get());
    }

    /** @param values table to its values, which are changed */
    private LinearModel model(Function<String, float[]> values, String prefix) {
        var weights = values.apply(prefix + WEIGHTS);
        var learned = options.intercept() ? values.apply(prefix + INTERCEPT) : new float[width];
        var intercept = source.conditioning().unscale(weights, learned);
        return new LinearModel(loss, source.schema(), labels, width, weights, intercept, source.baseline(), Map.of());
    }
}
