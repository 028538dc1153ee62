package orrery.learn.rank;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import orrery.data.Graph;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Cut;
import orrery.engine.stage.Measured;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Verdict;
import orrery.engine.train.Recipe;
import orrery.table.spec.TableSpec;

/** The ranks of the nodes of a graph. */
final class RankRecipe implements Recipe<Ranks> {
    static final String SHARES = "shares";
    static final String STATE = "state";
    private static final int BETWEEN_CUTS = 10;

    private final PageRankOptions options;
    private final Graph graph;
    private final Job job;

    RankRecipe(PageRankOptions options, Graph graph, BitSet seeds, Run run) {
        this.options = options;
        this.graph = graph;
        int workers = run.workers();
        var tables = List.of(
                TableSpec.dense(SHARES, graph.nodes(), 1), // rank over out-degree, of dead ends the rank
                TableSpec.dense(STATE, workers, RankStep.STATE_COLUMNS));
        var stage = new Stage(
                "rank",
                options.iterations() + 1L, // the first gives everybody a rank
                Math.min(BETWEEN_CUTS, options.iterations() + 1L),
                worker -> Measured.by(
                        worker,
                        new RankStep(
                                graph,
                                options,
                                seeds,
                                worker,
                                worker.session().table(SHARES),
                                worker.session().table(STATE)),
                        session -> measure(session.values(session.table(STATE)))),
                this::decide);
        job = new Job("pagerank", tables, List.of(stage));
    }

    /** Ends the job when the last iteration has changed the ranks by little enough. */
    private Verdict decide(Cut cut) {
        return cut.metric("iterations", 0) > 0 && cut.metric("change", Double.NaN) <= options.tolerance()
                ? Verdict.FINISH
                : Verdict.GO_ON;
    }

    /** By how much the last iteration changed the ranks, and how many there were. */
    private static Map<String, Double> measure(float[] state) {
        double change = 0;
        double iterations = 0;
        for (int at = 0; at < state.length; at += RankStep.STATE_COLUMNS) {
            change += state[at + RankStep.CHANGE];
            iterations = Math.max(iterations, state[at + RankStep.ITERATIONS]);
        }
        return Map.of("change", change, "iterations", iterations);
    }

    @Override
    public Map<String, String> identity() {
        return Map.of(
                "damping",
                String.valueOf(options.damping()),
                "tolerance",
                String.valueOf(options.tolerance()),
                "seeds",
                List.copyOf(options.seeds()).toString(),
                Identity.DATA,
                graph.sum());
    }

    @Override
    public Job job() {
        return job;
    }

    @Override
    public Ranks model(Outcome outcome) {
        var node = outcome.node();
        var ranks = node.values(node.table(SHARES));
        for (int v = 0; v < ranks.length; v++) {
            double strength = graph.outStrength(v);
            ranks[v] *= (float) (strength == 0 ? 1 : strength);
        }
        var last = measure(node.values(node.table(STATE)));
        return new Ranks(
                graph.names(),
                ranks,
                last.getOrDefault("iterations", 0.0).intValue(),
                last.getOrDefault("change", 0.0),
                Map.of());
    }
}
