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
    private final Tokens[] tokens; // by block
    private final DocumentTopics documents;
    private final int[] lengths; // by document
    private final long size; // tokens of this worker
    private final long sizeOfAll;
    private final ExactSampler sampler;
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
        lengths = lengths(examples, first, last);
        size = Arrays.stream(lengths).asLongStream().sum();
        tokens = tokens(examples, first, last, blocks, worker.session());
        documents = new DocumentTopics(lengths, topics);
        sampler = new ExactSampler(alpha, beta, this.words, Products.best());
        known = new int[topics];
        change = new int[topics];
    }

    private static int[] lengths(Examples examples, long first, long last) {
        var lengths = new int[Math.toIntExact(last - first)];
        var cursor = examples.cursor();
        for (long d = first; d < last; d++) {
            cursor.move(d);
            long length = 0;
            for (int k = cursor.from(); k < cursor.to(); k++) {
                length += (long) cursor.values()[k];
            }
            lengths[(int) (d - first)] = Math.toIntExact(length);
        }
        return lengths;
    }

    /** The words of the worker's documents by block; their topics are what a checkpoint has kept, or 0. */
    private static Tokens[] tokens(Examples examples, long first, long last, WordBlocks blocks, Session session) {
        var count = new int[blocks.blocks()];
        var documents = new int[blocks.blocks()];
        var lastIn = new long[blocks.blocks()];
        Arrays.fill(lastIn, -1);
        var cursor = examples.cursor();
        for (long d = first; d < last; d++) {
            cursor.move(d);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                int block = blocks.block(cursor.indices()[k]);
                count[block] = Math.addExact(count[block], (int) cursor.values()[k]);
                documents[block] += lastIn[block] == d ? 0 : 1;
                lastIn[block] = d;
            }
        }
        var tokens = new Tokens[blocks.blocks()];
        for (int b = 0; b < tokens.length; b++) {
            tokens[b] = new Tokens(
                    new int[documents[b]],
                    new int[documents[b] + 1],
                    session.localInts("topics of block " + b, count[b]));
        }
        Arrays.fill(count, 0);
        Arrays.fill(documents, 0);
        Arrays.fill(lastIn, -1);
        for (long d = first; d < last; d++) {
            cursor.move(d);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                int word = cursor.indices()[k];
                int block = blocks.block(word);
                if (lastIn[block] != d) {
                    lastIn[block] = d;
                    tokens[block].documents()[documents[block]++] = (int) (d - first);
                }
                int cell = blocks.place(word) << 16;
                int[] cells = tokens[block].cells();
                for (int n = (int) cursor.values()[k]; n > 0; n--) {
                    cells[count[block]] = cell | (cells[count[block]] & Tokens.TOPIC);
                    count[block]++;
                }
                tokens[block].starts()[documents[block]] = count[block];
            }
        }
        return tokens;
    }

    @Override
    public void run(Session session, long clock) {
        long lap = clock / clocksPerLap;
        int part = (int) (clock % clocksPerLap);
        if (part == 0 && lap > 0) { // in the order that a run has which goes on from here
            documents.recount(tokens, topics);
        } else if (!hasDrawn && clock > 0) {
            throw new IllegalStateException("a pass was cut in two at clock " + clock);
        }
        session.gather(totals, ONLY_ROW, known);
        measureError();
        found.ifPresent(tables -> takePriors(session, tables, part == 0 ? lap : -1));
        sampler.refresh(known);
        int blocks = ring.blocks();
        long changed = 0;
        long drawn = 0;
        for (int i = (int) ((long) part * blocks / clocksPerLap),
                        end = (int) ((long) (part + 1) * blocks / clocksPerLap);
                i < end;
                i++) {
            int block = ring.take();
            changed += sampler.draw(tokens[block], ring.counts(), documents, lap == 0, seed(lap, block));
            drawn += tokens[block].cells().length;
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
        long seed = ExactSampler.mix(worker.seed() + 0x9e3779b97f4a7c15L * (lap + 1));
        return ExactSampler.mix(seed ^ (((long) worker.index() << 32) | block));
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
        documents.rises(alpha, sums);
        double all = sum(alpha);
        for (int length : lengths) {
            sums[topics] += Priors.rise(all, length);
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
        for (int d = 0; d < lengths.length; d++) {
            sum += LogGamma.of(all) - LogGamma.of(lengths[d] + all);
        }
        sum += options.isAlphaFound() ? documents.sum(alpha) : documents.sum(new LogGamma(alpha[0]));
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
