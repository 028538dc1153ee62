package orrery.deep.train;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import orrery.deep.layer.Layer;
import orrery.deep.layer.Operation;
import orrery.deep.net.Losses;
import orrery.deep.net.Pass;
import orrery.deep.tensor.Tensor;
import orrery.engine.examples.Partition;
import orrery.engine.examples.Shuffle;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/**
 * Trains on one batch of one worker. The forward pass reads each layer's tables before it computes the layer; the backward pass adds a
 * layer's gradients, and ends the clock of its tables, as soon as they are complete.
 */
final class NetStep implements Step, AutoCloseable {
    private static final int PIECE = 1 << 12; // numbers

    private final NetRecipe recipe;
    private final Partition partition;
    private final Worker worker;
    private final Pass pass;
    private final NetData data;
    private final NetData.Cursor cursor;
    private final float[] row; // an example
    private final List<List<Held>> held = new ArrayList<>(); // by layer
    private final int[] classes;
    private float[] piece = new float[PIECE];
    private final int sharers; // workers whose gradients are one step; with local steps each takes its own
    private long passOf = -1;
    private Shuffle order;

    /** What a layer learns: the table, its rows in pieces that stay near the processor, and the width of a row. */
    private record Held(Table table, List<long[]> pieces, int width, boolean isRunning) {}

    NetStep(NetRecipe recipe, NetData data, Partition partition, Worker worker) {
        this.recipe = recipe;
        this.partition = partition;
        this.worker = worker;
        var net = recipe.options().net();
        sharers = recipe.isLocal() ? 1 : worker.count();
        pass = new Pass(
                net, Backends.chosen(), Tensor.Type.FLOAT32, recipe.options().batch(), false);
        this.data = data;
        cursor = data.cursor();
        row = new float[net.inputSize()];
        classes = new int[recipe.options().batch()];
        order = partition.order(0, worker.index(), worker.count());
        for (var node : net.nodes()) {
            var of = new ArrayList<Held>();
            var parameters = net.parameters(node);
            for (int p = 0; p < parameters.size(); p++) {
                Layer.Parameter parameter = parameters.get(p);
                of.add(new Held(
                        worker.session().table(NetRecipe.table(node, parameter)),
                        pieces(parameter),
                        parameter.width(),
                        NetRecipe.isRunning(node, p)));
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
        for (int i = 0; i < count; i++) {
            long example = order.at(from + i);
            cursor.put(example, row, random);
            pass.input().copy(row, 0, (long) i * row.length, row.length);
            classes[i] = recipe.classes().of(data.label(example), example);
        }
        var call = new Operation.Call(count, true, seed);
        var listener = new Pass.Listener() {
            @Override
            public void beforeForward(int layer) {
                read(session, layer);
            }

            @Override
            public void gradientReady(int layer) {
                write(session, layer);
            }
        };
        pass.forward(call, listener);
        int outputs = recipe.options().net().outputSize();
        double right = 0;
        for (int i = 0; i < count; i++) {
            right += Losses.best(pass.output(), i, outputs) == classes[i] ? 1 : 0;
        }
        double loss = Losses.crossEntropy(
                pass.output(), classes, count, outputs, pass.outputGradient(), count == 0 ? 0 : 1.0 / count / sharers);
        if (count > 0 && !(loss < Double.POSITIVE_INFINITY)) {
            throw new orrery.engine.train.DivergedException("the loss is " + loss / count + " at clock " + clock
                    + ": steps are too large; try a tenth of --rate, or look for numbers far from 0 in the data");
        }
        worker.tally("train.loss").add(loss, count);
        worker.tally("train.accuracy").add(right, count);
        pass.backward(call, listener);
        worker.processed(count);
    }

    private static List<long[]> pieces(Layer.Parameter parameter) {
        int each = Math.max(1, PIECE / parameter.width());
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
                squares += pass.gradients(layer).get(p).squares();
            }
        }
        double norm = Math.sqrt(squares);
        if (norm > most) {
            for (int p = 0; p < held.get(layer).size(); p++) {
                if (!held.get(layer).get(p).isRunning()) {
                    pass.gradients(layer).get(p).scale(most / norm);
                }
            }
        }
    }

    private void write(Session session, int layer) {
        clip(layer);
        for (int p = 0; p < held.get(layer).size(); p++) {
            var of = held.get(layer).get(p);
            var from = pass.gradients(layer).get(p);
            for (var rows : of.pieces()) {
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
