package orrery.learn.linear;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import orrery.data.Keys;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.learn.batch.Batches;
import orrery.table.hold.Table;
import orrery.table.spec.Consistency;
import orrery.table.worker.Session;

/**
 * A worker's step under {@link Consistency.SparseSsp}: batches are packed some clocks ahead, so that what they touch can be
 * announced; weights are read by their keys, and gradients added by them. One margin per example.
 */
final class KeyedSteps implements Step, AutoCloseable {
    private final Batches batches;
    private final Judge judge;
    private final Table weights;
    private final @Nullable Table intercept;
    private final int ahead;
    private final long clocks; // of the stage
    private final ArrayDeque<Packed> packed = new ArrayDeque<>();
    private final Worker worker;
    private final Worker.Tally tallyLoss;
    private final Worker.Tally tallyRight;
    private long next = -1; // the first clock whose batch is not packed yet

    /** A batch whose features are numbered by their place among its keys. */
    private record Packed(long[] keys, int[] starts, int[] places, float[] values, double[] labels, float[] weights) {
        int examples() {
            return labels.length;
        }
    }

    KeyedSteps(
            Batches batches,
            Judge judge,
            Table weights,
            @Nullable Table intercept,
            int ahead,
            long clocks,
            Worker worker) {
        this.batches = batches;
        this.judge = judge;
        this.weights = weights;
        this.intercept = intercept;
        this.clocks = clocks;
        this.worker = worker;
        this.ahead = ahead;
        tallyLoss = worker.tally("progressiveLoss");
        tallyRight = worker.tally("progressiveAccuracy");
    }

    @Override
    public void run(Session session, long clock) throws IOException, InterruptedException {
        for (next = Math.max(next, clock); next <= Math.min(clock + ahead, clocks - 1); next++) {
            var batch = pack(batches.begin(next));
            session.announce(weights, next, batch.keys());
            packed.add(batch);
        }
        learn(session, packed.remove());
    }

    private Packed pack(int examples) {
        var starts = new int[examples + 1];
        for (int i = 0; i < examples; i++) {
            var cursor = batches.example(i);
            starts[i + 1] = starts[i] + cursor.to() - cursor.from();
        }
        var features = new long[starts[examples]];
        var values = new float[features.length];
        var ofLabels = new double[examples];
        var ofWeights = new float[examples];
        for (int i = 0; i < examples; i++) {
            var cursor = batches.example(i);
            for (int k = 0; k < starts[i + 1] - starts[i]; k++) {
                features[starts[i] + k] = cursor.indices()[cursor.from() + k];
                values[starts[i] + k] = cursor.values()[cursor.from() + k];
            }
            ofLabels[i] = cursor.label();
            ofWeights[i] = cursor.weight();
        }
        var keys = Keys.distinct(features.clone());
        var places = new int[features.length];
        for (int k = 0; k < places.length; k++) {
            places[k] = Arrays.binarySearch(keys, features[k]);
        }
        return new Packed(keys, starts, places, values, ofLabels, ofWeights);
    }

    private void learn(Session session, Packed batch) {
        var w = new float[batch.keys().length];
        var gradient = new float[w.length];
        session.gather(weights, batch.keys(), w);
        double bias = intercept == null ? 0 : session.view(intercept).get(0, 0);
        double biasSlope = 0;
        for (int i = 0; i < batch.examples(); i++) {
            double margin = bias;
            for (int k = batch.starts()[i]; k < batch.starts()[i + 1]; k++) {
                margin += w[batch.places()[k]] * batch.values()[k];
            }
            float slope = (float) (judge.slope(margin, batch.labels()[i], batch.weights()[i]) / batch.examples());
            for (int k = batch.starts()[i]; k < batch.starts()[i + 1]; k++) {
                gradient[batch.places()[k]] += slope * batch.values()[k];
            }
            biasSlope += slope;
        }
        session.add(weights, batch.keys(), gradient);
        if (intercept != null && batch.examples() > 0) {
            session.outbox(intercept).addCell(0, 0, (float) biasSlope);
        }
        judge.tell(tallyLoss, tallyRight);
        worker.processed(batch.examples());
    }

    @Override
    public void close() {
        batches.close();
    }
}
