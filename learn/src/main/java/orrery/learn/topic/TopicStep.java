package orrery.learn.topic;

import java.util.Arrays;
import java.util.Optional;
import orrery.engine.stage.MeasuringStep;
import orrery.engine.stage.Worker;
import orrery.table.cells.CountRows;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/**
 * One worker's part of a pass: it has documents to itself, and draws the topics of their words block by block. Where the blocks of the
 * vocabulary come around counts by word are exact; only the totals are a clock old, save for what this worker has changed
 * itself. Where they are shared both are as old as the consistency allows. In the first pass words may get their topics one after the other, each drawn as if there were no others yet: so the counts are
 * sparse from the beginning, and the likelihood is where five passes from topics drawn evenly come to.
 */
final class TopicStep implements MeasuringStep {
    private static final long[] ONLY_ROW = {0};
    private static final int FIRST_PRIORS = 4; // the lap after which priors are found

    private final Worker worker;
    private final Table totals;
    private final WordCounts counts;
    private final int clocksPerLap;
    private final Chunks chunks;
    private Assignments assignments; // of the part of the documents that is in memory
    private int chunk;
    private final long size; // words of this worker
    private final long sizeOfAll;
    private Sampler sampler;
    private final TopicOptions options;
    private final float[] alpha;
    private final float[] alphaChange;
    private final double beta;
    private final int topics;
    private final int words;
    private final int[] known; // totals as they were when this clock began
    private final int[] change;
    private boolean hasDrawn; // in this life
    private long proposed;
    private long probed;
    private long loaded;
    private final Optional<Found> found;
    private final float[] risesOfAll; // of topics, then of documents
    private final float[] risesPut; // what this worker has put there
    private double[] risesOfMine = new double[0]; // of the parts of this pass so far

    /**
     * Tables of the priors that are found.
     *
     * @param alpha how much they differ from the first ones
     * @param rises the sums from which the next follow
     */
    record Found(Table alpha, Table rises) {}

    /**
     * @param vocabulary how many words there are
     * @param chunks the worker's documents
     * @param sizeOfAll tokens of all workers
     */
    TopicStep(
            int vocabulary,
            Chunks chunks,
            long sizeOfAll,
            int clocksPerLap,
            TopicOptions options,
            Worker worker,
            WordCounts counts,
            Table totals,
            Optional<Found> found) {
        this.found = found;
        this.worker = worker;
        this.totals = totals;
        this.clocksPerLap = clocksPerLap;
        this.sizeOfAll = sizeOfAll;
        this.words = vocabulary;
        this.counts = counts;
        topics = options.topics();
        this.options = options;
        alpha = new float[topics];
        Arrays.fill(alpha, (float) options.prior());
        alphaChange = new float[topics];
        risesOfAll = new float[topics + 1];
        risesPut = options.isAlphaFound() ? worker.session().localFloats("rises", topics + 1) : new float[0];
        beta = options.beta();
        this.chunks = chunks;
        size = chunks.words();
        assignments = chunks.take(0);
        sampler = Sampler.of(options.sampler(), assignments, alpha, beta, vocabulary);
        known = new int[topics];
        change = new int[topics];
    }

    @Override
    public void run(Session session, long clock) {
        long lap = clock / clocksPerLap / chunks.parts(); // over all documents
        int part = (int) (clock % clocksPerLap); // of all blocks
        if ((part > 0 || clock / clocksPerLap % chunks.parts() > 0) && !hasDrawn) {
            throw new IllegalStateException("a pass was cut in two at clock " + clock);
        }
        session.gather(totals, ONLY_ROW, known);
        measureError();
        if (part == 0) {
            use((int) (clock / clocksPerLap % chunks.parts()));
        }
        found.ifPresent(tables -> takePriors(session, tables, part == 0 && chunk == 0 ? lap : -1));
        sampler.refresh(known);
        if (part == 0 && lap > 0) {
            sampler.beginPass(seed(lap, -1 - chunk));
        }
        int blocks = counts.blocks();
        long changed = 0;
        long drawn = 0;
        for (int i = (int) ((long) part * blocks / clocksPerLap),
                        end = (int) ((long) (part + 1) * blocks / clocksPerLap);
                i < end;
                i++) {
            int block = counts.take();
            changed += sampler.draw(block, counts.counts(), lap == 0, seed(lap, block));
            drawn += assignments.blocks()[block].words();
            counts.pass();
        }
        if (lap > 0 && options.sampler() == TopicSampler.LIGHT) {
            worker.tally("train.proposals").add((double) (sampler.proposed() - proposed), (double) drawn);
            worker.tally("train.probes").add((double) (sampler.probed() - probed), (double) drawn);
            proposed = sampler.proposed();
            probed = sampler.probed();
        }
        hasDrawn = true;
        int[] now = sampler.totals();
        for (int k = 0; k < topics; k++) {
            change[k] = now[k] - known[k];
        }
        session.add(totals, ONLY_ROW, change);
        if (part == clocksPerLap - 1) {
            chunks.put(chunk, assignments);
            if (lap >= FIRST_PRIORS) {
                found.ifPresent(tables -> putRises(session, tables));
            }
        }
        worker.tally("train.changed").add((double) changed, (double) drawn);
        worker.processed(drawn);
    }

    /** Goes on with another part of the documents, of which there is one in memory at a time. */
    private void use(int next) {
        if (next != chunk) {
            chunk = next;
            int[] went = sampler.totals();
            assignments = Assignments.NONE;
            sampler = Sampler.of(options.sampler(), assignments, alpha, beta, words); // which lets go of the others
            assignments = chunks.take(next);
            sampler = Sampler.of(options.sampler(), assignments, alpha, beta, words);
            sampler.refresh(went);
            proposed = 0;
            probed = 0;
        }
    }

    /** What is random in a block depends on where and when it is alone, so that a run that goes on does as one that went through. */
    private long seed(long lap, int block) {
        long seed = RandomNumbers.mix(worker.seed() + 0x9e3779b97f4a7c15L * (lap + 1));
        return RandomNumbers.mix(seed ^ (((long) worker.index() << 32) | block) ^ ((long) chunk << 52));
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
        if (chunk == 0) {
            risesOfMine = new double[topics + 1];
        }
        double[] sums = risesOfMine;
        assignments.forEach(topics, (document, topic, count) -> sums[topic] += Priors.rise(alpha[topic], count));
        double all = sum(alpha);
        for (int d = 0; d < assignments.documents(); d++) {
            sums[topics] += Priors.rise(all, assignments.length(d));
        }
        if (chunk < chunks.parts() - 1) {
            return;
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

    /** The log likelihood of all words and topics, and the bytes of their counts; by word. */
    @Override
    public void measure(Session session, long clock) {
        double sum = 0;
        for (int part = 0; part < chunks.parts(); part++) {
            sum += ofDocuments(assignments);
            if (part < chunks.parts() - 1) {
                use((chunk + 1) % chunks.parts());
            }
        }
        var ofWord = new LogGamma(beta);
        var wordSum = new double[1];
        long bytes = 0;
        for (int block : counts.measured()) {
            CountRows rows = counts.atCut(block);
            bytes += rows.bytes();
            for (int row = 0; row < rows.rows(); row++) {
                rows.forEach(row, (topic, count) -> wordSum[0] += ofWord.rise(count));
            }
        }
        sum += wordSum[0];
        long all = counts.loaded();
        if (all > 0) {
            worker.tally("blocks.loaded").add((double) (all - loaded), 1); // since the last cut, of the process
            loaded = all;
        }
        worker.tally("counts.bytes").add((double) bytes, (double) size);
        if (worker.index() == 0) {
            session.values(totals, ONLY_ROW, known);
            double betas = words * beta;
            for (int total : known) {
                sum += LogGamma.of(betas) - LogGamma.of(total + betas);
            }
        }
        worker.tally(TopicModeling.LIKELIHOOD).add(sum, (double) size);
    }

    private double ofDocuments(Assignments some) {
        double sum = 0;
        double all = sum(alpha);
        for (int d = 0; d < some.documents(); d++) {
            sum += LogGamma.of(all) - LogGamma.of(some.length(d) + all);
        }
        var ofTopics = new double[1];
        if (options.isAlphaFound()) {
            some.forEach(
                    topics,
                    (document, topic, count) ->
                            ofTopics[0] += LogGamma.of(alpha[topic] + count) - LogGamma.of(alpha[topic]));
        } else {
            var ofTopic = new LogGamma(alpha[0]);
            some.forEach(topics, (document, topic, count) -> ofTopics[0] += ofTopic.rise(count));
        }
        return sum + ofTopics[0];
    }
}
