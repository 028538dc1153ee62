package orrery.learn.linear;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.learn.batch.Batches;
import orrery.table.hold.Table;
import orrery.table.worker.Session;
import orrery.table.worker.View;

/**
 * A worker's step: the mean gradient of a mini-batch. Examples are judged before they are learned from, so the tallies
 * are a progressive validation (Blum, Kalai and Langford, COLT 1999).
 */
final class Steps {
    private final Function<Worker, Batches> batches;
    private final Loss loss;
    private final Labels labels;
    private final float[] classWeights; // by class; empty under least squares
    private final Conditioning conditioning;
    private final Table weights;
    private final @Nullable Table intercept;
    private final boolean areKeyed; // weights are read and added to by key
    private final long clocks; // of the stage

    Steps(
            Function<Worker, Batches> batches,
            Loss loss,
            Labels labels,
            float[] classWeights,
            Conditioning conditioning,
            Table weights,
            @Nullable Table intercept,
            boolean areKeyed,
            long clocks) {
        this.areKeyed = areKeyed;
        this.clocks = clocks;
        this.batches = batches;
        this.loss = loss;
        this.labels = labels;
        this.classWeights = classWeights;
        this.conditioning = conditioning;
        this.weights = weights;
        this.intercept = intercept;
    }

    Step open(Worker worker) {
        var ahead = weights.spec().consistency().announcesAhead();
        if (ahead.isPresent()) {
            var judge = new Judge(loss, labels, classWeights, conditioning);
            return new AnnouncedSteps(
                    batches.apply(worker), judge, weights, intercept, ahead.getAsInt(), clocks, worker);
        }
        if (areKeyed) {
            return new ByKey(worker);
        }
        return loss == Loss.SOFTMAX ? new OfClasses(worker) : new OfOneMargin(worker);
    }

    /** What both have: the examples of the clock, and the tallies. */
    private abstract class OfBatch implements Step, AutoCloseable {
        private final Worker worker;
        final Batches mine;
        final Worker.Tally tallyLoss;
        final Worker.Tally tallyRight;

        OfBatch(Worker worker) {
            this.worker = worker;
            mine = batches.apply(worker);
            tallyLoss = worker.tally("progressiveLoss");
            tallyRight = worker.tally("progressiveAccuracy");
        }

        /** Takes the examples of a clock's batch; there is one at least. */
        abstract void batch(Session session, int examples);

        @Override
        public final void run(Session session, long clock) throws IOException, InterruptedException {
            int examples = mine.begin(clock);
            if (examples > 0) {
                batch(session, examples);
                worker.processed(examples);
            }
        }

        @Override
        public final void close() {
            mine.close();
        }
    }

    /** One margin per example: logistic regression, support vector machine, least squares. */
    private final class OfOneMargin extends OfBatch {
        private final Judge judge = new Judge(loss, labels, classWeights, conditioning);

        OfOneMargin(Worker worker) {
            super(worker);
        }

        @Override
        void batch(Session session, int examples) {
            var view = session.view(weights);
            var outbox = session.outbox(weights);
            float bias = intercept == null ? 0 : session.view(intercept).get(0, 0);
            float share = 1f / examples;
            double biasSlope = 0;
            for (int i = 0; i < examples; i++) {
                var cursor = mine.example(i);
                double margin = view.dot(cursor.indices(), cursor.values(), cursor.from(), cursor.to()) + (double) bias;
                float slope = (float) (judge.slope(margin, cursor.label(), cursor.weight()) * share);
                if (slope != 0) {
                    outbox.addScaled(slope, cursor.indices(), cursor.values(), cursor.from(), cursor.to());
                    biasSlope += slope;
                }
            }
            if (intercept != null) {
                session.outbox(intercept).addCell(0, 0, (float) biasSlope);
            }
            judge.tell(tallyLoss, tallyRight);
        }
    }

    /** One margin per class: softmax regression. */
    private final class OfClasses extends OfBatch {
        private final float[] bias = new float[labels.count()];
        private final float[] margins = new float[labels.count()];
        private final float[] biasSlope = new float[labels.count()];

        OfClasses(Worker worker) {
            super(worker);
        }

        @Override
        void batch(Session session, int examples) {
            var view = session.view(weights);
            var outbox = session.outbox(weights);
            if (intercept != null) {
                session.view(intercept).copyRow(0, bias, 0);
                Arrays.fill(biasSlope, 0);
            }
            float share = 1f / examples;
            double cost = 0;
            double weightSum = 0;
            double right = 0;
            for (int i = 0; i < examples; i++) {
                var cursor = mine.example(i);
                int actual = labels.find(cursor.label());
                float weight = cursor.weight() * classWeights[actual];
                System.arraycopy(bias, 0, margins, 0, margins.length);
                view.addRowsTo(margins, cursor.indices(), cursor.values(), cursor.from(), cursor.to());
                right += LinearModel.largest(margins) == actual ? weight : 0;
                float mine = margins[actual];
                cost += weight * (Loss.softmax(margins) - mine);
                weightSum += weight;
                margins[actual] -= 1; // from here on the slopes: p - [k = actual]
                for (int k = 0; k < margins.length; k++) {
                    margins[k] *= weight * share;
                    biasSlope[k] += margins[k];
                }
                outbox.addOuter(cursor.indices(), cursor.values(), cursor.from(), cursor.to(), margins);
            }
            if (intercept != null) {
                session.outbox(intercept).addRow(0, biasSlope, 0);
            }
            tallyLoss.add(cost, weightSum);
            tallyRight.add(right, weightSum);
        }
    }

    /**
     * Either, where weights are read by key: only those of the batch, and what is added is only of features that have a
     * gradient. It does the same arithmetic in the same order, so it learns the same bits.
     */
    private final class ByKey extends OfBatch {
        private final int width = loss == Loss.SOFTMAX ? labels.count() : 1;
        private final Judge judge = new Judge(loss, labels, classWeights, conditioning);
        private final KeyedBatch.Packer packer = new KeyedBatch.Packer();
        private final float[] bias = new float[width];
        private final float[] margins = new float[width];
        private final float[] biasSlope = new float[width];
        private float[] w = new float[0]; // by place, as those that follow
        private float[] gradient = new float[0];
        private boolean[] isTouched = new boolean[0];

        ByKey(Worker worker) {
            super(worker);
        }

        @Override
        void batch(Session session, int examples) {
            var batch = packer.pack(mine, examples);
            int cells = batch.keys().length * width;
            if (w.length < cells) {
                w = new float[2 * cells];
                gradient = new float[2 * cells];
                isTouched = new boolean[2 * cells];
            }
            Arrays.fill(gradient, 0, cells, 0);
            Arrays.fill(isTouched, 0, batch.keys().length, false);
            session.gather(weights, batch.keys(), 0, batch.keys().length, w, 0);
            if (intercept != null) {
                session.view(intercept).copyRow(0, bias, 0);
            }
            if (loss == Loss.SOFTMAX) {
                ofClasses(session, batch);
            } else {
                ofOneMargin(session, batch);
            }
            add(session, batch.keys());
        }

        private void ofOneMargin(Session session, KeyedBatch batch) {
            float share = 1f / batch.examples();
            double sum = 0;
            for (int i = 0; i < batch.examples(); i++) {
                int from = batch.starts()[i];
                int to = batch.starts()[i + 1];
                double margin = View.dot(w, batch.places(), batch.values(), from, to) + (double) bias[0];
                float slope = (float) (judge.slope(margin, batch.labels()[i], batch.weights()[i]) * share);
                if (slope != 0) {
                    for (int k = from; k < to; k++) {
                        int place = batch.places()[k];
                        gradient[place] += slope * batch.values()[k];
                        isTouched[place] = true;
                    }
                    sum += slope;
                }
            }
            if (intercept != null) {
                session.outbox(intercept).addCell(0, 0, (float) sum);
            }
            judge.tell(tallyLoss, tallyRight);
        }

        private void ofClasses(Session session, KeyedBatch batch) {
            Arrays.fill(biasSlope, 0);
            float share = 1f / batch.examples();
            double cost = 0;
            double weightSum = 0;
            double right = 0;
            for (int i = 0; i < batch.examples(); i++) {
                int actual = labels.find(batch.labels()[i]);
                float weight = batch.weights()[i] * classWeights[actual];
                System.arraycopy(bias, 0, margins, 0, width);
                addTo(margins, batch, i);
                right += LinearModel.largest(margins) == actual ? weight : 0;
                float mine = margins[actual];
                cost += weight * (Loss.softmax(margins) - mine);
                weightSum += weight;
                margins[actual] -= 1; // from here on the slopes: p - [k = actual]
                for (int c = 0; c < width; c++) {
                    margins[c] *= weight * share;
                    biasSlope[c] += margins[c];
                }
                addOuter(batch, i);
            }
            if (intercept != null) {
                session.outbox(intercept).addRow(0, biasSlope, 0);
            }
            tallyLoss.add(cost, weightSum);
            tallyRight.add(right, weightSum);
        }

        private void addTo(float[] into, KeyedBatch batch, int example) {
            for (int k = batch.starts()[example]; k < batch.starts()[example + 1]; k++) {
                int row = batch.places()[k] * width;
                float value = batch.values()[k];
                for (int c = 0; c < width; c++) {
                    into[c] += value * w[row + c];
                }
            }
        }

        private void addOuter(KeyedBatch batch, int example) {
            for (int k = batch.starts()[example]; k < batch.starts()[example + 1]; k++) {
                int place = batch.places()[k];
                float value = batch.values()[k];
                isTouched[place] = true;
                for (int c = 0; c < width; c++) {
                    gradient[place * width + c] += value * margins[c];
                }
            }
        }

        /** Adds the rows that have a gradient, moved together. */
        private void add(Session session, long[] keys) {
            int n = 0;
            for (int place = 0; place < keys.length; place++) {
                if (isTouched[place]) {
                    keys[n] = keys[place];
                    System.arraycopy(gradient, place * width, gradient, n * width, width);
                    n++;
                }
            }
            session.add(weights, keys, 0, n, gradient, 0);
        }
    }
}
