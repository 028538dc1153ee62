package orrery.learn.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.data.DataException;
import orrery.data.Graph;
import orrery.engine.stage.Run;
import orrery.table.plan.Placing;

final class PageRankTest {
    @TempDir
    Path folder;

    /** A few nodes that many point to, some dead ends, loops, and edges that occur twice. */
    private static Graph random(int nodes, int edges, long seed) {
        var random = new SplittableRandom(seed);
        var from = new int[edges];
        var to = new int[edges];
        for (int i = 0; i < edges; i++) {
            from[i] = random.nextInt(nodes - nodes / 5);
            to[i] = (int) (nodes * Math.pow(random.nextDouble(), 3));
        }
        return Graph.of(List.of(), nodes, from, to, edges);
    }

    /** The definition, in doubles. */
    private static double[] bare(Graph graph, double d, int iterations, int... seeds) {
        int n = graph.nodes();
        var begun = new double[n];
        if (seeds.length == 0) {
            Arrays.fill(begun, 1.0 / n);
        }
        for (int seed : seeds) {
            begun[seed] = 1.0 / seeds.length;
        }
        var ranks = begun.clone();
        for (int i = 0; i < iterations; i++) {
            double dead = 0;
            for (int v = 0; v < n; v++) {
                dead += graph.outDegree()[v] == 0 ? ranks[v] : 0;
            }
            var next = new double[n];
            for (int v = 0; v < n; v++) {
                double sum = 0;
                for (int k = graph.starts()[v]; k < graph.starts()[v + 1]; k++) {
                    int u = graph.sources()[k];
                    sum += ranks[u] / graph.outDegree()[u];
                }
                next[v] = (1 - d) * begun[v] + d * (sum + dead * begun[v]);
            }
            ranks = next;
        }
        return ranks;
    }

    private static Ranks rank(Graph graph, PageRankOptions options, Run run) throws Exception {
        return new PageRank(options).prepare(graph, run).run().model();
    }

    private static void assertClose(Ranks is, double[] due) {
        for (int v = 0; v < due.length; v++) {
            assertThat((double) is.ranks()[v]).isCloseTo(due[v], within(1e-6));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void ranksAreThoseOfTheBareLoop(int workers) throws Exception {
        for (long seed = 0; seed < 5; seed++) {
            var graph = random(300 + (int) seed, 2000, seed);
            var ranks = rank(graph, new PageRankOptions(0.85, 0, 30, List.of()), Run.local(workers));
            assertThat(ranks.iterations()).isBetween(15, 30); // fewer if nothing changes any more
            assertClose(ranks, bare(graph, 0.85, 30));
        }
    }

    @Test
    void walksBeginAtTheSeeds() throws Exception {
        var graph = random(200, 900, 3);
        var ranks = rank(graph, new PageRankOptions(0.7, 0, 40, List.of("17", "90")), Run.local(2));
        assertClose(ranks, bare(graph, 0.7, 40, 17, 90));
        assertThatThrownBy(() -> rank(graph, new PageRankOptions(0.7, 0, 40, List.of("200")), Run.local(1)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("no node '200'");
    }

    @Test
    void endsWhenItChangesLittle() throws Exception {
        var graph = random(500, 4000, 1);
        var ranks = rank(graph, PageRankOptions.DEFAULT, Run.local(2));
        assertThat(ranks.change()).isLessThanOrEqualTo(1e-6);
        assertThat(ranks.iterations()).isBetween(5, 99);
        assertClose(ranks, bare(graph, 0.85, 200));
        var before = rank(graph, new PageRankOptions(0.85, 0, ranks.iterations() - 1, List.of()), Run.local(2));
        assertThat(before.change()).isGreaterThan(1e-6);
        double sum = 0;
        for (float rank : ranks.ranks()) {
            sum += rank;
        }
        assertThat(sum).isCloseTo(1, within(1e-5));
    }

    /** Where rows lie changes nothing. */
    @ParameterizedTest
    @EnumSource(Placing.class)
    void aPlanChangesNoBit(Placing placing) throws Exception {
        var graph = random(400, 3000, 5);
        var options = new PageRankOptions(0.85, 0, 20, List.of());
        var run = Run.local(3);
        var due = rank(graph, options, run).ranks();
        var plan = new PageRank(options).prepare(graph, run).plan(placing, 3);
        assertThat(plan.of(RankRecipe.SHARES)).isPresent();
        assertThat(rank(graph, options, run.with(plan)).ranks()).containsExactly(due);
    }

    @Test
    void whatIsSavedIsLoaded() throws Exception {
        var graph = random(50, 200, 5);
        var ranks = rank(graph, PageRankOptions.DEFAULT, Run.local(1)).from(Map.of("data", "random"));
        var file = folder.resolve("ranks.safetensors");
        ranks.save(file);
        var loaded = Ranks.load(file);
        assertThat(loaded.ranks()).containsExactly(ranks.ranks());
        assertThat(loaded.top(5)).isEqualTo(ranks.top(5));
        assertThat(loaded.provenance()).containsEntry("data", "random");
        assertThat(loaded.top(3)).extracting(Ranks.Entry::node).doesNotHaveDuplicates();
    }

    /** Graphs of more than one bin, and of nodes that nobody points to. */
    @Test
    void binsAddUpWhatIsPulled() {
        var random = new SplittableRandom(6);
        for (int nodes : new int[] {1, 7, 40_000, 70_000}) {
            int positions = 5_000;
            var starts = new int[nodes + 1];
            for (int v = 0; v < nodes; v++) {
                starts[v + 1] = starts[v] + (random.nextInt(4) == 0 ? random.nextInt(9) : 0);
            }
            var edges = random.ints(starts[nodes], 0, positions).toArray();
            var values = new float[positions];
            for (int p = 0; p < positions; p++) {
                values[p] = random.nextFloat();
            }
            var pulled = new float[nodes];
            var binned = new float[nodes];
            Arrays.fill(binned, 9);
            new Pulled(starts, edges, new float[0]).sum(values, pulled);
            new Binned(starts, edges, positions).sum(values, binned);
            for (int v = 0; v < nodes; v++) {
                assertThat(binned[v]).isEqualTo(pulled[v], within(1e-5f));
            }
        }
    }
}
