package orrery.bench.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/**
 * What one does on Spark without a parameter server, SparkNet's way: the driver broadcasts the weights, each task takes so
 * many steps of AdaGrad on its part, {@code treeAggregate} sums the weights up for their mean. Parts are packed once and
 * cached where they are, and keep AdaGrad's sums from round to round.
 */
final class DriverAveraging implements AutoCloseable {
    private static final int MOST_ROUNDS = 150; // of a measurement, where a pass has more

    private final JavaSparkContext context;
    private final JavaRDD<Part> parts;
    private final int batch;
    private final float rate;
    private final int features;
    private final int stepsPerPass;

    DriverAveraging(Dataset<Row> train, int batch, float rate) {
        this.batch = batch;
        this.rate = rate;
        context = JavaSparkContext.fromSparkContext(train.sparkSession().sparkContext());
        features = train.first().<SparseVector>getAs("features").size();
        parts = train.select("label", "features")
                .javaRDD()
                .mapPartitions(rows -> {
                    var part = new Part();
                    rows.forEachRemaining(part::add);
                    return List.of(part.shuffled()).iterator();
                })
                .persist(StorageLevel.MEMORY_ONLY());
        int largest = parts.map(Part::size).reduce(Math::max);
        stepsPerPass = (largest + batch - 1) / batch;
    }

    /** One partition's rows, and what AdaGrad keeps. */
    private static final class Part implements Serializable {
        private static final long serialVersionUID = 1;
        private final ArrayList<int[]> indices = new ArrayList<>();
        private final ArrayList<float[]> values = new ArrayList<>();
        private final ArrayList<Float> labels = new ArrayList<>();
        private float[] squares = new float[0];
        private int next;

        void add(Row row) {
            var vector = row.<SparseVector>getAs(1);
            var floats = new float[vector.values().length];
            for (int k = 0; k < floats.length; k++) {
                floats[k] = (float) vector.values()[k];
            }
            indices.add(vector.indices());
            values.add(floats);
            labels.add(row.getDouble(0) > 0 ? 1f : -1f);
        }

        Part shuffled() {
            var random = new Random(1);
            for (int i = size() - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                Collections.swap(indices, i, j);
                Collections.swap(values, i, j);
                Collections.swap(labels, i, j);
            }
            return this;
        }

        int size() {
            return labels.size();
        }

        /** So many steps from these weights, the last of which is the intercept. */
        float[] steps(float[] from, int steps, int batch, float rate, boolean isFirst) {
            var w = from.clone();
            if (isFirst) {
                squares = new float[w.length];
                next = 0;
            }
            var gradient = new float[w.length];
            var touched = new int[0];
            for (int step = 0; step < steps; step++) {
                int n = 0;
                var rows = new int[batch];
                for (int b = 0; b < batch; b++) {
                    rows[b] = next;
                    next = (next + 1) % size();
                    n += indices.get(rows[b]).length;
                }
                touched = touched.length < n ? new int[n] : touched;
                int t = 0;
                float ofIntercept = 0;
                for (int row : rows) {
                    int[] at = indices.get(row);
                    float[] x = values.get(row);
                    float margin = w[w.length - 1];
                    for (int k = 0; k < at.length; k++) {
                        margin += w[at[k]] * x[k];
                    }
                    float y = labels.get(row);
                    float slope = (float) (-y / (1 + Math.exp(y * margin)) / batch);
                    for (int k = 0; k < at.length; k++) {
                        gradient[at[k]] += slope * x[k];
                        touched[t++] = at[k];
                    }
                    ofIntercept += slope;
                }
                for (int k = 0; k < t; k++) {
                    move(w, gradient, touched[k], rate);
                }
                gradient[w.length - 1] = ofIntercept;
                move(w, gradient, w.length - 1, rate);
            }
            return w;
        }

        private void move(float[] w, float[] gradient, int f, float rate) {
            float g = gradient[f];
            if (g != 0) {
                squares[f] += g * g;
                w[f] -= rate * g / (float) Math.sqrt(squares[f] + 1e-12f);
                gradient[f] = 0;
            }
        }
    }

    /** Trains, and measures what a pass takes. */
    StepsBench.Pass train(int tau, int passes, Dataset<Row> test) {
        var weights = new float[features + 1];
        int count = parts.getNumPartitions();
        long all = Math.max(1, (long) passes * stepsPerPass / tau);
        long rounds = Math.min(all, MOST_ROUNDS);
        long start = 0;
        long bytes = 0;
        for (long round = 0; round <= rounds; round++) {
            if (round == 1) { // the first warms up
                start = System.nanoTime();
                bytes = Loopback.bytes();
            }
            boolean isFirst = round == 0;
            Broadcast<float[]> sent = context.broadcast(weights);
            int of = batch;
            float step = rate;
            var sum = parts.treeAggregate(
                    new float[0], // which travels with each task, so it is better short
                    (total, part) -> plus(total, part.steps(sent.getValue(), tau, of, step, isFirst)),
                    DriverAveraging::plus);
            for (int f = 0; f < sum.length; f++) {
                weights[f] = sum[f] / count;
            }
            sent.destroy();
        }
        double perPass = stepsPerPass / (double) tau / rounds;
        return new StepsBench.Pass(
                (System.nanoTime() - start) / 1e9 * perPass,
                (Loopback.bytes() - bytes) * perPass,
                rounds < all ? Double.NaN : loss(weights, test));
    }

    private static float[] plus(float[] total, float[] more) {
        if (total.length == 0) {
            return more;
        }
        for (int f = 0; f < more.length; f++) {
            total[f] += more[f];
        }
        return total;
    }

    private double loss(float[] weights, Dataset<Row> test) {
        var sent = context.broadcast(weights);
        var rows = test.select("label", "features").javaRDD();
        double sum = rows.mapToDouble(row -> {
                    var w = sent.getValue();
                    var x = row.<SparseVector>getAs(1);
                    double margin = w[w.length - 1];
                    for (int k = 0; k < x.indices().length; k++) {
                        margin += w[x.indices()[k]] * x.values()[k];
                    }
                    return Math.log1p(Math.exp(row.getDouble(0) > 0 ? -margin : margin));
                })
                .sum();
        return sum / test.count();
    }

    @Override
    public void close() {
        parts.unpersist();
    }
}
