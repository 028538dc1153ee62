package orrery.learn.linear;

import java.util.Arrays;
import java.util.SplittableRandom;
import orrery.data.Examples;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.learn.batch.Batches;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/**
 * A worker's steps of {@link Sag}: visits examples of its own, and adds by how much their derivatives have changed. Which
 * ones is drawn anew at each step, with repetitions: in a fixed order, or one per pass, each derivative would be about as old
 * as a pass, and the steps would swing.
 */
final class SagSteps implements Step {
    private final Sag sag;
    private final Worker worker;
    private final Drawn drawn;
    private final KeyedBatch.Packer packer = new KeyedBatch.Packer();
    private final Table sums;
    private final Judge judge;
    private final float[] slopes; // by own example: the derivative by its margin, at its last visit
    private final long first; // own example
    private final Worker.Tally tallyLoss;
    private final Worker.Tally tallyRight;

    SagSteps(Sag sag, Worker worker) {
        this.sag = sag;
        this.worker = worker;
        sums = worker.session().table(Sag.SUMS);
        var labels = sag.labels();
        var even = new float[labels.count()];
        Arrays.fill(even, 1);
        judge = new Judge(sag.loss(), labels, even, Conditioning.NONE);
        first = sag.first(worker.index(), worker.count());
        int own = (int) (sag.first(worker.index() + 1, worker.count()) - first);
        slopes = worker.session().localFloats("slopes", Math.max(1, own));
        drawn = new Drawn(sag, worker, first, own);
        tallyLoss = worker.tally("progressiveLoss");
        tallyRight = worker.tally("progressiveAccuracy");
    }

    @Override
    public void run(Session session, long clock) {
        int examples = drawn.begin(clock);
        if (examples == 0) {
            return;
        }
        var batch = packer.pack(drawn, examples);
        int n = batch.keys().length;
        var read = new float[2 * n];
        session.gather(sums, batch.keys(), read);
        var w = new float[n];
        sag.weights(clock, true, read, n, w);
        double bias = bias(session, clock);
        var changes = new double[n];
        double ofBias = 0;
        for (int i = 0; i < examples; i++) {
            double margin = bias;
            for (int k = batch.starts()[i]; k < batch.starts()[i + 1]; k++) {
                margin += (double) w[batch.places()[k]] * batch.values()[k];
            }
            float slope = (float) judge.slope(margin, batch.labels()[i], batch.weights()[i]);
            int own = (int) (drawn.at(i) - first);
            double change = ((double) slope - slopes[own]) / sag.examples().size();
            slopes[own] = slope;
            for (int k = batch.starts()[i]; k < batch.starts()[i + 1]; k++) {
                changes[batch.places()[k]] += change * batch.values()[k];
            }
            ofBias += change;
        }
        add(session, clock, batch.keys(), changes, ofBias);
        judge.tell(tallyLoss, tallyRight);
        worker.processed(examples);
    }

    /** Examples of a worker's own, drawn by the clock. */
    private static final class Drawn implements Batches {
        private final Examples.Cursor cursor;
        private final long seed;
        private final long first;
        private final int own;
        private final long[] at;

        Drawn(Sag sag, Worker worker, long first, int own) {
            cursor = sag.examples().cursor();
            seed = sag.seed() * 31 + worker.index();
            this.first = first;
            this.own = own;
            at = new long[own == 0 ? 0 : sag.batch()];
        }

        @Override
        public int begin(long clock) {
            var random = new SplittableRandom(seed * 0x9e3779b97f4a7c15L + clock);
            for (int i = 0; i < at.length; i++) {
                at[i] = first + random.nextInt(own);
            }
            return at.length;
        }

        @Override
        public Examples.Cursor example(int number) {
            cursor.move(at[number]);
            return cursor;
        }

        long at(int number) {
            return at[number];
        }
    }

    private double bias(Session session, long clock) {
        if (!sag.hasIntercept()) {
            return 0;
        }
        var row = new float[2];
        session.row(sums, sag.features(), row);
        var bias = new float[1];
        sag.weights(clock, false, row, 1, bias);
        return bias[0];
    }

    private void add(Session session, long clock, long[] keys, double[] changes, double ofBias) {
        double h = sag.h(clock, true);
        var added = new float[2 * keys.length];
        for (int i = 0; i < keys.length; i++) {
            added[2 * i] = (float) changes[i];
            added[2 * i + 1] = (float) (changes[i] * h);
        }
        session.add(sums, keys, added);
        if (sag.hasIntercept()) {
            session.add(sums, new long[] {sag.features()}, new float[] {
                (float) ofBias, (float) (ofBias * sag.h(clock, false))
            });
        }
    }
}
