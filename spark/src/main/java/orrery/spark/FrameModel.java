package orrery.spark;

import java.io.IOException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader$;
import org.apache.spark.ml.util.DefaultParamsWriter$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import orrery.store.Place;
import scala.Option;

/**
 * A model that was fitted to a data frame, or loaded, and adds its predictions to others. Saved within a pipeline or by
 * {@code save}, it is a folder with Spark's metadata and {@code model.safetensors}, the file that every Orrery reads.
 *
 * @param <M> the model itself
 * @param <L> what was learned, which needs no Spark
 */
public abstract class FrameModel<M extends FrameModel<M, L>, L extends orrery.engine.train.Model> extends Model<M>
        implements MLWritable {
    private static final long serialVersionUID = 1;
    private static final String FILE = "model.safetensors";

    private final String uid;
    private final L model;
    private transient @Nullable Sent<?> sent; // to the executors of the application in use
    private transient @Nullable SparkContext sentBy;
    private transient @Nullable TrainingSummary summary;

    FrameModel(String uid, L model) {
        this.uid = uid;
        this.model = model;
    }

    @Override
    public final String uid() {
        return uid;
    }

    /** What was learned, which needs no Spark. */
    public final L model() {
        return model;
    }

    /** Whether this is what {@code fit} returned, which knows how the training went. */
    public final boolean hasSummary() {
        return summary != null;
    }

    /**
     * How the training went.
     *
     * @throws IllegalStateException of a model that was loaded
     */
    public final TrainingSummary summary() {
        var known = summary;
        if (known == null) {
            throw new IllegalStateException("the model was loaded; only the one that fit returns has a summary");
        }
        return known;
    }

    final void keep(TrainingSummary of) {
        summary = of;
    }

    /** Sends the model, made ready as predictions need it. */
    Sent<?> send(SparkSession session) {
        return Sent.of(context(session), model);
    }

    static JavaSparkContext context(SparkSession session) {
        return JavaSparkContext.fromSparkContext(session.sparkContext());
    }

    /** The model on the executors of the application of a session, sent once. */
    @SuppressWarnings("unchecked") // what send gives
    final synchronized <T> Sent<T> sent(SparkSession session) {
        var known = sent;
        if (known == null || !session.sparkContext().equals(sentBy)) {
            known = send(session);
            sent = known;
            sentBy = session.sparkContext();
        }
        return (Sent<T>) known;
    }

    /** The same model as another object. */
    abstract M again();

    @Override
    public M copy(ParamMap extra) {
        M copy = copyValues(again(), extra);
        ((FrameModel<M, L>) copy).summary = summary;
        return hasParent() ? copy.setParent(parent()) : copy;
    }

    @Override
    public final Dataset<Row> transform(Dataset<?> frame) {
        transformSchema(frame.schema());
        return predict(frame.toDF());
    }

    abstract Dataset<Row> predict(Dataset<Row> frame);

    /** Saves only the model's file, without what Spark says of it. */
    public final void saveFile(String place) throws IOException {
        model.save(place(SparkSession.active(), place));
    }

    /** A place as Spark understands it: without a scheme it is on Spark's default file system. */
    static Place place(SparkSession session, String place) throws IOException {
        var path = new Path(place);
        return new Place(path.getFileSystem(session.sessionState().newHadoopConf())
                .makeQualified(path)
                .toString());
    }

    @Override
    public final MLWriter write() {
        var that = this;
        return new MLWriter() {
            @Override
            public void saveImpl(String path) {
                DefaultParamsWriter$.MODULE$.saveMetadata(that, path, sparkSession(), Option.empty(), Option.empty());
                try {
                    model.save(place(sparkSession(), path).resolve(FILE));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e.getMessage(), e);
                }
            }
        };
    }

    /** Loads what was learned. */
    @FunctionalInterface
    interface Loading<L> {
        L load(Place file) throws IOException;
    }

    /** Makes a model of what was loaded. */
    @FunctionalInterface
    interface Making<M, L> {
        M make(String uid, L model);
    }

    /** What reads models that were saved: folders of Spark's, or just files of Orrery's. */
    static <M extends FrameModel<M, L>, L extends orrery.engine.train.Model> MLReader<M> reader(
            Loading<L> loading, Making<M, L> making) {
        return new MLReader<>() {
            @Override
            public M load(String path) {
                try {
                    var place = place(sparkSession(), path);
                    if (place.isFile()) {
                        return making.make("orrery-" + place.name(), loading.load(place));
                    }
                    var metadata = DefaultParamsReader$.MODULE$.loadMetadata(path, sparkSession(), "");
                    var model = making.make(metadata.uid(), loading.load(place.resolve(FILE)));
                    metadata.getAndSetParams(model, Option.empty());
                    return model;
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e.getMessage(), e);
                }
            }
        };
    }
}
