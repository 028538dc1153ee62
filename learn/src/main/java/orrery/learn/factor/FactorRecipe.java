package orrery.learn.factor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import orrery.data.Keys;
import orrery.data.Ratings;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.keep.Identity;
import orrery.engine.launch.Threads;
import orrery.engine.stage.Conclusion;
import orrery.engine.stage.Course;
import orrery.engine.stage.Measured;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.engine.train.ModelParts;
import orrery.engine.train.ModelRows;
import orrery.engine.train.Recipe;
import orrery.learn.Layout;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.table.Node;
import orrery.table.hold.StoredRows;
import orrery.table.spec.Consistency;
import orrery.table.spec.Init;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;

/** A factorisation of ratings. */
final class FactorRecipe implements Recipe<FactorModel> {
    static final String USERS = "users";
    static final String ITEMS = "items";
    private static final float FIRST_DEVIATION = 0.1f;
    private static final String FILE = "model.safetensors"; // in the folder of results
    private static final long MANY_CELLS = 1 << 26; // 256 MiB

    private final FactorOptions options;
    private final Ratings train;
    private final Optional<Ratings> validation;
    private final Supplier<String> dataSum;
    private final Division division;
    private final Run run;
    private final boolean isKeyed; // processes hold their own rows only, and write them in parts
    private final boolean rotates; // tiles of items go from worker to worker
    private final int[] rowOf; // by item, where tiles rotate
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
            Layout layout,
            Run run) {
        this.dataSum = dataSum;
        this.options = options;
        this.train = train;
        this.validation = validation;
        this.division = division;
        this.run = run;
        int width = options.width();
        int tiles = Tiles.count(division, width);
        rotates = run.consistency().rotates();
        isKeyed = isKeyed(layout, division, width, run);
        checkRotates(layout);
        int shift = rotates ? Tiles.shift(division, tiles) : 0;
        rowOf = rotates ? Tiles.rows(division, tiles, shift) : new int[0];
        var items = rotates
                ? TableSpec.dense(ITEMS, (long) tiles << shift, width)
                        .withWorkers()
                        .with(new Consistency.Rotating(tiles))
                : table(ITEMS, division.itemCount()).with(run.consistency());
        var tables = List.of(
                table(USERS, division.userCount()).with(init(run.seed())),
                items.with(init(run.seed() + 1))
                        .with(
                                options.method() == FactorOptions.Method.ADA_REVISION
                                        ? new UpdateRule.AdaRevision(options.rate())
                                        : new UpdateRule.Add()));
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
                                        worker)))
                .stoppedEvery(tiles); // within a pass workers have their users to themselves
        job = new Job(
                "mf", tables, Course.of(List.of(stage)), isKeyed ? run.results().map(Written::new) : Optional.empty());
    }

    /** Whether factors are by key: as asked, or among processes if there are many. */
    static boolean isKeyed(Layout layout, Division division, int width, Run run) {
        long cells = ((long) division.userCount() + division.itemCount()) * width;
        return switch (layout) {
            case KEYED -> true;
            case DENSE -> false;
            case AUTO -> !run.consistency().rotates() && !(run.launcher() instanceof Threads) && cells > MANY_CELLS;
            case SPARSE ->
                throw new IllegalArgumentException("users and items have numbers: the layout is dense or keyed");
        };
    }

    private void checkRotates(Layout layout) {
        if (rotates && options.method() == FactorOptions.Method.ADA_REVISION) {
            throw new IllegalArgumentException(
                    "items rotate where workers change their rows themselves; method ada-revision"
                            + " changes them at their owners: leave it out, or --consistency rotating");
        }
        if (rotates && layout == Layout.KEYED) {
            throw new IllegalArgumentException(
                    "items that rotate lie by their tiles: the layout is dense, or left out");
        }
    }

    private TableSpec table(String name, int rows) {
        var spec = TableSpec.dense(name, rows, options.width());
        return isKeyed ? spec.byKey() : spec;
    }

    @Override
    public Map<String, String> decided() {
        return isKeyed ? Map.of("layout", "keyed: each process holds its own factors") : Map.of();
    }

    private Step step(Tiles tiles, Worker worker) {
        var users = worker.session().table(USERS);
        var table = worker.session().table(ITEMS);
        var items = rotates
                ? new TileItems.Rotating(tiles, worker, table, options.width())
                : new TileItems.ByKey(tiles, worker, table, options.width());
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
        var ratings = validation.orElseThrow();
        var model = isKeyed
                ? model(
                        some(session, USERS, division.userCount(), ratings.users()),
                        some(session, ITEMS, division.itemCount(), ratings.items()))
                : model(
                        rows(session.values(session.table(USERS)), division.userCount()),
                        rows(itemValues(session.values(session.table(ITEMS))), division.itemCount()));
        model.score(validation.orElseThrow()).forEach((name, value) -> measured.put("validation." + name, value));
        return measured;
    }

    @Override
    public Job job() {
        return job;
    }

    @Override
    public FactorModel model(Outcome outcome) {
        if (isKeyed && run.results().isPresent()) {
            try {
                return FactorModel.load(run.results().get().resolve(FILE));
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }
        var node = outcome.node();
        return model(
                rows(node.values(node.table(USERS)), division.userCount()),
                rows(itemValues(node.values(node.table(ITEMS))), division.itemCount()));
    }

    /** Rows that those who own them have written to files, and the model that these are of. */
    private final class Written implements Conclusion {
        private final Place folder;

        Written(Place folder) {
            this.folder = folder;
        }

        @Override
        public Map<String, Storage.Written> write(Node node, int position, int count) throws IOException {
            var written = new TreeMap<String, Storage.Written>();
            for (var table : List.of(USERS, ITEMS)) {
                String name = ModelParts.part(FILE, table, position, count);
                var part = StoredRows.write(
                        node.table(table),
                        ModelParts.prefix(table),
                        options.rank() + 1,
                        (key, values, at) -> scale(values, at, values, at),
                        folder.folder(),
                        name);
                written.put(name, part);
            }
            return written;
        }

        @Override
        public void conclude(Node node, Map<String, Storage.Written> files) throws IOException {
            var parts = ModelParts.written(folder, FILE, files);
            int width = options.rank() + 1;
            model(
                            new ModelRows.InParts(parts, USERS, division.userCount(), width),
                            new ModelRows.InParts(parts, ITEMS, division.itemCount(), width))
                    .save(folder.resolve(FILE));
            ModelParts.deleteOthers(folder.folder(), FILE, files.keySet());
        }
    }

    @Override
    public Map<String, String> identity() {
        return Map.of("options", options.toString(), Identity.DATA, dataSum.get());
    }

    private FactorModel model(ModelRows users, ModelRows items) {
        return new FactorModel(
                train.userNames(), train.itemNames(), options.rank(), division.mean(), users, items, Map.of());
    }

    /** Items in the order of their numbers, wherever their rows lie. */
    private float[] itemValues(float[] values) {
        if (!rotates) {
            return values;
        }
        int width = options.width();
        var ordered = new float[Math.multiplyExact(division.itemCount(), width)];
        for (int i = 0; i < rowOf.length; i++) {
            System.arraycopy(values, rowOf[i] * width, ordered, i * width, width);
        }
        return ordered;
    }

    /** ModelRows and biases of ratings as they were given, without histories. */
    private ModelRows rows(float[] values, int count) {
        int width = options.rank() + 1;
        if (options.width() == width) {
            return new ModelRows.Dense(values, width);
        }
        var rows = new float[count * width];
        for (int r = 0; r < count; r++) {
            scale(values, r * options.width(), rows, r * width);
        }
        return new ModelRows.Dense(rows, width);
    }

    private void scale(float[] row, int from, float[] into, int to) {
        int rank = options.rank();
        boolean isScaled = options.method() == FactorOptions.Method.ROW_ADAGRAD;
        float perFactor = isScaled ? (float) Math.sqrt(division.deviation()) : 1; // there are two in a product
        for (int c = 0; c < rank; c++) {
            into[to + c] = perFactor * row[from + c];
        }
        into[to + rank] = (isScaled ? division.deviation() : 1) * row[from + rank];
    }

    /** The rows of some numbers as they are now. */
    private ModelRows some(Session session, String table, int count, int[] numbers) {
        var distinct = Keys.distinct(
                Arrays.stream(numbers).filter(n -> n >= 0).mapToLong(n -> n).toArray());
        int wide = options.width();
        var values = new float[distinct.length * wide];
        session.values(session.table(table), distinct, values);
        int width = options.rank() + 1;
        var rows = new float[distinct.length * width];
        for (int i = 0; i < distinct.length; i++) {
            scale(values, i * wide, rows, i * width);
        }
        return new ModelRows.Some(distinct, rows, width, count);
    }
}
