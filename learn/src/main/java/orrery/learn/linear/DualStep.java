package orrery.learn.linear;

import java.util.Arrays;
import java.util.SplittableRandom;
import orrery.data.Examples;
import orrery.engine.Step;
import orrery.engine.Worker;
import orrery.table.Session;
import orrery.table.Table;

/** One worker's pass over its examples: each moves its dual variable to where the dual is best along it. */
final class DualStep implements Step {
    private static final double CLOSE = 1e-3; // of the logistic loss' slope: what is left is for the next pass
    private static final int NEWTON_STEPS = 20;

    private final Dual dual;
    private final Loss loss;
    private final Worker worker;
    private final Table table;
    private final Examples.Cursor cursor;
    private final long first; // of the worker's examples
    private final int count;
    private final int features;
    private final long[] keys;
    private final float[] known; // the weights of all
    private final double[] weights; // as this worker sees them in its pass
    private final float[] change;
    private final float[] alphas; // by example: its dual variable, times its class
    private final float[] lengths; // squared
    private final float[] targets; // 1 or -1, or the number to learn
    private final float[] state; // whether it is enough
    private final float[] before; // the weights a clock ago
    private final int[] order;

    DualStep(Dual dual, Worker worker) {
        this.dual = dual;
        this.worker = worker;
        loss = dual.loss();
        table = worker.session().table(Dual.WEIGHTS);
        var examples = dual.examples();
        cursor = examples.cursor();
        first = examples.size() * worker.index() / worker.count();
        count = Math.toIntExact(examples.size() * (worker.index() + 1) / worker.count() - first);
        features = dual.features();
        keys = new long[features + 1];
        Arrays.setAll(keys, f -> f);
        known = new float[features + 1];
        weights = new double[features + 1];
        change = new float[features + 1];
        alphas = worker.session().localFloats("alphas", count);
        before = worker.session().localFloats("before", features + 1);
        state = worker.session().localFloats("state", 1);
        lengths = new float[count];
        targets = new float[count];
        order = new int[count];
        for (int i = 0; i < count; i++) {
            cursor.move(first + i);
            double square = dual.options().intercept() ? 1 : 0;
            for (int p = cursor.from(); p < cursor.to(); p++) {
                square += (double) cursor.values()[p] * cursor.values()[p];
            }
            lengths[i] = (float) square;
            targets[i] = (float) dual.target(cursor.label());
        }
    }

    @Override
    public void run(Session session, long clock) {
        session.gather(table, keys, known);
        if (state[0] != 0 || isEnough(clock)) {
            return; // all workers find the same
        }
        System.arraycopy(known, 0, before, 0, before.length);
        for (int f = 0; f < weights.length; f++) {
            weights[f] = known[f];
        }
        double losses = 0;
        double weightOfAll = 0;
        shuffle(clock);
        for (int i : order) {
            cursor.move(first + i);
            double y = targets[i];
            double margin = margin();
            losses += cursor.weight() * loss.of(margin, y);
            weightOfAll += cursor.weight();
            double step = step(i, y, margin, dual.cost() * cursor.weight());
            if (step != 0) {
                alphas[i] += (float) step;
                add(step * worker.count());
            }
        }
        for (int f = 0; f < weights.length; f++) {
            change[f] = (float) ((weights[f] - known[f]) / worker.count());
        }
        session.add(table, keys, change);
        worker.tally("progressiveLoss").add(losses, weightOfAll);
        worker.processed(count);
    }

    private boolean isEnough(long clock) {
        double moved = 0;
        double length = 0;
        for (int f = 0; f < known.length; f++) {
            double by = (double) known[f] - before[f];
            moved += by * by;
            length += (double) known[f] * known[f];
        }
        double tolerance = dual.options().tolerance();
        state[0] = clock > 1 && moved <= tolerance * tolerance * length ? 1 : 0;
        return state[0] != 0;
    }

    /** The order of this pass; the same for the same clock, whatever was before. */
    private void shuffle(long clock) {
        var random = new SplittableRandom(dual.seed() + 31 * clock + worker.index());
        Arrays.setAll(order, i -> i);
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int other = order[i];
            order[i] = order[j];
            order[j] = other;
        }
    }

    private double margin() {
        double margin = dual.options().intercept() ? weights[features] : 0;
        int[] indices = cursor.indices();
        float[] values = cursor.values();
        for (int p = cursor.from(), to = cursor.to(); p < to; p++) {
            margin += weights[indices[p]] * values[p];
        }
        return margin;
    }

    private void add(double step) {
        int[] indices = cursor.indices();
        float[] values = cursor.values();
        for (int p = cursor.from(), to = cursor.to(); p < to; p++) {
            weights[indices[p]] += step * values[p];
        }
        if (dual.options().intercept()) {
            weights[features] += step;
        }
    }

    /**
     * How far a variable goes.
     *
     * @param cost of the example's loss
     */
    private double step(int i, double y, double margin, double cost) {
        double curvature = worker.count() * (double) lengths[i];
        double alpha = y * alphas[i]; // of classes: from 0 to the cost
        return switch (loss) {
            case HINGE -> curvature == 0 ? 0 : y * (Math.clamp(alpha - (y * margin - 1) / curvature, 0, cost) - alpha);
            case SQUARED_HINGE -> {
                double diagonal = 1 / (2 * cost);
                double slope = y * margin - 1 + alpha * diagonal;
                yield y * (Math.max(0, alpha - slope / (curvature + diagonal)) - alpha);
            }
            case LOGISTIC -> y * (logistic(alpha, y * margin, curvature, cost) - alpha);
            case SQUARED -> (y - margin - alphas[i] / cost) / (curvature + 1 / cost);
            case SOFTMAX -> throw new IllegalStateException();
        };
    }

    /**
     * Where {@code log(a / (cost - a)) + margin + curvature (a - alpha)} is 0, which rises from below to above on (0, cost):
     * by Newton's steps, each half way to the end if it would go beyond.
     */
    private static double logistic(double alpha, double margin, double curvature, double cost) {
        double a = alpha > 0 && alpha < cost ? alpha : Math.min(0.001 * cost, 1e-8);
        for (int n = 0; n < NEWTON_STEPS; n++) {
            double slope = Math.log(a / (cost - a)) + margin + curvature * (a - alpha);
            if (Math.abs(slope) < CLOSE) {
                break;
            }
            double next = a - slope / (cost / (a * (cost - a)) + curvature);
            a = next <= 0 ? a / 10 : next >= cost ? cost - (cost - a) / 10 : next;
        }
        return a;
    }
}
