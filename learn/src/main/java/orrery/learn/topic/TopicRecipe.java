package orrery.learn.topic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import orrery.data.Loaded;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.learn.Recipe;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;

/** Topics of documents, by blocks of the vocabulary that rotate. */
final class TopicRecipe implements Recipe<TopicModel> {
    static final String WORDS = "words";
    static final String TOTALS = "totals";
    private static final String ALPHA = "alpha";
    private static final String RISES = "rises";
    private static final int MOST_REFRESHES = 64; // of the totals, in a pass
    private static final int BETWEEN_CUTS = 5; // passes

    private final TopicOptions options;
    private final Loaded data;
    private final WordBlocks blocks;
    private final Run run;
    private final Job job;

    TopicRecipe(TopicOptions options, Loaded data, Run run) {
        this.options = options;
        this.data = data;
        this.run = run;
        var documents = data.examples();
        long[] tokens = WordBlocks.count(documents);
        long size = Arrays.stream(tokens).sum();
        if (!run.consistency().rotates() && !run.consistency().equals(new Consistency.Bsp())) {
            throw new IllegalArgumentException(
                    "lda counts words in blocks that go from worker to worker: its consistency is"
                            + " rotating, or left out, not " + run.consistency());
        }
        int asked = run.consistency() instanceof Consistency.Rotating(int some) && some != Consistency.Rotating.BLOCKS
                ? some
                : options.sampler().blocksOfWorker() * Math.max(2, run.workers());
        blocks = WordBlocks.of(tokens, asked);
        int clocksPerLap = Math.min(blocks.blocks(), MOST_REFRESHES);
        var tables = new ArrayList<>(List.of(
                TableSpec.counts(WORDS, blocks.rows(), options.topics(), blocks.blocks()),
                TableSpec.dense(TOTALS, 1, options.topics()).ofInts()));
        if (options.isAlphaFound()) {
            tables.add(TableSpec.dense(ALPHA, 1, options.topics()));
            tables.add(TableSpec.dense(RISES, 1, options.topics() + 1));
        }
        long[] firsts = firsts(run.workers(), size);
        var stage = new Stage(
                        "sample",
                        (long) clocksPerLap * options.iterations(),
                        (long) clocksPerLap * Math.min(BETWEEN_CUTS, options.iterations()),
                        worker -> new TopicStep(
                                documents,
                                firsts[worker.index()],
                                firsts[worker.index() + 1],
                                size,
                                blocks,
                                clocksPerLap,
                                options,
                                worker,
                                worker.session().table(WORDS),
                                worker.session().table(TOTALS),
                                options.isAlphaFound()
                                        ? Optional.of(new TopicStep.Found(
                                                worker.session().table(ALPHA),
                                                worker.session().table(RISES)))
                                        : Optional.empty()))
                .stoppedEvery(clocksPerLap);
        job = new Job("lda", tables, List.of(stage));
    }

    /** By worker its first document, then their number: all workers have about as many words. */
    private long[] firsts(int workers, long size) {
        var documents = data.examples();
        var firsts = new long[workers + 1];
        var cursor = documents.cursor();
        long before = 0;
        int next = 1;
        for (long d = 0; d < documents.size(); d++) {
            while (next < workers && before >= size * next / workers) {
                firsts[next++] = d;
            }
            cursor.move(d);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                before += (long) cursor.values()[k];
            }
        }
        Arrays.fill(firsts, next, workers + 1, documents.size());
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
        identity.put("consistency", "rotating:" + blocks.blocks());
        identity.put("seed", String.valueOf(run.seed()));
        identity.put("workers", String.valueOf(run.workers()));
        identity.put(Identity.DATA, data.examples().sum());
        return identity;
    }

    @Override
    public Map<String, String> decided() {
        return Map.of("vocabulary", "in " + blocks.blocks() + " blocks, which go from worker to worker in each pass");
    }

    @Override
    public TopicModel model(Outcome outcome) {
        var node = outcome.node();
        var rows = node.table(WORDS).counts();
        int words = data.examples().features();
        var builder = new TopicModel.Builder(data.schema(), words, options);
        for (int word = 0; word < words; word++) {
            rows.forEach(blocks.rowOf()[word], builder::count);
            builder.endWord();
        }
        var alpha = new float[options.topics()];
        if (options.isAlphaFound()) {
            node.gather(node.table(ALPHA), new long[] {0}, alpha);
        }
        for (int k = 0; k < alpha.length; k++) {
            alpha[k] = (float) (options.prior() + alpha[k]);
        }
        return builder.build(alpha).measuredOn(data.examples());
    }
}
