package orrery.learn.linear;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.engine.Identity;
import orrery.engine.Job;
import orrery.engine.Partition;
import orrery.engine.Run;
import orrery.engine.Stage;
import orrery.learn.Trained;
import orrery.learn.Training;
import orrery.table.Consistency;
import orrery.table.Node;
import orrery.table.TableSpec;
import orrery.table.UpdateRule;

/** A training that is ready to run, once: the job, its tables, and how to make a model of them. */
public final class LinearTraining implements Training<LinearModel> {
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

    LinearTraining(String app, Loss loss, LinearOptions options, Loaded data, Optional<Examples> validation, Run run)
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

    LinearTraining(String app, Loss loss, LinearOptions options, Source source, Optional<Examples> validation, Run run)
            throws DataException {
        this.loss = loss;
        this.options = options;
        this.source = source;
        this.run = run;
        labels = source.labels();
        width = loss == Loss.SOFTMAX ? labels.count() : 1;
        checkClasses(app);
        if (run.consistency() instanceof Consistency.SparseSsp && loss == Loss.SOFTMAX) {
            throw new IllegalArgumentException(
                    app + " cannot be under " + run.consistency() + ": only models of one margin announce their rows");
        }
        checkMemory();
        if (options.patience() > 0 && validation.isEmpty()) {
            throw new IllegalArgumentException("patience is " + options.patience()
                    + ", but there is no validation data to tell when to stop; hold some out");
        }
        stopping = options.patience() > 0
                ? Optional.of(new EarlyStopping(options.patience(), this::finish))
                : Optional.empty();
        long perPass = source.clocksPerPass();
        passes = options.passes() == LinearOptions.BY_SIZE ? Conditioning.passes(source.size()) : options.passes();
        rule = source.conditioning().rule(options.rule(), perPass * passes);
        divergence = new Divergence(loss, labels, source.conditioning(), this::finish);
        var stage = new Stage(
                "train",
                perPass * passes,
                perPass,
                worker -> new Steps(
                                source.batches(),
                                loss,
                                labels,
                                classWeights(),
                                source.conditioning(),
                                worker.session().table(WEIGHTS),
                                options.intercept() ? worker.session().table(INTERCEPT) : null,
                                perPass * passes)
                        .open(worker),
                (node, clock) -> validation.isPresent() ? validate(node, validation.get()) : Map.of());
        job = new Job(app, tables(), List.of(stage));
    }

    private void finish() {
        job.finish();
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
        var intercept =
                TableSpec.dense(INTERCEPT, 1, width).with(rule.withoutPenalty()).with(ofIntercept(run.consistency()));
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

    /** All batches touch it: it would let nobody run ahead, and has the bound that clocks have anyway. */
    private static Consistency ofIntercept(Consistency consistency) {
        return consistency instanceof Consistency.SparseSsp(int staleness, int speculation)
                ? new Consistency.Ssp(staleness + speculation)
                : consistency;
    }

    private float[] classWeights() {
        return labels.weights(options, source.inMemory());
    }

    private Map<String, Double> validate(Node node, Examples validation) {
        var values = new LinkedHashMap<String, Double>();
        var metrics = model(node, "").score(validation).ordered();
        metrics.forEach((name, value) -> values.put("validation." + name, value));
        if (stopping.isPresent()) {
            double cost = metrics.getOrDefault("logLoss", metrics.getOrDefault("loss", Double.NaN));
            if (stopping.get().isBest(cost)) {
                for (var name : options.intercept() ? List.of(WEIGHTS, INTERCEPT) : List.of(WEIGHTS)) {
                    node.copy(node.table(name), node.table(BEST + name));
                }
            }
        }
        return values;
    }

    @Override
    public Job job() {
        return job;
    }

    @Override
    public Run settings() {
        return run;
    }

    @Override
    public Trained<LinearModel> run() throws IOException {
        var identified = run.identifiedBy(identity());
        var listening =
                (stopping.isPresent() ? identified.listening(stopping.get()) : identified).listening(divergence);
        var outcome = job.run(listening);
        divergence.check(options.rule());
        boolean takesBest = stopping.isPresent() && stopping.get().hasBest();
        return new Trained<>(model(outcome.node(), takesBest ? BEST : ""), outcome);
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

    private LinearModel model(Node node, String prefix) {
        var weights = node.values(node.table(prefix + WEIGHTS));
        var learned = options.intercept() ? node.values(node.table(prefix + INTERCEPT)) : new float[width];
        var intercept = source.conditioning().unscale(weights, learned);
        return new LinearModel(loss, source.schema(), labels, width, weights, intercept, source.baseline(), Map.of());
    }
}
