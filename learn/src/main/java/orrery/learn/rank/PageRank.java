package orrery.learn.rank;

import java.util.BitSet;
import orrery.data.DataException;
import orrery.data.Graph;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;

/**
 * PageRank by power iteration (Page et al., "The PageRank Citation Ranking: Bringing Order to the Web", 1999):
 * {@code r(v) = (1 - d) t(v) + d (sum of r(u) w(u, v) / outWeight(u) over the u that point to v + t(v) * rank of dead
 * ends)}, where w is the weight of an edge, 1 if edges have none, and
 * t is even over the seeds, or over all nodes. Ranks sum up to 1.
 */
public final class PageRank {
    private final PageRankOptions options;

    public PageRank(PageRankOptions options) {
        this.options = options;
    }

    /**
     * Prepares the ranking of a graph.
     *
     * @throws DataException if a seed is no node of it
     */
    public Training<Ranks> prepare(Graph graph, Run run) throws DataException {
        var seeds = new BitSet();
        for (var name : options.seeds()) {
            int node = graph.find(name);
            if (node < 0) {
                throw new DataException("there is no node '" + name + "' to begin at in this graph of " + graph);
            }
            seeds.set(node);
        }
        return new Training<>(new RankRecipe(options, graph, seeds, run), run);
    }
}
