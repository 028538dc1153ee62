package orrery.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import orrery.data.Columns;
import orrery.data.DataException;
import orrery.data.Nearest;
import orrery.data.ReadOptions.Role;
import orrery.data.Schema;

/**
 * An estimator that learns from examples: of a column of vectors, or of columns of numbers, which are standardised, and of
 * categories, which are hashed to features. If nothing is said, it is the column of vectors called {@code features}, if
 * there is one, or all columns of numbers.
 */
public abstract class ExampleEstimator<E extends ExampleEstimator<E, M>, M extends Model<M>>
        extends FrameEstimator<E, M> {
    private static final long serialVersionUID = 1;

    private final Param<String> featuresCol;
    private final StringArrayParam numericCols;
    private final StringArrayParam categoricalCols;
    private final IntParam hashBits;
    private final BooleanParam repartition;

    ExampleEstimator(String uid) {
        super(uid);
        featuresCol = new Param<>(uid, "featuresCol", "the column of vectors, if no other columns are given");
        numericCols = new StringArrayParam(this, "numericCols", "columns of numbers, which are standardised");
        categoricalCols = new StringArrayParam(this, "categoricalCols", "columns of categories, which are hashed");
        repartition =
                new BooleanParam(uid, "repartition", "whether rows are dealt out anew, evenly, or stay where they are");
        hashBits = new IntParam(uid, "hashBits", "categories are hashed to 2^hashBits features");
    }

    @Override
    void setOwnDefaults() {
        setDefault(featuresCol, "features");
        setDefault(numericCols, new String[0]);
        setDefault(categoricalCols, new String[0]);
        setDefault(hashBits, 18);
        setDefault(repartition, true);
    }

    public final Param<String> featuresCol() {
        return featuresCol;
    }

    public final StringArrayParam numericCols() {
        return numericCols;
    }

    public final StringArrayParam categoricalCols() {
        return categoricalCols;
    }

    public final BooleanParam repartition() {
        return repartition;
    }

    /**
     * Whether rows are dealt out to the members anew, so that each has as many, from all parts; if not, they stay in the
     * frame's partitions and order, put together where there are more of them than members. That spares a shuffle and a sort,
     * and is for frames that are the same each time they are read: cached ones, files.
     */
    public final E setRepartition(boolean anew) {
        return with(repartition, anew);
    }

    public final IntParam hashBits() {
        return hashBits;
    }

    /** A column of vectors, such as {@code VectorAssembler} makes; taken if no other columns are given. */
    public final E setFeaturesCol(String column) {
        return with(featuresCol, column);
    }

    /** Columns of numbers, which are standardised. */
    public final E setNumericCols(String... columns) {
        return with(numericCols, columns.clone());
    }

    /** Columns whose values are categories, hashed to features. */
    public final E setCategoricalCols(String... columns) {
        return with(categoricalCols, columns.clone());
    }

    /** Categories are hashed to 2^bits features. */
    public final E setHashBits(int bits) {
        checkHashBits(bits);
        return with(hashBits, bits);
    }

    private static void checkHashBits(int bits) {
        if (bits < 1 || bits > 28) {
            throw new IllegalArgumentException("hash bits must be 1 to 28, got " + bits);
        }
    }

    /** Whether examples are used in the order in which they are dealt out. */
    boolean isReadAhead() {
        return false;
    }

    private static Column[] concat(Column[] first, Column[] second) {
        return Stream.of(first, second).flatMap(Stream::of).toArray(Column[]::new);
    }

    /** The column of labels; empty for none. */
    abstract String labels();

    /** The column of weights; empty for none. */
    abstract String weights();

    /** The columns that are looked at, with their roles; the one of vectors has none. */
    private List<Schema.Column> columns(StructType frame) throws DataException {
        var known = Arrays.asList(frame.fieldNames());
        var columns = new ArrayList<Schema.Column>();
        var numeric = List.of(getOrDefault(numericCols));
        var categorical = List.of(getOrDefault(categoricalCols));
        if (!labels().isEmpty()) {
            columns.add(Schema.Column.of(labels(), Role.LABEL));
        }
        if (!weights().isEmpty()) {
            columns.add(Schema.Column.of(weights(), Role.WEIGHT));
        }
        boolean nothingSaid = numeric.isEmpty() && categorical.isEmpty();
        if (nothingSaid && (isSet(featuresCol) || known.contains(getOrDefault(featuresCol)))) {
            columns.add(Schema.Column.of(getOrDefault(featuresCol), Role.IGNORE));
        } else if (nothingSaid) {
            Stream.of(frame.fields())
                    .filter(field -> field.dataType() instanceof NumericType)
                    .map(field -> field.name())
                    .filter(name -> !name.equals(labels()) && !name.equals(weights()))
                    .forEach(name -> columns.add(Schema.Column.of(name, Role.NUMERIC)));
        }
        numeric.forEach(name -> columns.add(Schema.Column.of(name, Role.NUMERIC)));
        categorical.forEach(name -> columns.add(Schema.Column.of(name, Role.CATEGORICAL)));
        for (var column : columns) {
            if (!known.contains(column.name())) {
                throw new DataException(
                        "the data frame has no column '" + column.name() + "'" + Nearest.hint(column.name(), known));
            }
            checkType(column, frame.apply(column.name()).dataType());
        }
        if (columns.stream().allMatch(column -> column.role() == Role.LABEL || column.role() == Role.WEIGHT)) {
            throw new DataException("there are no columns to learn from, only " + known);
        }
        return columns;
    }

    private static void checkType(Schema.Column column, DataType type) throws DataException {
        boolean isNumber = type instanceof NumericType || type instanceof BooleanType;
        boolean isRight = switch (column.role()) {
            case NUMERIC, WEIGHT -> isNumber;
            case IGNORE -> type.equals(SQLDataTypes.VectorType());
            default -> isNumber || type instanceof StringType || type instanceof DateType;
        };
        if (!isRight) {
            var what = column.role() == Role.IGNORE
                    ? "a column of vectors; make one with VectorAssembler, or name numericCols and categoricalCols"
                    : column.role().name().toLowerCase(Locale.ROOT) + "; cast it";
            throw new DataException(
                    "column '" + column.name() + "' is of type " + type.typeName() + ", which cannot be " + what);
        }
    }

    /**
     * A frame's rows, dealt out to members.
     *
     * @param rows of the schema's columns, in its order; a part for each member
     * @param sizes of the parts
     */
    record Dealt(JavaRDD<Row> rows, List<Long> sizes, Schema schema) {}

    /** Deals out the rows, the same to the last bit each time, and surveys them. */
    final Dealt deal(Dataset<Row> frame, int members) throws IOException {
        var columns = columns(frame.schema());
        boolean isOfVectors = columns.stream().anyMatch(column -> column.role() == Role.IGNORE);
        var all = columns.stream()
                .map(column -> functions.col("`" + column.name().replace("`", "``") + "`"))
                .toArray(Column[]::new);
        // Spark deals rows out alike each time, but in the order in which they happen to come: sorted, all is alike
        // by columns, unless that order would be the one in which the model sees them
        var hashed = new Column[] {functions.xxhash64(all)};
        var order = isOfVectors ? hashed : isReadAhead() ? concat(hashed, all) : all;
        var chosen = frame.select(all);
        boolean staysPut = !(boolean) getOrDefault(repartition);
        var rows = (staysPut
                        ? chosen.coalesce(members)
                        : chosen.repartition(members).sortWithinPartitions(order))
                .javaRDD();
        if (rows.getNumPartitions() != members) {
            throw new DataException("the data frame has " + rows.getNumPartitions() + " partitions, too few for "
                    + members + " members without repartitioning");
        }
        var roles = columns.stream().map(Schema.Column::role).toList();
        var of = new Survey.Of(
                IntStream.range(0, roles.size())
                        .filter(c -> roles.get(c) == Role.NUMERIC)
                        .toArray(),
                roles.indexOf(Role.LABEL),
                roles.indexOf(Role.IGNORE));
        var parts = Explained.told(() ->
                rows.mapPartitions(part -> List.of(of.part(part)).iterator()).collect());
        var survey = of.sum(parts);
        check(survey);
        return new Dealt(
                rows,
                parts.stream().map(Survey::rows).toList(),
                isOfVectors
                        ? Packing.vectors(columns, survey.features(), survey.classes())
                        : Columns.schema(standardised(columns, survey.moments()), number(hashBits), survey.classes()));
    }

    private void check(Survey survey) throws DataException {
        if (survey.rows() == 0) {
            throw new DataException("the data frame has no rows");
        }
        if (survey.lacksLabel()) {
            throw new DataException("the label '" + labels() + "' is missing in some rows; leave them out");
        }
        if (survey.hasTooManyClasses()) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "the label '%s' has more than %,d different values",
                    labels(),
                    survey.classes().size() - 1));
        }
        if (survey.features() < 0) {
            throw new DataException("not all vectors of '" + getOrDefault(featuresCol) + "' have as many features");
        }
    }

    /** With mean and deviation of the numeric columns. */
    private static List<Schema.Column> standardised(List<Schema.Column> columns, Moments sums) {
        var fitted = new ArrayList<Schema.Column>();
        int k = 0;
        for (var column : columns) {
            if (column.role() == Role.NUMERIC) {
                fitted.add(Schema.Column.standardised(column.name(), sums.mean(k), sums.deviation(k)));
                k++;
            } else {
                fitted.add(column);
            }
        }
        return fitted;
    }

    /** What is wrong with the frame's columns, told without reading it. */
    final void checkColumns(StructType frame) {
        checkHashBits(number(hashBits)); // which a grid of parameters, or a file, may have set to anything
        try {
            columns(frame);
        } catch (DataException e) {
            throw new java.io.UncheckedIOException(e.getMessage(), e);
        }
    }
}
