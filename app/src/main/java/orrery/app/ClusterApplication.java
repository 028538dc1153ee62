package orrery.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import orrery.data.Loaded;
import orrery.engine.Run;
import orrery.learn.cluster.ClusterModel;
import orrery.learn.cluster.ClusterOptions;
import orrery.learn.cluster.ClusterTraining;
import orrery.learn.cluster.KMeans;

/** kmeans. */
final class ClusterApplication implements Application<ClusterModel> {
    private final ClusterOptions options;
    private final DataFlags reading;
    private Optional<Loaded> data = Optional.empty();

    ClusterApplication(ClusterOptions options, DataFlags reading) {
        this.options = options;
        this.reading = reading;
    }

    @Override
    public String read(String name, long seed) throws IOException {
        data = Optional.of(reading.data().read(name, reading.options()));
        return data.get().examples().toString();
    }

    @Override
    public String dataSum() {
        return data.orElseThrow().examples().sum();
    }

    @Override
    public ClusterTraining prepare(Run run) throws IOException {
        return new KMeans(options).prepare(data.orElseThrow(), run);
    }

    @Override
    public boolean isPlanned() {
        return false;
    }

    @Override
    public Map<String, Object> results(ClusterModel model) {
        var results = new LinkedHashMap<String, Object>();
        results.put("train", model.score(data.orElseThrow().examples()));
        var sizes = new long[model.clusters()];
        model.assign(data.orElseThrow().examples(), (i, cluster, distance) -> sizes[cluster]++);
        results.put("sizes", Arrays.stream(sizes).boxed().toList());
        return results;
    }

    @Override
    public void print(PrintWriter out, ClusterModel model, Map<String, Object> results) {
        Train.printMetrics(out, "train", results.get("train"));
        out.println("sizes  " + results.get("sizes"));
    }

    /** What is worth seeing of clusters that were saved: the heaviest features of each. */
    static void show(PrintWriter out, ClusterModel model, int top) {
        out.printf(Locale.ROOT, "# %d clusters, %,d features%n", model.clusters(), model.features());
        for (int c = 0; c < model.clusters(); c++) {
            int first = c * model.features();
            out.println("cluster " + c + ": "
                    + IntStream.range(0, model.features())
                            .boxed()
                            .sorted(Comparator.comparingDouble(f -> -Math.abs(model.centroids()[first + f])))
                            .limit(top)
                            .map(f -> String.format(
                                    Locale.ROOT,
                                    "%s %+.3f",
                                    model.schema().featureName(f),
                                    model.centroids()[first + f]))
                            .collect(Collectors.joining(", ")));
        }
    }
}
