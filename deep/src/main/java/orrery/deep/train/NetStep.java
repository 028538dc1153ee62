package orrery.deep.train;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import orrery.deep.layer.Embedding;
import orrery.deep.layer.Layer;
import orrery.deep.layer.Operation;
import orrery.deep.net.Pass;
import orrery.deep.tensor.Tensor;
import orrery.engine.examples.Partition;
import orrery.engine.examples.Shuffle;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.engine.train.DivergedException;
import orrery.table.hold.Table;
import orrery.table.spec.Route;
import orrery.table.spec.Update;
import orrery.table.worker.Session;

/**
 * Trains on one batch of one worker. The forward pass reads each layer's tables before it computes the layer; the backward pass adds a
 * layer's gradients, and ends the clock of its tables, as soon as they are complete.
 */
final class NetStep implements Step, AutoCloseable {
    private static final int PIECE = 1 << 12; // numbers: they stay near the processor
    private static final int REMOTE = 1 << 24; // numbers: each question to another process takes a round trip

    private final NetRecipe recipe;
    private final Partition partition;
    private final Worker worker;
    private final Pass pass;
    private final NetData data;
    private final NetData.Cursor cursor;
    private final float[] row; // an example
    private final List<List<Held>> held = new ArrayList<>(); // by layer
    private final Targets targets;
    private long[] keys = new long[0]; // of the batch
    private float[] piece = new float[PIECE];
    private final int sharers; // workers whose gradients are one step; with local steps each takes its own
    private long passOf = -1;
    private Shuffle order;

    /** A table of a layer, with its rows in pieces; the rows of an embedding are those of the batch's keys. */
    private record Held(
            Table table, List<long[]> pieces, int width, boolean isRunning, boolean isKeyed, boolean isByFactors) {}

    NetStep(NetRecipe recipe, NetData data, Partition partition, Worker worker) {
        this.recipe = recipe;
        this.partition = partition;
        this.worker = worker;
        var net = recipe.options().net();
        sharers = recipe.isLocal() ? 1 : worker.count();
        pass = new Pass(
                net,
                Backends.chosen(),
                Tensor.Type.FLOAT32,
                recipe.options().batch(),
                false,
                layer -> recipe.scheme(net.nodes().get(layer), 0).areFactors());
        this.data = data;
        cursor = data.cursor();
        row = new float[net.inputSize()];
        targets = new Targets(net, recipe.classes(), recipe.options().batch());
        order = partition.order(0, worker.index(), worker.count());
        for (var node : net.nodes()) {
            var of = new ArrayList<Held>();
            var parameters = net.parameters(node);
            for (int p = 0; p < parameters.size(); p++) {
                Layer.Parameter parameter = parameters.get(p);
                of.add(new Held(
                        worker.session().table(NetRecipe.table(node, parameter)),
                        pieces(
                                parameter,
                                recipe.isAlone() || recipe.scheme(node, p).route() == Route.PEERS),
                        parameter.width(),
                        NetRecipe.isRunning(node, p),
                        false,
                        recipe.scheme(node, p).areFactors()));
            }
            if (node.layer() instanceof Embedding embedding) {
                var table = worker.session().table(NetRecipe.rows(node));
                of.add(new Held(table, List.of(), embedding.width(), false, true, false));
            }
            held.add(of);
        }
    }

    @Override
    public void run(Session session, long clock) {
        long now = clock / partition.clocksPerPass(worker.count());
        if (now != passOf) {
            order = partition.order(clock, worker.index(), worker.count());
            passOf = now;
        }
        long from = partition.from(clock, worker.index(), worker.count());
        int count = (int) (partition.to(clock, worker.index(), worker.count()) - from);
        long seed = (worker.seed() * 31 + clock) * 0x9e3779b97f4a7c15L + worker.index();
        var random = new SplittableRandom(seed);
        var net = recipe.options().net();
        if (net.fields() > 0) {
            pass.keys().clear();
        }
        targets.clear();
        if (count == 0) {
            addNothing(session);
            return;
        }
        for (int i = 0; i < count; i++) {
            long example = order.at(from + i);
            cursor.put(example, row, random);
            pass.input().copy(row, 0, (long) i * row.length, row.length);
            targets.take(i, data, cursor, example);
            if (net.fields() > 0) {
                cursor.keys(example, pass.keys());
            }
        }
        if (net.fields() > 0) {
            pass.keysAreComplete();
            keys = pass.keys().keys();
        }
        var call = new Operation.Call(count, true, seed);
        var listener = new Pass.Listener() {
            @Override
            public void beforeForward(int layer) {
                read(session, layer);
            }

            @Override
            public void factorsReady(int layer, Tensor inputs, Tensor gradients) {
                writeFactors(session, layer, inputs, gradients, count);
            }

            @Override
            public void gradientReady(int layer) {
                write(session, layer);
            }
        };
        pass.forward(call, listener);
        double loss = targets.loss(pass, count, sharers);
        int losses = count * targets.each();
        if (!(loss < Double.POSITIVE_INFINITY)) {
            throw new DivergedException("the loss is " + loss / losses + " at clock " + clock
                    + ": steps are too large; try a tenth of --rate, or look for numbers far from 0 in the data");
        }
        worker.tally("train.loss").add(loss, losses);
        if (net.classes() > 0) {
            worker.tally("train.accuracy").add(targets.right(pass, count), losses);
        }
        pass.backward(call, listener);
        worker.processed(count);
    }

    /** Gradients of zeros, of a worker that has no examples at this clock: rules with momentum do something to them, too. */
    private void addNothing(Session session) {
        keys = new long[0];
        var nodes = recipe.options().net().nodes();
        var read = new HashSet<String>();
        read.add(nodes.getLast().name());
        for (int layer = nodes.size() - 1; layer >= 0; layer--) {
            if (!read.contains(nodes.get(layer).name())) {
                continue; // no worker has a gradient of it
            }
            read.addAll(nodes.get(layer).inputs());
            if (!held.get(layer).isEmpty()) {
                pass.gradients(layer).forEach(gradient -> gradient.zero(0, gradient.size()));
                addZeros(session, held.get(layer).getFirst());
                write(session, layer);
            }
        }
    }

    /** A gradient of zeros as factors, if it is to travel so. */
    private static void addZeros(Session session, Held of) {
        if (of.isByFactors()) {
            int rows = (int) of.table().spec().rows();
            session.add(of.table(), new Update.Factors(new float[rows], new float[of.width()]));
        }
    }

    private static List<long[]> pieces(Layer.Parameter parameter, boolean areHere) {
        int each = Math.max(1, (areHere ? PIECE : REMOTE) / parameter.width());
        var pieces = new ArrayList<long[]>();
        for (int first = 0; first < parameter.rows(); first += each) {
            pieces.add(LongStream.range(first, Math.min(parameter.rows(), first + each))
                    .toArray());
        }
        return pieces;
    }

    private float[] room(int numbers) {
        if (piece.length < numbers) {
            piece = new float[numbers];
        }
        return piece;
    }

    private void read(Session session, int layer) {
        for (int p = 0; p < held.get(layer).size(); p++) {
            var of = held.get(layer).get(p);
            var to = pass.parameters(layer).get(p);
            if (of.isKeyed()) {
                int count = keys.length * of.width();
                var values = room(count);
                session.gather(of.table(), keys, values);
                to.copy(values, 0, 0, count);
            }
            for (var rows : of.pieces()) {
                int count = rows.length * of.width();
                var values = room(count);
                session.gather(of.table(), rows, values);
                to.copy(values, 0, rows[0] * of.width(), count);
            }
        }
    }

    /** Makes a layer's gradient shorter if it is longer than it may be. */
    private void clip(int layer) {
        double most = recipe.options().clip() / sharers;
        if (most == Double.POSITIVE_INFINITY) {
            return;
        }
        double squares = 0;
        for (int p = 0; p < held.get(layer).size(); p++) {
            if (!held.get(layer).get(p).isRunning()) {
                squares += pass.gradients(layer).get(p).squares(0, numbers(layer, p));
            }
        }
        double norm = Math.sqrt(squares);
        if (norm > most) {
            for (int p = 0; p < held.get(layer).size(); p++) {
                if (!held.get(layer).get(p).isRunning()) {
                    pass.gradients(layer).get(p).scale(most / norm, numbers(layer, p));
                }
            }
        }
    }

    /** How many numbers of a gradient are of this batch. */
    private long numbers(int layer, int p) {
        var of = held.get(layer).get(p);
        return of.isKeyed()
                ? (long) keys.length * of.width()
                : pass.gradients(layer).get(p).size();
    }

    /** Adds the gradient of a layer's weights as factors, if it is to travel so. */
    private void writeFactors(Session session, int layer, Tensor inputs, Tensor gradients, int examples) {
        var of = held.get(layer).getFirst();
        if (of.isByFactors()) {
            int rows = (int) of.table().spec().rows();
            int pairs = examples * recipe.pairs(recipe.options().net().nodes().get(layer));
            var u = new float[pairs * rows];
            var v = new float[pairs * of.width()];
            gradients.copyTo(0, u, 0, u.length);
            inputs.copyTo(0, v, 0, v.length);
            session.add(of.table(), new Update.Factors(u, v));
        }
    }

    private void write(Session session, int layer) {
        clip(layer);
        for (int p = 0; p < held.get(layer).size(); p++) {
            var of = held.get(layer).get(p);
            var from = pass.gradients(layer).get(p);
            if (of.isKeyed()) {
                int count = keys.length * of.width();
                var values = room(count);
                from.copyTo(0, values, 0, count);
                session.add(of.table(), keys, 0, keys.length, values, 0);
            }
            for (var rows : of.isByFactors() ? List.<long[]>of() : of.pieces()) {
                int count = rows.length * of.width();
                var values = room(count);
                from.copyTo(rows[0] * of.width(), values, 0, count);
                for (int i = 0; of.isRunning() && i < count; i++) { // a mean that moves, of all workers
                    values[i] /= -sharers;
                }
                session.add(of.table(), rows, values);
            }
        }
        session.tick(NetRecipe.group(recipe.options().net().nodes().get(layer)));
    }

    @Override
    public void close() {
        pass.close();
    }
}
