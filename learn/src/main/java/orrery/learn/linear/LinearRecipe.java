package orrery.learn.linear;

import java.io.IOException;
import java.io.UncheckedIOException;
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
import orrery.data.KeyIndex;
import orrery.data.Keys;
import orrery.data.Loaded;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.examples.Partition;
import orrery.engine.keep.Identity;
import orrery.engine.launch.Threads;
import orrery.engine.stage.Conclusion;
import orrery.engine.stage.Course;
import orrery.engine.stage.Cut;
import orrery.engine.stage.Measured;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Step;
import orrery.engine.stage.Verdict;
import orrery.engine.stage.Worker;
import orrery.engine.train.DivergedException;
import orrery.engine.train.KeyedRows;
import orrery.engine.train.ModelParts;
import orrery.engine.train.Recipe;
import orrery.learn.Layout;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.table.Node;
import orrery.table.hold.StoredRows;
import orrery.table.hold.Table;
import orrery.table.spec.Init;
import orrery.table.spec.KeySpace;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;

/** A linear model, learned by gradients of mini-batches. */
final class LinearRecipe implements Recipe<LinearModel> {
    static final String WEIGHTS = "weights";

    private static final String INTERCEPT = "intercept";
    private static final String BEST = "best.";

    /** What the model's file is called in the folder of results. */
    private static final String FILE = "model.safetensors";

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
    private final Layout layout;
    private final Optional<Initial> initial;

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
        layout = chosenLayout();
        initial =
                Optional.ofNullable(options.initial()).map(model -> new Initial(model, source.schema(), labels, width));
        if (initial.isPresent() && options.rule() instanceof UpdateRule.Ftrl) {
            throw new IllegalArgumentException(
                    "the rule ftrl computes weights from sums that begin at 0: it cannot go on from a model's weights");
        }
        if (run.consistency().announcesAhead().isPresent() && loss == Loss.SOFTMAX) {
            throw new IllegalArgumentException(
                    app + " cannot be under " + run.consistency() + ": only models of one margin announce their rows");
        }
        if (layout == Layout.DENSE) {
            checkMemory();
        }
        if (options.patience() > 0 && validation.isEmpty()) {
            throw new IllegalArgumentException("patience is " + options.patience()
                    + ", but there is no validation data to tell when to stop; hold some out");
        }
        if (options.patience() > 0 && validation.get().size() == 0) {
            throw new DataException("patience is " + options.patience()
                    + ", but the validation data has no example to tell when to stop; give more of it");
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
        job = new Job(
                app,
                tables(),
                Course.of(List.of(stage)),
                layout == Layout.DENSE ? Optional.empty() : run.results().map(Written::new));
    }

    /** Where the weights are: as asked, or as suits features, consistency and the density of batches. */
    private Layout chosenLayout() {
        boolean areKeyed = source.features() == Examples.OPEN;
        var asked = options.layout();
        if (areKeyed && (asked == Layout.DENSE || asked == Layout.KEYED)) {
            throw new IllegalArgumentException("features that are 64-bit keys have no numbers to lie by: the layout is"
                    + " sparse, not " + asked.name().toLowerCase(Locale.ROOT));
        }
        if (!options.keys().equals(KeySpace.ALL)) {
            if (asked != Layout.SPARSE && asked != Layout.AUTO) {
                throw new IllegalArgumentException("weights that are made later or dropped again have a layout that is"
                        + " sparse, not " + asked.name().toLowerCase(Locale.ROOT));
            }
            return Layout.SPARSE;
        }
        if (asked != Layout.AUTO) {
            return asked;
        }
        if (areKeyed) {
            return Layout.SPARSE;
        }
        boolean isAlone = run.launcher() instanceof Threads;
        return isAlone || source.isDense(options.batch(), width) ? Layout.DENSE : Layout.KEYED;
    }

    @Override
    public Map<String, String> decided() {
        if (layout == Layout.DENSE) {
            return Map.of();
        }
        String why = options.layout() != Layout.AUTO
                ? "as asked"
                : source.features() == Examples.OPEN
                        ? "features are 64-bit keys"
                        : layout == Layout.SPARSE ? "not all weights are made" : "a batch touches few of the weights";
        String where = layout == Layout.SPARSE
                ? "sparse: each process holds those of its own weights that were touched"
                : "keyed: each process holds its own weights";
        return Map.of("layout", where + " (" + why + ")");
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
                        layout != Layout.DENSE,
                        clocks)
                .open(worker);
    }

    private Step validated(Worker worker, Step step, Optional<Examples> validation) {
        return validation.isEmpty()
                ? step
                : Measured.by(
                        worker,
                        step,
                        session -> measured(session, validation.get())
                                .score(validation.get())
                                .named("validation."));
    }

    /** The model as it is now, or as much of it as some examples need. */
    private LinearModel measured(Session session, Examples examples) {
        if (layout == Layout.DENSE) {
            return model(name -> session.values(session.table(name)), "");
        }
        var keys = Keys.distinct(of(examples));
        var centred = source.conditioning().centred();
        var weights = new float[keys.length * width];
        session.values(session.table(WEIGHTS), keys, weights);
        var ofCentred = new float[centred.length * width];
        session.values(session.table(WEIGHTS), centred, ofCentred);
        var learned = options.intercept() ? session.values(session.table(INTERCEPT)) : new float[width];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = source.conditioning().unscaled(keys[i / width], weights[i]);
        }
        return of(
                new KeyedRows.Sparse(keys, weights, width),
                source.conditioning().intercepts(learned, ofCentred));
    }

    /** The features of examples that the weights have a place for. */
    private long[] of(Examples examples) {
        var keys = new KeyIndex();
        var cursor = examples.cursor();
        for (long i = 0; i < examples.size(); i++) {
            cursor.move(i);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                long key = cursor.key(k);
                if (source.features() == Examples.OPEN || key < source.features()) {
                    keys.number(key);
                }
            }
        }
        return keys.keys();
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
                    "%,d features need %,.0f MiB of weights and rule state, the JVM has %,d MiB; share them among processes"
                            + " (--layout keyed --processes N), renumber the features, hash them to fewer, or give more"
                            + " memory (ORRERY_JAVA_OPTS=-Xmx...)",
                    source.features(),
                    need / (1 << 20),
                    Runtime.getRuntime().maxMemory() >> 20));
        }
    }

    private List<TableSpec> tables() {
        var tables = new ArrayList<TableSpec>();
        var weights =
                shape(WEIGHTS).with(rule).with(run.consistency()).with(begin()).with(options.keys());
        var intercept = TableSpec.dense(INTERCEPT, 1, width)
                .with(rule.withoutPenalty())
                .with(beginOfIntercept())
                .with(run.consistency().ofWhatAllTouch());
        tables.add(weights);
        if (options.intercept()) {
            tables.add(intercept);
        }
        if (stopping.isPresent()) {
            tables.add(
                    shape(BEST + WEIGHTS).with(begin())); // weights that nothing has touched are as they were at first
            if (options.intercept()) {
                tables.add(TableSpec.dense(BEST + INTERCEPT, 1, width));
            }
        }
        return tables;
    }

    private Init begin() {
        if (initial.isEmpty()) {
            return new Init.Zero();
        }
        var conditioning = source.conditioning();
        var of = initial.get();
        return new Init.Given("model " + of.sum(), width, (feature, into) -> {
            of.fill(feature, into);
            for (int c = 0; c < width; c++) {
                into[c] = conditioning.scaled(feature, into[c]);
            }
        });
    }

    private Init beginOfIntercept() {
        if (initial.isEmpty()) {
            return new Init.Zero();
        }
        var centred = source.conditioning().centred();
        var weights = new float[centred.length * width];
        var row = new float[width];
        for (int i = 0; i < centred.length; i++) {
            initial.get().fill(centred[i], row);
            System.arraycopy(row, 0, weights, i * width, width);
        }
        var learned = source.conditioning().scaledIntercepts(initial.get().intercepts(), weights);
        return new Init.Given(
                "intercepts of " + initial.get().sum(),
                width,
                (_, into) -> System.arraycopy(learned, 0, into, 0, width));
    }

    private TableSpec shape(String name) {
        return switch (layout) {
            case SPARSE -> TableSpec.sparse(name, width);
            case KEYED ->
                TableSpec.dense(name, Math.max(1, source.features()), width).byKey();
            case DENSE, AUTO -> TableSpec.dense(name, Math.max(1, source.features()), width);
        };
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
        try {
            divergence.check(outcome.cuts(), options.rule());
        } catch (DivergedException e) {
            deleteWritten(); // it is of no use to anybody
            throw e;
        }
        if (layout != Layout.DENSE && run.results().isPresent()) {
            return written();
        }
        boolean takesBest = stopping.isPresent() && EarlyStopping.hasBest(outcome.cuts());
        var node = outcome.node();
        if (layout == Layout.SPARSE) {
            return sparse(node, takesBest ? BEST : "");
        }
        return model(name -> node.values(node.table(name)), takesBest ? BEST : "");
    }

    private void deleteWritten() {
        try {
            if (layout != Layout.DENSE && run.results().isPresent()) {
                run.results().get().folder().delete(FILE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private LinearModel written() {
        try {
            return LinearModel.load(run.results().orElseThrow().resolve(FILE));
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    /** The rows that there are, in this JVM's memory. */
    private LinearModel sparse(Node node, String prefix) {
        var table = node.table(prefix + WEIGHTS);
        initial.ifPresent(of -> of.forEachFeature(table::createOwn));
        var rows = KeyedRows.Sparse.of(node, table);
        var keys = rows.keys();
        var weights = rows.values();
        for (int i = 0; i < weights.length; i++) {
            weights[i] = source.conditioning().unscaled(keys[i / width], weights[i]);
        }
        return of(rows, intercepts(node, prefix));
    }

    private double[] intercepts(Node node, String prefix) {
        var centred = source.conditioning().centred();
        var ofCentred = new float[centred.length * width];
        node.gather(node.table(prefix + WEIGHTS), centred, ofCentred);
        var learned = new float[width];
        if (options.intercept()) {
            node.gather(node.table(prefix + INTERCEPT), new long[1], learned);
        }
        return source.conditioning().intercepts(learned, ofCentred);
    }

    /** Weights that those who own them have written to files, and the model that these are of. */
    private final class Written implements Conclusion {
        private final Place folder;

        Written(Place folder) {
            this.folder = folder;
        }

        /** With early stopping, what was kept as the best is the result. */
        private String prefix() {
            return stopping.isPresent() ? BEST : "";
        }

        @Override
        public Map<String, Storage.Written> write(Node node, int position, int count) throws IOException {
            String name = ModelParts.part(FILE, position, count);
            createInitial(node.table(prefix() + WEIGHTS));
            var conditioning = source.conditioning();
            var part = StoredRows.write(
                    node.table(prefix() + WEIGHTS),
                    ModelParts.prefix(WEIGHTS),
                    width,
                    (key, values, at) -> {
                        for (int c = 0; c < width; c++) {
                            values[at + c] = conditioning.unscaled(key, values[at + c]);
                        }
                    },
                    folder.folder(),
                    name);
            return Map.of(name, part);
        }

        /** What the model had that the training began with is in the one that it ends with, too. */
        private void createInitial(Table table) {
            if (layout == Layout.SPARSE && initial.isPresent()) {
                initial.get().forEachFeature(table::createOwn);
            }
        }

        @Override
        public void conclude(Node node, Map<String, Storage.Written> files) throws IOException {
            var parts = new KeyedRows.InParts(
                    ModelParts.written(folder, FILE, files),
                    WEIGHTS,
                    layout == Layout.SPARSE ? TableSpec.OPEN : source.features(),
                    width);
            of(parts, intercepts(node, prefix())).save(folder.resolve(FILE));
            ModelParts.deleteOthers(folder.folder(), FILE, files.keySet());
        }
    }

    @Override
    public Map<String, String> identity() {
        var values = new TreeMap<String, String>();
        values.put("passes", String.valueOf(passes));
        values.put("batch", String.valueOf(options.batch()));
        values.put("rule", rule.toString());
        values.put("intercept", String.valueOf(options.intercept()));
        values.put("class weights", new TreeMap<>(options.classWeights()) + (options.balanced() ? ", balanced" : ""));
        values.put("early stopping", String.valueOf(options.patience()));
        values.put(Identity.DATA, source.description().get());
        if (layout == Layout.SPARSE) { // dense and keyed tables are the same but for how they are read
            values.put("layout", "sparse");
        }
        if (!options.keys().equals(KeySpace.ALL)) {
            values.put("keys", options.keys().toString());
        }
        if (options.initial() != null) {
            values.put("begins with", options.initial().sum());
        }
        return values;
    }

    /** @param values table to its values, which are changed */
    private LinearModel model(Function<String, float[]> values, String prefix) {
        var weights = values.apply(prefix + WEIGHTS);
        var learned = options.intercept() ? values.apply(prefix + INTERCEPT) : new float[width];
        var intercept = source.conditioning().unscale(weights, learned);
        return of(new KeyedRows.Dense(weights, width), intercept);
    }

    private LinearModel of(KeyedRows weights, double[] intercept) {
        return new LinearModel(loss, source.schema(), labels, width, weights, intercept, source.baseline(), Map.of());
    }
}
