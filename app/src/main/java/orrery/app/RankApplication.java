package orrery.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import orrery.data.Data;
import orrery.data.Graph;
import orrery.engine.Run;
import orrery.learn.rank.PageRank;
import orrery.learn.rank.PageRankOptions;
import orrery.learn.rank.PageRankRun;
import orrery.learn.rank.Ranks;

/** pagerank. */
final class RankApplication implements Application<Ranks> {
    private final PageRankOptions options;
    private final int top;
    private final Data data;
    private Optional<Graph> graph = Optional.empty();

    RankApplication(RankFlags flags, Data data) {
        options = flags.options();
        top = flags.top;
        this.data = data;
    }

    @Override
    public String read(String name, long seed) throws IOException {
        graph = Optional.of(data.graph(name));
        return graph.get().toString();
    }

    @Override
    public String dataSum() {
        return graph.orElseThrow().sum();
    }

    @Override
    public PageRankRun prepare(Run run) throws IOException {
        return new PageRank(options).prepare(graph.orElseThrow(), run);
    }

    @Override
    public boolean isPlanned() {
        return true;
    }

    @Override
    public Map<String, Object> results(Ranks ranks) {
        var results = new LinkedHashMap<String, Object>();
        results.put("iterations", ranks.iterations());
        results.put("change", ranks.change());
        var nodes = new LinkedHashMap<String, Object>();
        ranks.top(top).forEach(entry -> nodes.put(entry.name(), entry.rank()));
        results.put("top", nodes);
        return results;
    }

    @Override
    public void print(PrintWriter out, Ranks ranks, Map<String, Object> results) {
        out.printf(Locale.ROOT, "%d iterations, last change %.2g%n", ranks.iterations(), ranks.change());
        print(out, ranks, top);
    }

    private static void print(PrintWriter out, Ranks ranks, int top) {
        ranks.top(top).forEach(entry -> out.printf(Locale.ROOT, "%.6f  %s%n", entry.rank(), entry.name()));
    }

    /** What is worth seeing of ranks that were saved. */
    static void show(PrintWriter out, Ranks ranks, int top) {
        out.printf(Locale.ROOT, "# ranks of %,d nodes, %d iterations%n", ranks.ranks().length, ranks.iterations());
        print(out, ranks, top);
    }
}
