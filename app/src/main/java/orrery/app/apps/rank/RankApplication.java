package orrery.app.apps.rank;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import orrery.app.apps.Application;
import orrery.app.flags.EdgeFlags;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.UsageException;
import orrery.data.Graph;
import orrery.data.Read;
import orrery.data.Reading;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.learn.rank.PageRank;
import orrery.learn.rank.PageRankOptions;
import orrery.learn.rank.Ranks;
import orrery.store.Place;
import orrery.store.Printable;

/** pagerank. */
public final class RankApplication implements Application {
    @Override
    public String name() {
        return "pagerank";
    }

    @Override
    public String summary() {
        return "ranks the nodes of a graph by PageRank";
    }

    @Override
    public String data() {
        return "edges (CSV, TSV, blanks; from, to, weight), Matrix Market, or jdk-graph";
    }

    @Override
    public String counted() {
        return "edges";
    }

    @Override
    public List<String> examples() {
        return List.of("train pagerank jdk-graph --top 3", "train pagerank links.csv --from-column a --to-column b");
    }

    @Override
    public String format() {
        return Ranks.FORMAT;
    }

    @Override
    public Flags flags() {
        var reading = new EdgeFlags();
        var ranking = new RankFlags();
        return new Flags() {
            @Override
            public List<FlagGroup> groups() {
                return List.of(new FlagGroup(FlagGroup.DATA, reading), new FlagGroup(FlagGroup.MODEL, ranking));
            }

            @Override
            public Application.Task<Ranks> task(Given given) {
                reading.options();
                return new Task(reading, ranking.options(), ranking.top);
            }
        };
    }

    private static final class Task implements Application.Task<Ranks> {
        private final EdgeFlags reading;
        private final PageRankOptions options;
        private final int top;
        private Optional<Read<Graph>> graph = Optional.empty();

        Task(EdgeFlags reading, PageRankOptions options, int top) {
            this.reading = reading;
            this.options = options;
            this.top = top;
        }

        private Graph graph() {
            return graph.orElseThrow().value();
        }

        @Override
        public String read(String name, long seed) throws IOException {
            graph = Optional.of(reading.data().graph(name, reading.options()));
            return graph().toString();
        }

        @Override
        public Reading reading() {
            return graph.orElseThrow().reading();
        }

        @Override
        public String dataSum() {
            return graph().sum();
        }

        @Override
        public Training<Ranks> prepare(Run run) throws IOException {
            return new PageRank(options).prepare(graph(), run);
        }

        @Override
        public boolean isPlanned(Run run) {
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
        public List<String> warnings(orrery.engine.train.Trained<Ranks> trained, Map<String, Object> results) {
            var ranks = trained.model();
            return ranks.iterations() >= options.iterations() && ranks.change() > options.tolerance()
                    ? List.of(String.format(
                            Locale.ROOT,
                            "the ranks still changed by %.2g in the last of %d iterations, more than --tolerance %.2g:"
                                    + " try --iterations %d",
                            ranks.change(),
                            ranks.iterations(),
                            options.tolerance(),
                            4 * ranks.iterations()))
                    : List.of();
        }

        @Override
        public void print(PrintWriter out, Ranks ranks, Map<String, Object> results) {
            out.printf(Locale.ROOT, "%d iterations, last change %.2g%n", ranks.iterations(), ranks.change());
            RankApplication.print(out, ranks, top);
        }
    }

    private static void print(PrintWriter out, Ranks ranks, int top) {
        ranks.top(top)
                .forEach(entry -> out.printf(Locale.ROOT, "%.6f  %s%n", entry.rank(), Printable.of(entry.name())));
    }

    @Override
    public Saved open(Place model) throws IOException {
        var ranks = Ranks.load(model);
        return new Saved() {
            @Override
            public List<Object> options() {
                return List.of();
            }

            @Override
            public void show(PrintWriter out, int top) {
                out.printf(
                        Locale.ROOT, "# ranks of %,d nodes, %d iterations%n", ranks.ranks().length, ranks.iterations());
                print(out, ranks, top);
            }

            @Override
            public void predict(String data, boolean probabilities, PrintWriter out) {
                throw new UsageException("ranks predict nothing; see them by: orrery show " + model);
            }

            @Override
            public Optional<Measured> measure(String data) {
                return Optional.empty();
            }
        };
    }
}
