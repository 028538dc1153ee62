package orrery.deep.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import orrery.data.DataException;
import orrery.data.Schema;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.Layer;
import orrery.deep.layer.Linear;
import orrery.deep.net.Net;
import orrery.deep.sync.Exchange;
import orrery.deep.sync.Scheme;
import orrery.deep.sync.Sending;
import orrery.deep.tensor.Matrices;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.examples.Partition;
import orrery.engine.keep.Identity;
import orrery.engine.launch.Threads;
import orrery.engine.stage.Conclusion;
import orrery.engine.stage.Course;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.train.KeyedRows;
import orrery.engine.train.ModelParts;
import orrery.engine.train.Recipe;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.table.Node;
import orrery.table.cells.Factors;
import orrery.table.hold.StoredRows;
import orrery.table.hold.Table;
import orrery.table.spec.Consistency;
import orrery.table.spec.Init;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

/** A net's training: a table for each kind of number that a layer learns, in a group of the layer's own. */
final class NetRecipe implements Recipe<NetModel> {
    /** What the model's file is called in the folder of results. */
    private static final String FILE = "model.safetensors";

    private final NetOptions options;
    private final Optional<NetModel> start;
    private final NetData data;
    private final Schema schema;
    private final String content; // of all data
    private final Run run;
    private final Classes classes;
    private final Job job;

    /** @param sizes by worker, if the examples are the workers' own */
    NetRecipe(
            NetOptions options,
            Optional<NetModel> start,
            NetData data,
            Schema schema,
            Optional<List<Long>> sizes,
            Run run)
            throws DataException {
        this.options = options;
        this.start = start;
        this.run = run;
        var net = options.net();
        long all = sizes.map(of -> of.stream().mapToLong(Long::longValue).sum()).orElse(data.size());
        if (all == 0) {
            throw new DataException("there are no examples to train on");
        }
        this.data = data;
        this.schema = schema;
        classes = Classes.of(data, schema, net);
        if (start.isPresent() && !start.get().classes().equals(classes)) {
            throw new DataException("the model to begin with has the classes "
                    + start.get().classNames() + ", and the data " + classes.names() + "; they must be the same");
        }
        if (net.classes() > 0 && classes.names().size() < 2) {
            throw new DataException("all examples have one label, " + classes.names() + "; there is nothing to learn");
        }
        content = sizes.map(of -> "of " + of).orElseGet(data::sum);
        var partition = sizes.map(of -> Partition.of(of, options.batch(), run.seed(), 0))
                .orElseGet(() -> Partition.of(all, options.batch(), run.seed(), 0));
        long perPass = partition.clocksPerPass(run.workers());
        long clocks = perPass * options.passes();
        var tables = new ArrayList<TableSpec>();
        for (int layer = 0; layer < net.nodes().size(); layer++) {
            var node = net.nodes().get(layer);
            var parameters = net.parameters(node);
            for (int p = 0; p < parameters.size(); p++) {
                tables.add(table(node, p, layer, clocks, perPass));
            }
            if (node.layer() instanceof Embedding embedding) {
                tables.add(rows(node, embedding, layer, clocks, perPass));
            }
        }
        if (tables.isEmpty()) {
            throw new IllegalArgumentException("the net has no layer that learns");
        }
        job = new Job(
                "net",
                tables,
                Course.of(List.of(
                        new Stage("train", clocks, perPass, worker -> new NetStep(this, data, partition, worker)))),
                embeddings().isEmpty() ? Optional.empty() : run.results().map(Written::new));
    }

    private List<Net.Node> embeddings() {
        return options.net().nodes().stream()
                .filter(node -> node.layer() instanceof Embedding)
                .toList();
    }

    /** The table of an embedding's rows. Keys of the model to begin with have its rows. */
    private TableSpec rows(Net.Node node, Embedding of, int layer, long clocks, long perPass) {
        var drawn = new Init.Uniform(run.seed() * 1000 + layer, -of.spread(), of.spread());
        Init init = of.spread() == 0 ? new Init.Zero() : drawn;
        if (start.isPresent()) {
            var before = start.get().rows(node);
            init = new Init.Given("model " + start.get().sum(), of.width(), (key, into) -> {
                if (!before.has(key, into) && of.spread() > 0) {
                    drawn.fill(key, 1, into.length, into, 0);
                }
            });
        }
        return TableSpec.sparse(rows(node), of.width())
                .with(run.consistency())
                .inGroup(group(node))
                .with(options.course().rule(options.rule(false), clocks, perPass))
                .with(init);
    }

    /** How the gradient of a layer's numbers of one kind travels. */
    Scheme scheme(Net.Node node, int p) {
        if (!run.consistency().staged()) {
            return Scheme.OWNERS; // updates of all workers in one order are for those that wait for all
        }
        return options.sending().of(exchange(node, p));
    }

    /** How many pairs of factors the gradient of a layer's weights has for each example; 0 if it has none. */
    int pairs(Net.Node node) {
        return !(node.layer() instanceof Linear linear)
                ? 0
                : linear.isEach() ? options.net().output(node.inputs().getFirst())[0] : 1;
    }

    /** The sizes of a layer's exchange. */
    Exchange exchange(Net.Node node, int p) {
        var parameter = options.net().parameters(node).get(p);
        boolean isByClock = p == 0 && !isLocal() && options.clip() == Float.POSITIVE_INFINITY;
        long pairs = isByClock ? (long) options.batch() * pairs(node) : 0;
        int members = run.launcher().count();
        boolean mayTravel = pairs <= Matrices.MOST_IN_ORDER
                && Factors.mayTravel(pairs, TableSpec.dense("w", parameter.rows(), parameter.width()));
        return new Exchange(
                parameter.rows(),
                parameter.width(),
                mayTravel ? pairs : 0,
                members,
                Math.ceilDiv(run.workers(), members));
    }

    private TableSpec table(Net.Node node, int p, int layer, long clocks, long perPass) {
        var parameter = options.net().parameters(node).get(p);
        var spec = TableSpec.dense(table(node, parameter), parameter.rows(), parameter.width())
                .with(run.consistency())
                .by(scheme(node, p).route())
                .eachClock()
                .inGroup(group(node));
        if (start.isPresent()) {
            float[] values = start.get().parameters()[layer][p];
            spec = spec.with(new Init.Given(
                    "model " + start.get().sum(),
                    parameter.width(),
                    (row, into) -> System.arraycopy(values, (int) row * into.length, into, 0, into.length)));
        }
        if (isRunning(node, p)) {
            return spec;
        }
        UpdateRule rule = options.rule(parameter.decays());
        spec = spec.with(options.course().rule(rule, clocks, perPass));
        float spread = parameter.spread();
        return spread > 0 && start.isEmpty()
                ? spec.with(new Init.Uniform(run.seed() * 1000 + layer, -spread, spread))
                : spec;
    }

    /** Whether a parameter is a running mean, which moves and does not descend. */
    static boolean isRunning(Net.Node node, int parameter) {
        return node.layer() instanceof BatchNorm && parameter >= BatchNorm.RUNNING;
    }

    static String table(Net.Node node, Layer.Parameter parameter) {
        return group(node) + "." + parameter.name();
    }

    /** The table of an embedding's rows. A word without a point, by which its parts in files are found. */
    static String rows(Net.Node node) {
        return group(node).replace('.', '_');
    }

    /** The layer's name; characters that names of tables cannot have are written as their codes. */
    static String group(Net.Node node) {
        var name = new StringBuilder();
        for (char c : node.name().toCharArray()) {
            boolean isPlain = c < 128 && (Character.isLetterOrDigit(c) || c == '.' || c == '-');
            name.append(isPlain ? String.valueOf(c) : "_" + Integer.toHexString(c));
        }
        return name.toString();
    }

    /** Whether workers take steps of their own between averages. */
    boolean isLocal() {
        return run.consistency() instanceof Consistency.Local;
    }

    /** Whether all workers are threads of this process. */
    boolean isAlone() {
        return run.launcher() instanceof Threads;
    }

    NetOptions options() {
        return options;
    }

    Classes classes() {
        return classes;
    }

    @Override
    public Job job() {
        return job;
    }

    @Override
    public Map<String, String> identity() {
        var identity = new TreeMap<String, String>();
        identity.put("options", options.with(Sending.DEFAULT).toString());
        start.ifPresent(of -> identity.put("start", of.sum()));
        identity.put("consistency", run.consistency().toString());
        identity.put("seed", String.valueOf(run.seed()));
        identity.put("workers", String.valueOf(run.workers()));
        identity.put(Identity.DATA, content);
        return identity;
    }

    @Override
    public Map<String, String> decided() {
        String keyed = embeddings().isEmpty() ? "" : "; rows of embeddings by key, in the memory of their owners";
        return Map.of(
                "backend",
                Backends.described(),
                "rule",
                options.rule().getClass().getSimpleName().toLowerCase(Locale.ROOT) + " at a rate of "
                        + options.rule().rate() + ", passes: " + options.passes(),
                "net",
                String.format(
                        Locale.ROOT,
                        "%,d layers, %,d numbers to learn, a table group for each layer that learns%s%s",
                        options.net().nodes().size(),
                        options.net().parameters(),
                        keyed,
                        isAlone() ? "" : "; gradients go by " + sent()));
    }

    /** How many numbers go by which scheme. */
    private String sent() {
        var numbers = new TreeMap<Scheme, Long>();
        for (var node : options.net().nodes()) {
            var parameters = options.net().parameters(node);
            for (int p = 0; p < parameters.size(); p++) {
                numbers.merge(scheme(node, p), parameters.get(p).size(), Long::sum);
            }
        }
        return numbers.entrySet().stream()
                .map(entry -> String.format(Locale.ROOT, "%s (%,d numbers)", entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    @Override
    public List<String> explained() {
        var lines = new ArrayList<String>();
        lines.add("gradients, for each member and clock: kilobytes sent and milliseconds by scheme, at "
                + options.sending().link() + "; > marks the chosen scheme");
        var head = new StringBuilder(String.format(Locale.ROOT, "%-24s %12s", "table", "numbers"));
        for (var scheme : Scheme.values()) {
            head.append(String.format(Locale.ROOT, "  %23s", scheme));
        }
        lines.add(head.toString());
        for (var node : options.net().nodes()) {
            var parameters = options.net().parameters(node);
            for (int p = 0; p < parameters.size(); p++) {
                lines.add(explained(node, p, parameters.get(p)));
            }
        }
        return lines;
    }

    private String explained(Net.Node node, int p, Layer.Parameter parameter) {
        var exchange = exchange(node, p);
        var chosen = scheme(node, p);
        var line =
                new StringBuilder(String.format(Locale.ROOT, "%-24s %,12d", table(node, parameter), parameter.size()));
        for (var scheme : Scheme.values()) {
            line.append(
                    exchange.allows(scheme)
                            ? String.format(
                                    Locale.ROOT,
                                    "  %s%,9.1f KB %7.2f ms",
                                    scheme == chosen ? ">" : " ",
                                    exchange.bytes(scheme) / 1e3,
                                    exchange.seconds(scheme, options.sending().link()) * 1e3)
                            : String.format(Locale.ROOT, "  %23s", "-"));
        }
        return line.toString();
    }

    @Override
    public NetModel model(Outcome outcome) {
        var node = outcome.node();
        if (embeddings().isEmpty() || run.results().isEmpty()) {
            return model(node, of -> {
                var table = node.table(rows(of));
                keepStart(of, table);
                return KeyedRows.Sparse.of(node, table);
            });
        }
        try {
            return NetModel.load(run.results().get().resolve(FILE));
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    /** Keeps all rows of the model to begin with, also those of keys that the data does not have. */
    private void keepStart(Net.Node node, Table table) {
        if (start.isPresent()) {
            start.get().rows(node).forEachKey(table::createOwn);
        }
    }

    /** Rows of embeddings that their owners have written to files, and the model that these are of. */
    private final class Written implements Conclusion {
        private final Place folder;

        Written(Place folder) {
            this.folder = folder;
        }

        @Override
        public Map<String, Storage.Written> write(Node node, int position, int count) throws IOException {
            var written = new TreeMap<String, Storage.Written>();
            for (var of : embeddings()) {
                var table = node.table(rows(of));
                keepStart(of, table);
                String name = ModelParts.part(FILE, rows(of), position, count);
                int width = table.spec().width();
                written.put(
                        name,
                        StoredRows.write(
                                table, ModelParts.prefix(rows(of)), width, (_, _, _) -> {}, folder.folder(), name));
            }
            return written;
        }

        @Override
        public void conclude(Node node, Map<String, Storage.Written> files) throws IOException {
            var parts = ModelParts.written(folder, FILE, files);
            model(node, of -> NetModel.inParts(parts, of)).save(folder.resolve(FILE));
            ModelParts.deleteOthers(folder.folder(), FILE, files.keySet());
        }
    }

    private NetModel model(Node node, Function<Net.Node, KeyedRows> ofEmbedding) {
        var net = options.net();
        var all = new float[net.nodes().size()][][];
        for (int layer = 0; layer < all.length; layer++) {
            var of = net.nodes().get(layer);
            var parameters = net.parameters(of);
            all[layer] = new float[parameters.size()][];
            for (int p = 0; p < all[layer].length; p++) {
                var parameter = parameters.get(p);
                var rows = new long[parameter.rows()];
                Arrays.setAll(rows, row -> row);
                all[layer][p] = new float[Math.toIntExact(parameter.size())];
                node.gather(node.table(table(of, parameter)), rows, all[layer][p]);
            }
        }
        var byLayer = new TreeMap<String, KeyedRows>();
        embeddings().forEach(of -> byLayer.put(of.name(), ofEmbedding.apply(of)));
        return new NetModel(net, schema, classes, data.scaling(), all, byLayer, Map.of());
    }
}
