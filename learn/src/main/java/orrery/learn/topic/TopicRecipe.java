package orrery.learn.topic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import orrery.data.Corpus;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Worker;
import orrery.engine.train.Recipe;
import orrery.table.Node;
import orrery.table.cells.CountRows;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;

/** Topics of documents, by blocks of the vocabulary that rotate. */
final class TopicRecipe implements Recipe<TopicModel> {
    static final String WORDS = "words";
    static final String TOTALS = "totals";
    private static final String ALPHA = "alpha";
    private static final String RISES = "rises";
    private static final int MOST_REFRESHES = 64; // of the totals, in a pass
    private static final int BYTES_OF_COUNT = 12; // about, in a row that is not full
    private static final int BLOCKS_IN_POOL = 6; // that one is used, one leaves, one comes back

    private final TopicOptions options;
    private final Corpus data;
    private final boolean isWhole; // whether all documents are here
    private final TopicMemory memory;
    private final int parts; // of each worker's documents
    private final WordBlocks blocks;
    private final String sum; // of the documents
    private final Run run;
    private final boolean isShared;
    private final Job job;

    /** @param own if the documents are the workers' own */
    TopicRecipe(TopicOptions options, Corpus data, Optional<DocumentParts> own, TopicMemory memory, Run run) {
        this.options = options;
        this.data = data;
        this.memory = memory;
        this.run = run;
        isWhole = own.isEmpty();
        sum = own.map(DocumentParts::sum).orElseGet(data::sum);
        long[] tokens = own.map(DocumentParts::tokens).orElseGet(() -> WordBlocks.count(data));
        long size = Arrays.stream(tokens).sum();
        isShared = isShared(run.consistency());
        if (isShared && memory.modelPool() > 0) {
            throw new IllegalArgumentException(
                    "under " + run.consistency() + " all workers share one table of counts, which"
                            + " is in memory: --model-pool is for blocks that go from worker to worker, --consistency rotating");
        }
        int asked = run.consistency() instanceof Consistency.Rotating(int some) && some != Consistency.Rotating.BLOCKS
                ? some
                : options.sampler().blocksOfWorker() * Math.max(2, run.workers());
        long bytes = Math.min(size, (long) tokens.length * options.topics()) * BYTES_OF_COUNT;
        blocks = WordBlocks.of(
                tokens,
                memory.modelPool() == 0
                        ? asked
                        : (int) Math.max(asked, Math.min(tokens.length, BLOCKS_IN_POOL * bytes / memory.modelPool())));
        long inMemory = memory.documentPool() / TopicMemory.BYTES_OF_WORD;
        parts = inMemory == 0 || !isWhole ? 1 : (int) Math.max(1, Math.ceilDiv(size, inMemory * run.workers()));
        if (parts > 1 && run.checkpoints().isPresent()) {
            throw new IllegalArgumentException(
                    "checkpoints keep the topics of all words, and documents that are not held"
                            + " in memory have theirs in a file of each process: --checkpoint-every 0, or leave --out-of-core out");
        }
        int clocksPerLap = Math.clamp(size / options.topics(), 1, Math.min(blocks.blocks(), MOST_REFRESHES));
        long clocksPerPass = (long) clocksPerLap * parts;
        var consistency = isShared ? run.consistency() : new Consistency.Bsp();
        var tables = new ArrayList<>(List.of(
                isShared
                        ? TableSpec.dense(WORDS, blocks.rows(), options.topics())
                                .ofInts()
                                .with(consistency)
                        : TableSpec.counts(WORDS, blocks.rows(), options.topics(), blocks.blocks()),
                TableSpec.dense(TOTALS, 1, options.topics()).ofInts().with(consistency)));
        if (options.isAlphaFound()) {
            tables.add(TableSpec.dense(ALPHA, 1, options.topics()).with(consistency));
            tables.add(TableSpec.dense(RISES, 1, options.topics() + 1).with(consistency));
        }
        long[] firsts = own.map(DocumentParts::firsts).orElseGet(() -> firsts(data, run.workers() * parts, size));
        boolean isFixed = !options.isAlphaFound();
        var stage = new Stage(
                        "sample",
                        clocksPerPass * options.iterations(),
                        clocksPerPass * options.passesBetweenCuts(),
                        worker -> new TopicStep(
                                data.words(),
                                chunks(worker, firsts),
                                size,
                                clocksPerLap,
                                options,
                                worker,
                                counts(worker),
                                worker.session().table(TOTALS),
                                isFixed
                                        ? Optional.empty()
                                        : Optional.of(new TopicStep.Found(
                                                worker.session().table(ALPHA),
                                                worker.session().table(RISES)))))
                .stoppedEvery(clocksPerPass);
        job = new Job("lda", tables, List.of(stage));
    }

    /** Whether all workers share one table; else its blocks go from one to the next. */
    private static boolean isShared(Consistency consistency) {
        return switch (consistency) {
            case Consistency.Rotating(int _), Consistency.Bsp() -> false;
            case Consistency.Ssp(int _), Consistency.Essp(int _), Consistency.Asp() -> true;
            default ->
                throw new IllegalArgumentException(
                        "lda's consistency is rotating (or left out), where blocks of words go from worker to worker, or ssp:S,"
                                + " essp:S or asp, where all share them; not " + consistency);
        };
    }

    private WordCounts counts(Worker worker) {
        var session = worker.session();
        var words = session.table(WORDS);
        if (isShared) {
            return new SharedCounts(session, words, blocks, options, worker.index(), run.workers());
        }
        var ring = session.ring(words);
        if (memory.modelPool() > 0) {
            ring.keepAtMost(memory.modelPool(), memory.folder());
        }
        return new RotatingCounts(ring, options.structure());
    }

    private Chunks chunks(Worker worker, long[] firsts) {
        boolean proposes = options.sampler() == TopicSampler.WARP;
        int first = worker.index() * parts;
        if (parts == 1) {
            return Chunks.of(Assignments.of(
                    data, firsts[first], firsts[first + 1], blocks, worker.session()::localInts, proposes));
        }
        var chunks = Chunks.inFile(memory.folder(), parts, blocks.blocks());
        for (int part = 0; part < parts; part++) {
            chunks.add(
                    part,
                    Assignments.of(
                            data,
                            firsts[first + part],
                            firsts[first + part + 1],
                            blocks,
                            (name, length) -> new int[length],
                            proposes));
        }
        return chunks;
    }

    /** By part its first document, then their number: all parts have about as many words. */
    private static long[] firsts(Corpus data, int ofAll, long size) {
        var firsts = new long[ofAll + 1];
        var before = new long[1];
        var next = new int[] {1};
        data.read(0, data.documents(), (d, words, counts, from, to) -> {
            while (next[0] < ofAll && before[0] >= size * next[0] / ofAll) {
                firsts[next[0]++] = d;
            }
            for (int k = from; k < to; k++) {
                before[0] += (long) counts[k];
            }
        });
        Arrays.fill(firsts, next[0], ofAll + 1, data.documents());
        return firsts;
    }

    @Override
    public Job job() {
        return job;
    }

    @Override
    public Map<String, String> identity() {
        var identity = new TreeMap<String, String>();
        identity.put("options", options.toString());
        identity.put("consistency", isShared ? run.consistency().toString() : "rotating:" + blocks.blocks());
        identity.put("seed", String.valueOf(run.seed()));
        identity.put("workers", String.valueOf(run.workers()));
        identity.put(Identity.DATA, sum);
        return identity;
    }

    @Override
    public Map<String, String> decided() {
        var decided = new TreeMap<String, String>();
        decided.put(
                "vocabulary",
                "in " + blocks.blocks() + " blocks, which "
                        + (isShared ? "all workers share" : "go from worker to worker in each pass"));
        if (parts > 1) {
            decided.put("documents", "in " + parts + " parts of each worker's, one of which is in memory at a time");
        }
        return decided;
    }

    private CountRows rows(Node node, int block) {
        var table = node.table(WORDS);
        if (!isShared) {
            return table.counts().block(block);
        }
        var rows = new CountRows(blocks.wordsOf(block), options.topics());
        SharedCounts.read(blocks, block, options.topics(), (keys, out) -> node.gather(table, keys, out), rows);
        return rows;
    }

    @Override
    public TopicModel model(Outcome outcome) {
        var node = outcome.node();
        int words = data.words();
        int[] wordOf = blocks.words();
        var starts = new int[words + 1];
        for (int block = 0; block < blocks.blocks(); block++) { // block by block, since not all may be in memory
            var rows = rows(node, block);
            for (int row = 0; row < rows.rows(); row++) {
                int word = wordOf[(block << blocks.shift()) + row];
                if (word >= 0) {
                    starts[word + 1] = rows.nonZeros(row);
                }
            }
        }
        for (int word = 0; word < words; word++) {
            starts[word + 1] = Math.addExact(starts[word], starts[word + 1]);
        }
        var builder = new TopicModel.Builder(data.schema(), starts, options);
        for (int block = 0; block < blocks.blocks(); block++) {
            var rows = rows(node, block);
            for (int row = 0; row < rows.rows(); row++) {
                int word = wordOf[(block << blocks.shift()) + row];
                if (word >= 0) {
                    builder.word(word, rows, row);
                }
            }
        }
        var alpha = new float[options.topics()];
        if (options.isAlphaFound()) {
            node.gather(node.table(ALPHA), new long[] {0}, alpha);
        }
        for (int k = 0; k < alpha.length; k++) {
            alpha[k] = (float) (options.prior() + alpha[k]);
        }
        var model = builder.build(alpha);
        return isWhole ? model.measuredOn(data) : model;
    }
}
