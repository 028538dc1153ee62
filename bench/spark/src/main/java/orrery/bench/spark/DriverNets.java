package orrery.bench.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;
import orrery.deep.train.LocalNet;
import orrery.deep.train.NetOptions;

/**
 * SparkNet as its authors run it: the driver broadcasts the weights, each task takes so many steps with a net that its executor keeps, {@code
 * treeAggregate} sums the weights up for their mean. Examples are cached where they are.
 */
final class DriverNets implements AutoCloseable {
    private static final ConcurrentHashMap<Integer, LocalNet> NETS =
            new ConcurrentHashMap<>(); // of an executor, by part

    private final JavaSparkContext context;
    private final JavaRDD<Part> parts;
    private final NetOptions options;

    DriverNets(Dataset<Row> train, NetOptions options) {
        this.options = options;
        context = JavaSparkContext.fromSparkContext(train.sparkSession().sparkContext());
        parts = train.select("label", "features")
                .javaRDD()
                .mapPartitionsWithIndex(
                        (number, rows) -> List.of(new Part(number, rows)).iterator(), true)
                .persist(StorageLevel.MEMORY_ONLY());
        parts.count();
    }

    /** One partition's examples. */
    private static final class Part implements Serializable {
        private static final long serialVersionUID = 1;
        private final int number;
        private final ArrayList<float[]> numbers = new ArrayList<>();
        private final ArrayList<Integer> labels = new ArrayList<>();
        private int next;

        Part(int number, Iterator<Row> rows) {
            this.number = number;
            rows.forEachRemaining(row -> {
                double[] of = row.<Vector>getAs(1).toArray();
                var floats = new float[of.length];
                for (int i = 0; i < of.length; i++) {
                    floats[i] = (float) of[i];
                }
                numbers.add(floats);
                labels.add((int) row.getDouble(0));
            });
        }

        /** Takes steps from these weights. */
        float[] steps(float[] from, int count, NetOptions options) {
            var net = NETS.computeIfAbsent(number, n -> new LocalNet(options, 1));
            net.setTrainingData(new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return true;
                }

                @Override
                public LocalNet.Example next() {
                    next = (next + 1) % labels.size();
                    return new LocalNet.Example(numbers.get(next), labels.get(next));
                }
            });
            if (from.length > 0) {
                set(net, from);
            }
            net.train(count);
            return all(net);
        }
    }

    /** Weights one after another. */
    private static float[] all(LocalNet net) {
        var weights = net.getWeights();
        var all = new float[weights.values().stream().mapToInt(of -> of.length).sum()];
        int at = 0;
        for (var of : weights.values()) {
            System.arraycopy(of, 0, all, at, of.length);
            at += of.length;
        }
        return all;
    }

    private static void set(LocalNet net, float[] all) {
        var weights = new LinkedHashMap<>(net.getWeights());
        int at = 0;
        for (var of : weights.values()) {
            System.arraycopy(all, at, of, 0, of.length);
            at += of.length;
        }
        net.setWeights(weights);
    }

    /** Trains, and measures a step of every task. */
    NetsBench.Step train(int tau, int steps, List<LocalNet.Example> test) {
        float[] weights = new float[0]; // the nets' own first ones, which are equal
        int count = parts.getNumPartitions();
        int rounds = Math.max(2, steps / tau);
        long start = 0;
        long bytes = 0;
        var of = options;
        for (int round = 0; round <= rounds; round++) {
            if (round == 1) { // the first warms up
                start = System.nanoTime();
                bytes = Loopback.bytes();
            }
            Broadcast<float[]> sent = context.broadcast(weights);
            var sum = parts.treeAggregate(
                    new float[0], // which travels with each task, so it is better short
                    (total, part) -> plus(total, part.steps(sent.getValue(), tau, of)),
                    DriverNets::plus);
            for (int f = 0; f < sum.length; f++) {
                sum[f] /= count;
            }
            weights = sum;
            sent.destroy();
        }
        double all = (double) rounds * tau;
        double seconds = (System.nanoTime() - start) / 1e9 / all;
        double each = (Loopback.bytes() - bytes) / all;
        try (var net = new LocalNet(options, 1)) {
            set(net, weights);
            net.setValidationData(test.iterator());
            return new NetsBench.Step(
                    seconds, each, net.test(test.size() / options.batch()).getOrDefault("accuracy", Double.NaN));
        }
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

    @Override
    public void close() {
        parts.unpersist();
    }
}
