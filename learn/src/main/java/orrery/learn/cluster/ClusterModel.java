package orrery.learn.cluster;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import orrery.data.Cache;
import orrery.data.Columns;
import orrery.data.Examples;
import orrery.data.FeatureSums;
import orrery.data.Schema;
import orrery.engine.train.Model;
import orrery.engine.train.ModelFile;
import orrery.engine.train.ModelParts;
import orrery.engine.train.ModelRows;
import orrery.store.Json;
import orrery.store.Place;
import orrery.store.Safetensors.Tensor;

/**
 * Centroids.
 *
 * @param schema what features mean; other data is read by it
 * @param clusters how many
 * @param features of a centroid
 * @param centres the centroids: a row per cluster
 * @param counts by cluster: how many examples it has, or has drawn
 * @param provenance where they come from
 */
public record ClusterModel(
        Schema schema, int clusters, int features, ModelRows centres, float[] counts, Map<String, String> provenance)
        implements Model {
    /** What the file says that it is. */
    public static final String FORMAT = "orrery-clusters-1";

    /** Takes what is found of an example. */
    @FunctionalInterface
    public interface Found {
        void found(long example, int cluster, double squaredDistance);
    }

    /** The centroids (clusters, features); see {@link ModelRows#values}. */
    public float[] centroids() {
        return centres.values();
    }

    /** Finds the nearest centroid of each example; features that no centroid has are left out. */
    public void assign(Examples examples, Found each) {
        if (!(centres instanceof ModelRows.Dense(var centroids, int _))) {
            assignBySlices(examples, each);
            return;
        }
        int wide = Math.max(features, examples.features());
        var rows = new float[Math.multiplyExact(clusters, wide)];
        for (int c = 0; c < clusters; c++) {
            System.arraycopy(centroids, c * features, rows, c * wide, features);
        }
        var number = new long[1];
        Nearest.once(examples, 0, examples.size(), clusters, Sums.mean(rows, wide))
                .assign(
                        rows,
                        (example, none, cluster) ->
                                each.found(number[0]++, cluster, squaredDistance(example, rows, cluster * wide, wide)));
    }

    private void assignBySlices(Examples examples, Found each) {
        int count = Math.toIntExact(examples.size());
        var nearest = new NearestBySlices(examples, count, i -> i, features);
        var row = new float[features];
        nearest.find(Slices.of(clusters, Math.max(1, features)), (from, to, rows) -> {
            for (int c = from; c < to; c++) {
                centres.row(c, row);
                System.arraycopy(row, 0, rows, (c - from) * features, features);
            }
        });
        for (int i = 0; i < count; i++) {
            each.found(i, nearest.cluster(i), nearest.distance(i));
        }
    }

    private static double squaredDistance(Examples.Cursor example, float[] rows, int at, int features) {
        double distance = 0;
        for (int f = 0; f < features; f++) {
            distance += (double) rows[at + f] * rows[at + f];
        }
        for (int p = example.from(); p < example.to(); p++) {
            double value = example.values()[p];
            distance += value * (value - 2 * rows[at + example.indices()[p]]);
        }
        return Math.max(0, distance);
    }

    private Centroids near(int wide) {
        var near = new Centroids(clusters, wide);
        var row = new float[wide];
        for (int c = 0; c < clusters; c++) {
            centres.row(c, row);
            near.set(c, row, 0);
        }
        near.seal();
        return near;
    }

    /** Ready to find the centroids of examples one at a time. */
    public Finder finder() {
        return new Finder(near(features), features);
    }

    /** Finds the nearest centroid of one example after another, from its features. Not thread-safe. */
    public static final class Finder implements Columns.Sink {
        private final Centroids near;
        private final int features;
        private double norm;

        private Finder(Centroids near, int features) {
            this.near = near;
            this.features = features;
        }

        /** An example begins. */
        public void begin() {
            near.begin();
            norm = 0;
        }

        @Override
        public void feature(long index, float value) {
            if (index < features) {
                near.feature((int) index, value);
            }
            norm += (double) value * value;
        }

        /** The cluster of the example whose features were given. */
        public int nearest() {
            return near.nearest();
        }

        /** The squared distance of that example to a centroid. */
        public double squaredDistance(int cluster) {
            return near.distance(norm, cluster);
        }
    }

    /** The sum of the squared distances to the nearest centroids, and the mean of them; beside it that of one cluster. */
    public Map<String, Double> score(Examples examples) {
        return score(examples, new long[clusters]);
    }

    /**
     * The same.
     *
     * @param sizes by cluster: how many examples it has; filled
     */
    public Map<String, Double> score(Examples examples, long[] sizes) {
        var sum = new double[1];
        assign(examples, (i, cluster, distance) -> {
            sum[0] += distance;
            sizes[cluster]++;
        });
        var scores = new LinkedHashMap<String, Double>();
        scores.put("inertia", sum[0]);
        scores.put("baselineInertia", ofOneCluster(examples));
        scores.put("meanDistance", sum[0] / examples.size());
        return scores;
    }

    /** The sum of the squared distances to the mean of all. */
    private static double ofOneCluster(Examples examples) {
        var sums = FeatureSums.of(examples);
        double inertia = 0;
        for (int f = 0; f < examples.features(); f++) {
            inertia += sums.squaresFromMean(f);
        }
        return inertia;
    }

    @Override
    public ClusterModel from(Map<String, String> where) {
        return new ClusterModel(schema, clusters, features, centres, counts, Map.copyOf(where));
    }

    @Override
    public void save(Place file) throws IOException {
        var about = new LinkedHashMap<String, String>();
        about.put("schema", Json.line(schema.toMap()));
        var tensors = new ArrayList<Tensor>();
        if (centres instanceof ModelRows.InParts inParts) {
            about.put("features", String.valueOf(features));
            inParts.parts().save(file, about);
        } else {
            tensors.add(Tensor.floats("centroids", centroids(), clusters, features));
        }
        tensors.add(Tensor.floats("counts", counts));
        tensors.add(Tensor.bytes("words", Cache.joinWords(schema.words())));
        ModelFile.write(file, FORMAT, about, provenance, tensors);
    }

    /** Loads what {@link #save} has saved. */
    public static ClusterModel load(Path path) throws IOException {
        return load(Place.of(path));
    }

    /** The same from any place. */
    public static ClusterModel load(Place path) throws IOException {
        try (var file = ModelFile.open(path, FORMAT, "a clustering")) {
            int clusters = Math.toIntExact(file.shape("counts")[0]);
            ModelRows centres;
            int features;
            if (ModelParts.has(file)) {
                features = ModelFile.count(file, "features", path);
                centres = new ModelRows.InParts(ModelParts.open(file, path), ClusterRecipe.TABLE, clusters, features);
            } else {
                var shape = file.shape("centroids");
                if (shape.length != 2 || clusters != shape[0]) {
                    throw new IOException(path + ": centroids and counts do not fit each other");
                }
                features = (int) shape[1];
                centres = new ModelRows.Dense(ModelFile.finite(file, "centroids"), features);
            }
            var schema = Schema.fromMap(
                    Json.object(file.metadata().getOrDefault("schema", ""), path + ", schema"),
                    Cache.splitWords(file.bytes("words")),
                    path.toString());
            return new ClusterModel(
                    schema, clusters, features, centres, ModelFile.finite(file, "counts"), ModelFile.provenance(file));
        }
    }
}
