package orrery.spark;

import java.io.IOException;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import orrery.data.DataException;
import orrery.learn.cluster.ClusterOptions;
import orrery.learn.cluster.KMeans;

/** Finds clusters in data frames by k-means; see {@link KMeans}. */
public final class ClusterEstimator extends ExampleEstimator<ClusterEstimator, ClusterFrameModel> {
    private static final long serialVersionUID = 1;

    private final IntParam k;
    private final IntParam maxIter;
    private final DoubleParam tol;
    private final IntParam batchSize;
    private final IntParam starts;
    private final Param<String> weightCol;
    private final Param<String> predictionCol;
    private final Param<String> distanceCol;

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
        starts = new IntParam(
                uid, "starts", "so many times first centroids are chosen among the candidates; the best begin");
        weightCol = new Param<>(uid, "weightCol", "weights of examples; empty for none");
        predictionCol = new Param<>(uid, "predictionCol", "the column of clusters' numbers; empty for none");
        distanceCol = new Param<>(uid, "distanceCol", "the column of distances to the centroids; empty for none");
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
        setDefault(weightCol, "");
        setDefault(predictionCol, "prediction");
        setDefault(distanceCol, "distance");
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

    public Param<String> weightCol() {
        return weightCol;
    }

    public Param<String> predictionCol() {
        return predictionCol;
    }

    public Param<String> distanceCol() {
        return distanceCol;
    }

    /** Of the weights of examples; without, each weighs 1. */
    public ClusterEstimator setWeightCol(String column) {
        return with(weightCol, column);
    }

    public ClusterEstimator setPredictionCol(String column) {
        return with(predictionCol, column);
    }

    public ClusterEstimator setDistanceCol(String column) {
        return with(distanceCol, column);
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
        return getOrDefault(weightCol);
    }

    @Override
    public StructType transformSchema(StructType frame) {
        options();
        inputs(frame);
        return ClusterFrameModel.outputs(getOrDefault(predictionCol), getOrDefault(distanceCol))
                .addedTo(frame);
    }

    @Override
    ClusterFrameModel train(Dataset<Row> frame, int members) throws IOException {
        var context = context(frame);
        var options = options();
        var dealt = deal(frame, members);
        if (dealt.size() < options.clusters()) {
            throw new DataException(
                    "there are " + dealt.size() + " rows, too few for " + options.clusters() + " clusters");
        }
        try (var folder = folder(frame, members, dealt.survey().content())) {
            var settings = settings(context, members, folder);
            var member = new ClusterMember(options, Part.of(dealt, settings.perMember()), settings);
            var trained = run(context, dealt.rows(), member, settings, folder, member::training);
            var model = new ClusterFrameModel(uid(), trained.model().from(provenance(context, dealt.read())));
            model.keep(summary(trained, dealt.size(), dealt.read()));
            return copyValues(model, extractParamMap());
        }
    }
}
