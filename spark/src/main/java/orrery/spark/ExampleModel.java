package orrery.spark;

import java.util.List;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import orrery.data.Columns;
import orrery.data.Schema;

/**
 * A model of examples. Its predictions are expressions over the frame's columns, so the frame's own columns stay what they
 * are, and Spark computes only what is asked for.
 *
 * @param <M> the model itself
 * @param <L> what was learned, which needs no Spark
 */
public abstract class ExampleModel<M extends ExampleModel<M, L>, L extends orrery.engine.train.Model>
        extends FrameModel<M, L> {
    private static final long serialVersionUID = 1;

    /** Models of vectors of at most so many entries know the means of all, so that they can be applied to missing values. */
    static final int MOST_MEANS = 1000;

    private final Schema schema;
    private final Param<String> handleInvalid;

    ExampleModel(String uid, L model, Schema schema) {
        super(uid, model);
        this.schema = schema;
        handleInvalid = new Param<>(
                uid,
                "handleInvalid",
                "rows whose numbers are null, NaN or infinite: error, skip (left out), keep (the mean takes the place)");
        // a model of a file in which values were missing takes them as that training did
        boolean hasMissing = schema.columns().stream().anyMatch(c -> c.hasIndicator() || c.imputed() != 0);
        setDefault(handleInvalid, hasMissing ? "keep" : "error");
    }

    public final Param<String> handleInvalid() {
        return handleInvalid;
    }

    /** What becomes of rows whose numbers are null, NaN or infinite: {@code error}, {@code skip} or {@code keep}. */
    @SuppressWarnings("unchecked") // that is what M is
    public final M setHandleInvalid(String how) {
        Invalid.parse(how);
        set(handleInvalid, how);
        return (M) this;
    }

    private Invalid invalid() {
        return Invalid.parse(getOrDefault(handleInvalid));
    }

    final boolean refusesMissing() {
        return invalid() != Invalid.KEEP;
    }

    /** Refuses to keep missing values where there are no means to put in their place. */
    private void checkMeans() {
        boolean hasMeans =
                schema.features() <= MOST_MEANS || schema.columns().stream().anyMatch(column -> column.imputed() != 0);
        if (invalid() == Invalid.KEEP && schema.isOfVectors() && !hasMeans) {
            throw new IllegalArgumentException("the model does not know the means of its " + schema.features()
                    + " features, for handleInvalid \"keep\"; fit with setHandleInvalid(\"keep\")");
        }
    }

    /** The columns that the model looks at, found in a frame; an error in words if they are not there, or not what they were. */
    final List<Input> inputs(StructType frame) {
        checkMeans();
        return RowFeatures.inputs(schema, frame);
    }

    /** By column of the schema, its place among the features of a row. */
    final int[] rowPlaces() {
        return RowFeatures.places(schema);
    }

    @Override
    final Dataset<Row> predict(Dataset<Row> given) {
        var inputs = inputs(given.schema());
        var frame = invalid().kept(given, inputs);
        return predict(frame, functions.struct(Input.of(frame, inputs)));
    }

    /** @param features a struct of the columns that the model looks at */
    abstract Dataset<Row> predict(Dataset<Row> frame, Column features);

    /**
     * A function of the features of a row. Each thread makes features on its own.
     *
     * @param <L> the model
     * @param <S> takes features
     */
    abstract static class OfRow<L, S extends Columns.Sink> implements java.io.Serializable {
        private static final long serialVersionUID = 1;
        private final Sent<L> model;
        private final int[] rowPlaces;
        private final boolean refusesMissing;

        @SuppressWarnings("ThreadLocalUsage") // of one task: an instance is made for each
        private transient volatile @org.jspecify.annotations.Nullable ThreadLocal<Mine<S>> mine;

        OfRow(Sent<L> model, int[] rowPlaces, boolean refusesMissing) {
            this.model = model;
            this.rowPlaces = rowPlaces;
            this.refusesMissing = refusesMissing;
        }

        /** What makes features, and what takes them. */
        record Mine<S>(RowFeatures features, S sink) {}

        /** What takes features, and the schema by which they are made. */
        record Ready<S>(Schema schema, S sink) {}

        abstract Ready<S> ready(L model);

        final Mine<S> mine() {
            var known = mine;
            if (known == null) {
                known = ThreadLocal.withInitial(() -> {
                    var ready = ready(model.value());
                    return new Mine<>(RowFeatures.of(ready.schema, rowPlaces, refusesMissing), ready.sink);
                });
                mine = known;
            }
            return known.get();
        }
    }
}
