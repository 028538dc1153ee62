package orrery.spark;

import java.io.IOException;
import java.util.ArrayList;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import orrery.data.DataException;
import orrery.data.Examples;
import orrery.learn.cluster.ClusterOptions;
import orrery.learn.cluster.KMeans;

/** Finds clusters in data frames by k-means; see {@link KMeans}. */
public final class ClusterEstimator extends ExampleEstimator<ClusterEstimator, ClusterFrameModel> {
    private static final long serialVersionUID = 1;
    private static final int MOST_SAMPLED = 50_000;

    private final IntParam k;
    private final IntParam maxIter;
    private final DoubleParam tol;
    private final IntParam batchSize;
    private final IntParam starts;

    /** Of 10 clusters, if nothing is said. */
    public ClusterEstimator() {
        this(Identifiable$.MODULE$.randomUID("orrery-cluster"));
    }

    /** The same with an identifier, as Spark makes it when it loads a pipeline. */
    public ClusterEstimator(String uid) {
        super(uid);
        k = new IntParam(uid, "k", "how many clusters");
        maxIter = new IntParam(uid, "maxIter", "at most so many passes over the rows");
        tol = new DoubleParam(uid, "tol", "enough when the inertia falls by a smaller part of itself");
        batchSize = new IntParam(uid, "batchSize", "rows per worker and clock; 0 for all of them (Lloyd's iterations)");
        starts = new IntParam(uid, "starts", "so many times centroids are tried on a sample; the best begin");
        setDefaults();
    }

    /** Reads an estimator that was saved. */
    public static MLReader<ClusterEstimator> read() {
        return new DefaultParamsReader<>();
    }

    @Override
    void setOwnDefaults() {
        super.setOwnDefaults();
        setDefault(k, ClusterOptions.DEFAULT.clusters());
        setDefault(maxIter, ClusterOptions.DEFAULT.iterations());
        setDefault(tol, ClusterOptions.DEFAULT.tolerance());
        setDefault(batchSize, ClusterOptions.DEFAULT.batch());
        setDefault(starts, ClusterOptions.DEFAULT.starts());
    }

    public IntParam k() {
        return k;
    }

    public IntParam maxIter() {
        return maxIter;
    }

    public DoubleParam tol() {
        return tol;
    }

    public IntParam batchSize() {
        return batchSize;
    }

    public IntParam starts() {
        return starts;
    }

    public ClusterEstimator setK(int clusters) {
        return with(k, clusters);
    }

    public ClusterEstimator setMaxIter(int passes) {
        return with(maxIter, passes);
    }

    public ClusterEstimator setTol(double tolerance) {
        return with(tol, tolerance);
    }

    /** Mini-batches of so many rows per worker and clock; 0 for Lloyd's iterations over all. */
    public ClusterEstimator setBatchSize(int rows) {
        return with(batchSize, rows);
    }

    public ClusterEstimator setStarts(int count) {
        return with(starts, count);
    }

    private ClusterOptions options() {
        return new ClusterOptions(
                number(k), number(maxIter), (double) getOrDefault(tol), number(batchSize), number(starts));
    }

    @Override
    String labels() {
        return "";
    }

    @Override
    String weights() {
        return "";
    }

    @Override
    public StructType transformSchema(StructType frame) {
        options();
        checkColumns(frame);
        return ClusterFrameModel.added(frame);
    }

    @Override
    ClusterFrameModel train(Dataset<Row> frame) throws IOException {
        var context = JavaSparkContext.fromSparkContext(frame.sparkSession().sparkContext());
        var options = options();
        var settings = settings(context);
        var dealt = deal(frame, settings.members());
        long all = dealt.sizes().stream().mapToLong(Long::longValue).sum();
        if (all < options.clusters()) {
            throw new DataException("there are " + all + " rows, too few for " + options.clusters() + " clusters");
        }
        var seeds = new KMeans(options).seeds(sample(dealt, all), settings.seed());
        var member = new ClusterMember(options, Part.of(dealt, settings.perMember()), seeds, settings);
        return new ClusterFrameModel(uid(), run(context, dealt.rows(), member, settings, member::training));
    }

    /** Some rows of all parts, evenly. */
    private static Examples sample(Dealt dealt, long all) {
        long every = (all + MOST_SAMPLED - 1) / MOST_SAMPLED;
        var rows = Explained.told(() -> dealt.rows()
                .mapPartitions(part -> {
                    var some = new ArrayList<Row>();
                    for (long i = 0; part.hasNext(); i++) {
                        var row = part.next();
                        if (i % every == 0) {
                            some.add(row);
                        }
                    }
                    return some.iterator();
                })
                .collect());
        var packing = Packing.ofAll(dealt.schema(), false);
        rows.forEach(packing::add);
        return packing.pack();
    }
}
