package orrery.learn.linear;

import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
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
final class AnnouncedSteps implements Step, AutoCloseable {
    private final Batches batches;
    private final Judge judge;
    private final Table weights;
    private final @Nullable Table intercept;
    private final int ahead;
    private final long clocks; // of the stage
    private final ArrayDeque<KeyedBatch> packed = new ArrayDeque<>();
    private final Worker worker;
    private final Worker.Tally tallyLoss;
    private final Worker.Tally tallyRight;
    private long next = -1; // the first clock whose batch is not packed yet

    AnnouncedSteps(
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
            var batch = KeyedBatch.sorted(batches, batches.begin(next));
            session.announce(weights, next, batch.keys());
            packed.add(batch);
        }
        learn(session, packed.remove());
    }

    private void learn(Session session, KeyedBatch batch) {
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
