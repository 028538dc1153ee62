package orrery.deep.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import orrery.data.DataException;
import orrery.data.Schema;
import orrery.deep.layer.BatchNorm;
import orrery.deep.layer.Layer;
import orrery.deep.net.Net;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.examples.Partition;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.train.Recipe;
import orrery.table.Node;
import orrery.table.spec.Consistency;
import orrery.table.spec.Init;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

/** A net's training: a table for each kind of number that a layer learns, in a group of the layer's own. */
final class NetRecipe implements Recipe<NetModel> {
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
        classes = Classes.of(data, schema, net.outputSize());
        if (start.isPresent() && !start.get().classes().equals(classes)) {
            throw new DataException("the model to begin with has the classes "
                    + start.get().classNames() + ", and the data " + classes.names() + "; they must be the same");
        }
        if (classes.names().size() < 2) {
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
        }
        if (tables.isEmpty()) {
            throw new IllegalArgumentException("the net has no layer that learns");
        }
        job = new Job(
                "net",
                tables,
                List.of(new Stage("train", clocks, perPass, worker -> new NetStep(this, data, partition, worker))));
    }

    private TableSpec table(Net.Node node, int p, int layer, long clocks, long perPass) {
        var parameter = options.net().parameters(node).get(p);
        var spec = TableSpec.dense(table(node, parameter), parameter.rows(), parameter.width())
                .with(run.consistency())
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
        return node.name() + "." + parameter.name();
    }

    static String group(Net.Node node) {
        return node.name();
    }

    /** Whether workers take steps of their own between averages. */
    boolean isLocal() {
        return run.consistency() instanceof Consistency.Local;
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
        identity.put("options", options.toString());
        start.ifPresent(of -> identity.put("start", of.sum()));
        identity.put("consistency", run.consistency().toString());
        identity.put("seed", String.valueOf(run.seed()));
        identity.put("workers", String.valueOf(run.workers()));
        identity.put(Identity.DATA, content);
        return identity;
    }

    @Override
    public Map<String, String> decided() {
        return Map.of(
                "backend",
                Backends.described(),
                "net",
                String.format(
                        java.util.Locale.ROOT,
                        "%,d layers, %,d numbers to learn, a table group for each layer that learns",
                        options.net().nodes().size(),
                        options.net().parameters()));
    }

    @Override
    public NetModel model(Outcome outcome) {
        Node node = outcome.node();
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
        return new NetModel(net, schema, classes, data.scaling(), all, Map.of());
    }
}
