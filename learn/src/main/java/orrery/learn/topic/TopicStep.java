package orrery.learn.topic;

import java.util.Arrays;
import java.util.Optional;
import orrery.data.Examples;
import orrery.engine.stage.MeasuringStep;
import orrery.engine.stage.Worker;
import orrery.table.cells.CountRows;
import orrery.table.hold.Table;
import orrery.table.worker.Ring;
import orrery.table.worker.Session;

/**
 * One worker's part of a pass: it has documents to itself, and draws the topics of their words block by block, as the blocks of the
 * vocabulary come around. So counts by word are exact; only the totals are a clock old, save for what this worker has changed
 * itself. In the first pass words get their topics one after the other, each drawn as if there were no others yet: so the counts are
 * sparse from the beginning, and the likelihood is where five passes from topics drawn evenly come to.
 */
final class TopicStep implements MeasuringStep {
    private static final long[] ONLY_ROW = {0};
    private static final int FIRST_PRIORS = 4; // the lap after which priors are found

    private final Worker worker;
    private final Table totals;
    private final Ring ring;
    private final int clocksPerLap;
    private final Assignments assignments;
    private final long size; // words of this worker
    private final long sizeOfAll;
    private final Sampler sampler;
    private final TopicOptions options;
    private final float[] alpha;
    private final float[] alphaChange;
    private final double beta;
    private final int topics;
    private final int words;
    private final int[] known; // totals as they were when this clock began
    private final int[] change;
    private boolean hasDrawn; // in this life
    private final Optional<Found> found;
    private final float[] risesOfAll; // of topics, then of documents
    private final float[] risesPut; // what this worker has put there

    /**
     * Tables of the priors that are found.
     *
     * @param alpha how much they differ from the first ones
     * @param rises the sums from which the next follow
     */
    record Found(Table alpha, Table rises) {}

    /**
     * @param first the worker's first document
     * @param last the one after its last
     * @param sizeOfAll tokens of all workers
     */
    TopicStep(
            Examples examples,
            long first,
            long last,
            long sizeOfAll,
            WordBlocks blocks,
            int clocksPerLap,
            TopicOptions options,
            Worker worker,
            Table words,
            Table totals,
            Optional<Found> found) {
        this.found = found;
        this.worker = worker;
        this.totals = totals;
        this.clocksPerLap = clocksPerLap;
        this.sizeOfAll = sizeOfAll;
        this.words = examples.features();
        ring = worker.session().ring(words);
        topics = options.topics();
        this.options = options;
        alpha = new float[topics];
        Arrays.fill(alpha, (float) options.prior());
        alphaChange = new float[topics];
        risesOfAll = new float[topics + 1];
        risesPut = options.isAlphaFound() ? worker.session().localFloats("rises", topics + 1) : new float[0];
        beta = options.beta();
        assignments = Assignments.of(examples, first, last, blocks, worker.session()::localInts);
        size = assignments.topics().length;
        int[] proposals = options.sampler() == TopicSampler.WARP
                ? worker.session().localInts("proposals", assignments.topics().length)
                : new int[0];
        sampler = Sampler.of(options.sampler(), assignments, alpha, beta, this.words, proposals);
        known = new int[topics];
        change = new int[topics];
    }

    @Override
    public void run(Session session, long clock) {
        long lap = clock / clocksPerLap;
        int part = (int) (clock % clocksPerLap);
        if (part > 0 && !hasDrawn) {
            throw new IllegalStateException("a pass was cut in two at clock " + clock);
        }
        session.gather(totals, ONLY_ROW, known);
        measureError();
        found.ifPresent(tables -> takePriors(session, tables, part == 0 ? lap : -1));
        sampler.refresh(known);
        if (part == 0 && lap > 0) {
            sampler.beginPass(seed(lap, -1));
        }
        int blocks = ring.blocks();
        long changed = 0;
        long drawn = 0;
        for (int i = (int) ((long) part * blocks / clocksPerLap),
                        end = (int) ((long) (part + 1) * blocks / clocksPerLap);
                i < end;
                i++) {
            int block = ring.take();
            changed += sampler.draw(block, ring.counts(), lap == 0, seed(lap, block));
            drawn += assignments.blocks()[block].words();
            ring.pass();
        }
        hasDrawn = true;
        int[] now = sampler.totals();
        for (int k = 0; k < topics; k++) {
            change[k] = now[k] - known[k];
        }
        session.add(totals, ONLY_ROW, change);
        boolean isEndOfLap = part == clocksPerLap - 1;
        found.filter(tables -> isEndOfLap && lap >= FIRST_PRIORS).ifPresent(tables -> putRises(session, tables));
        worker.tally("train.changed").add((double) changed, (double) drawn);
        worker.processed(drawn);
    }

    /** What is random in a block depends on where and when it is alone, so that a run that goes on does as one that went through. */
    private long seed(long lap, int block) {
        long seed = RandomNumbers.mix(worker.seed() + 0x9e3779b97f4a7c15L * (lap + 1));
        return RandomNumbers.mix(seed ^ (((long) worker.index() << 32) | block));
    }

    /** Priors as they are now; at the beginning of a lap, the first worker does a step from what the last lap has found. */
    private void takePriors(Session session, Found tables, long beginsLap) {
        session.gather(tables.alpha(), ONLY_ROW, alphaChange);
        for (int k = 0; k < topics; k++) {
            alpha[k] = (float) (options.prior() + alphaChange[k]);
        }
        sampler.alpha(alpha);
        if (worker.index() == 0 && beginsLap > FIRST_PRIORS) {
            session.gather(tables.rises(), ONLY_ROW, risesOfAll);
            for (int k = 0; k < topics; k++) {
                alphaChange[k] = Priors.next(alpha[k], risesOfAll[k], risesOfAll[topics]) - alpha[k];
            }
            session.add(tables.alpha(), ONLY_ROW, alphaChange);
        }
    }

    /** Puts what this worker's documents say of the priors in the place of what they said before. */
    private void putRises(Session session, Found tables) {
        var sums = new double[topics + 1];
        assignments.forEach(topics, (document, topic, count) -> sums[topic] += Priors.rise(alpha[topic], count));
        double all = sum(alpha);
        for (int d = 0; d < assignments.documents(); d++) {
            sums[topics] += Priors.rise(all, assignments.length(d));
        }
        var changes = new float[topics + 1];
        for (int k = 0; k <= topics; k++) {
            changes[k] = (float) (sums[k] - risesPut[k]);
            risesPut[k] += changes[k];
        }
        session.add(tables.rises(), ONLY_ROW, changes);
    }

    private static double sum(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum;
    }

    /** How far the totals that this worker went by were from those of all (Zheng et al., section 3). */
    private void measureError() {
        if (!hasDrawn) {
            return;
        }
        long error = 0;
        int[] went = sampler.totals();
        for (int k = 0; k < topics; k++) {
            error += Math.abs(went[k] - known[k]);
        }
        worker.tally("totals.error").add(error / (double) sizeOfAll, 1);
    }

    /** The log likelihood of all words and topics, by word. */
    @Override
    public void measure(Session session, long clock) {
        double sum = 0;
        double all = sum(alpha);
        for (int d = 0; d < assignments.documents(); d++) {
            sum += LogGamma.of(all) - LogGamma.of(assignments.length(d) + all);
        }
        var documentSum = new double[1];
        if (options.isAlphaFound()) {
            assignments.forEach(
                    topics,
                    (document, topic, count) ->
                            documentSum[0] += LogGamma.of(alpha[topic] + count) - LogGamma.of(alpha[topic]));
        } else {
            var ofTopic = new LogGamma(alpha[0]);
            assignments.forEach(topics, (document, topic, count) -> documentSum[0] += ofTopic.rise(count));
        }
        sum += documentSum[0];
        var ofWord = new LogGamma(beta);
        var wordSum = new double[1];
        for (int block : ring.home()) {
            CountRows rows = ring.countsAtHome(block);
            for (int row = 0; row < rows.rows(); row++) {
                rows.forEach(row, (topic, count) -> wordSum[0] += ofWord.rise(count));
            }
        }
        sum += wordSum[0];
        if (worker.index() == 0) {
            session.gather(totals, ONLY_ROW, known);
            double betas = words * beta;
            for (int total : known) {
                sum += LogGamma.of(betas) - LogGamma.of(total + betas);
            }
        }
        worker.tally(TopicModeling.LIKELIHOOD).add(sum, (double) size);
    }
}
