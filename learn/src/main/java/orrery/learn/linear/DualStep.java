package orrery.learn.linear;

import java.util.Arrays;
import java.util.SplittableRandom;
import orrery.data.Examples;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/** One worker's pass over its examples: each moves its dual variable to where the dual is best along it. */
final class DualStep implements Step {
    private static final double CLOSE = 1e-3; // of the logistic loss' slope: what is left is for the next pass
    private static final int NEWTON_STEPS = 20;

    private final Dual dual;
    private final Loss loss;
    private final Worker worker;
    private final Table table;
    private final Examples.Cursor cursor;
    private final int[] mine; // this worker's examples
    private final int features;
    private final int width; // models
    private final long[] keys;
    private final float[] known; // the weights of all, (features + 1, width)
    private final double[] weights; // as this worker sees them in its pass
    private final float[] change;
    private final float[] alphas; // (examples, width): dual variables, times the class
    private final float[] lengths; // squared
    private final float[] targets; // the class, or the number to learn; of two classes 1 or -1
    private final double[] costs;
    private double weight; // of its examples
    private final float[] state; // whether it is enough
    private final float[] before; // the weights a clock ago
    private final int[] order;
    private final double[] margins;
    private final double[] steps;

    DualStep(Dual dual, Worker worker) {
        this.dual = dual;
        this.worker = worker;
        loss = dual.loss();
        width = dual.width();
        table = worker.session().table(Dual.WEIGHTS);
        var examples = dual.examples();
        cursor = examples.cursor();
        long from = examples.size() * worker.index() / worker.count();
        int count = Math.toIntExact(examples.size() * (worker.index() + 1) / worker.count() - from);
        features = dual.features();
        keys = new long[features + 1];
        Arrays.setAll(keys, f -> f);
        known = new float[(features + 1) * width];
        weights = new double[known.length];
        change = new float[known.length];
        margins = new double[width];
        steps = new double[width];
        alphas = worker.session().localFloats("alphas", Math.multiplyExact(count, width));
        before = worker.session().localFloats("before", known.length);
        state = worker.session().localFloats("state", 1);
        mine = new int[count];
        lengths = new float[count];
        targets = new float[count];
        costs = new double[count];
        order = new int[count];
        for (int i = 0; i < count; i++) {
            mine[i] = dual.spread(from + i);
            cursor.move(mine[i]);
            double square = dual.options().intercept() ? 1 : 0;
            for (int p = cursor.from(); p < cursor.to(); p++) {
                square += (double) cursor.values()[p] * cursor.values()[p];
            }
            lengths[i] = (float) square;
            targets[i] = (float) target(cursor.label());
            costs[i] = dual.cost(cursor);
            weight += cursor.weight();
        }
    }

    private double target(double label) {
        if (!loss.isClassification()) {
            return label;
        }
        int k = dual.classOf(label);
        return width > 1 ? k : k == 1 ? 1 : -1;
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
        shuffle(clock);
        double losses = width == 1 ? one() : many();
        for (int f = 0; f < weights.length; f++) {
            change[f] = (float) ((weights[f] - known[f]) / worker.count());
        }
        session.add(table, keys, change);
        worker.tally("progressiveLoss").add(losses, weight);
        worker.processed(mine.length);
    }

    /** A pass for one model. */
    private double one() {
        double losses = 0;
        for (int i : order) {
            cursor.move(mine[i]);
            double y = targets[i];
            double margin = margin();
            losses += cursor.weight() * loss.of(margin, y);
            double step = step(y, alphas[i], lengths[i], margin, costs[i]);
            if (step != 0) {
                alphas[i] += (float) step;
                add(step * worker.count());
            }
        }
        return losses;
    }

    /** A pass for the models of all classes. */
    private double many() {
        double losses = 0;
        for (int i : order) {
            cursor.move(mine[i]);
            margins();
            boolean moves = false;
            int row = i * width;
            for (int c = 0; c < width; c++) {
                double y = targets[i] == c ? 1 : -1;
                losses += cursor.weight() * loss.of(margins[c], y);
                double step = step(y, alphas[row + c], lengths[i], margins[c], costs[i]);
                alphas[row + c] += (float) step;
                steps[c] = step * worker.count();
                moves |= step != 0;
            }
            if (moves) {
                addAll();
            }
        }
        return losses;
    }

    private void margins() {
        if (dual.options().intercept()) {
            System.arraycopy(weights, features * width, margins, 0, width);
        } else {
            Arrays.fill(margins, 0);
        }
        int[] indices = cursor.indices();
        float[] values = cursor.values();
        for (int p = cursor.from(), to = cursor.to(); p < to; p++) {
            int row = indices[p] * width;
            double value = values[p];
            for (int c = 0; c < width; c++) {
                margins[c] += value * weights[row + c];
            }
        }
    }

    private void addAll() {
        int[] indices = cursor.indices();
        float[] values = cursor.values();
        for (int p = cursor.from(), to = cursor.to(); p < to; p++) {
            int row = indices[p] * width;
            double value = values[p];
            for (int c = 0; c < width; c++) {
                weights[row + c] += value * steps[c];
            }
        }
        for (int c = 0; c < width && dual.options().intercept(); c++) {
            weights[features * width + c] += steps[c];
        }
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
        for (int i = order.length - 1; i > 0; i--) {
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
     * @param signed the variable, times the class
     * @param square of the example's length
     * @param cost of the example's loss
     */
    private double step(double y, double signed, double square, double margin, double cost) {
        if (cost == 0) {
            return 0; // it counts for nothing
        }
        double curvature = worker.count() * square;
        double alpha = y * signed; // of classes: from 0 to the cost
        return switch (loss) {
            case HINGE -> curvature == 0 ? 0 : y * (Math.clamp(alpha - (y * margin - 1) / curvature, 0, cost) - alpha);
            case SQUARED_HINGE -> {
                double diagonal = 1 / (2 * cost);
                double slope = y * margin - 1 + alpha * diagonal;
                yield y * (Math.max(0, alpha - slope / (curvature + diagonal)) - alpha);
            }
            case LOGISTIC -> y * (logistic(alpha, y * margin, curvature, cost) - alpha);
            case SQUARED -> (y - margin - signed / cost) / (curvature + 1 / cost);
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
