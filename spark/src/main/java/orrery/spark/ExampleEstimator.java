package orrery.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructType;
import orrery.data.Columns;
import orrery.data.DataException;
import orrery.data.FeatureSums;
import orrery.data.ReadOptions.Role;
import orrery.data.Schema;
import orrery.store.Json;

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
    private final Param<String> handleInvalid;

    ExampleEstimator(String uid) {
        super(uid);
        featuresCol = new Param<>(
                uid, "featuresCol", "the column of vectors, or arrays of numbers, if no other columns are given");
        numericCols = new StringArrayParam(this, "numericCols", "columns of numbers, which are standardised");
        categoricalCols = new StringArrayParam(this, "categoricalCols", "columns of categories, which are hashed");
        repartition =
                new BooleanParam(uid, "repartition", "whether rows are dealt out anew, evenly, or stay where they are");
        handleInvalid = new Param<>(
                uid,
                "handleInvalid",
                "rows whose numbers are null, NaN or infinite: error, skip (left out), keep (the mean takes the place)");
        hashBits = new IntParam(uid, "hashBits", "categories are hashed to 2^hashBits features");
    }

    @Override
    void setOwnDefaults() {
        setDefault(featuresCol, "features");
        setDefault(numericCols, new String[0]);
        setDefault(categoricalCols, new String[0]);
        setDefault(hashBits, 18);
        setDefault(repartition, true);
        setDefault(handleInvalid, "error");
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

    public final Param<String> handleInvalid() {
        return handleInvalid;
    }

    /**
     * What becomes of rows whose numbers or vectors are null, NaN or infinite: {@code error} (as if nothing is said), {@code
     * skip} leaves them out, {@code keep} puts the mean of the training data in place of null and NaN. The model does the same.
     * A category that is null is a category of its own.
     */
    public final E setHandleInvalid(String how) {
        Invalid.parse(how);
        return with(handleInvalid, how);
    }

    final Invalid invalid() {
        return Invalid.parse(getOrDefault(handleInvalid));
    }

    /** A column of vectors, such as {@code VectorAssembler} makes, or of arrays of numbers; in place of other columns. */
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

    /**
     * The columns that are looked at, found in a frame.
     *
     * @throws IllegalArgumentException if they are not there, or their types do not suit
     */
    final List<Input> inputs(StructType frame) {
        checkHashBits(number(hashBits)); // which a grid of parameters, or a file, may have set to anything
        invalid();
        var inputs = new ArrayList<Input>();
        var numeric = List.of(getOrDefault(numericCols));
        var categorical = List.of(getOrDefault(categoricalCols));
        if (!labels().isEmpty()) {
            inputs.add(Input.of(frame, labels(), Input.As.LABEL));
        }
        if (!weights().isEmpty()) {
            inputs.add(Input.of(frame, weights(), Input.As.WEIGHT));
        }
        int before = inputs.size();
        var vectors = getOrDefault(featuresCol);
        boolean areNamed = !numeric.isEmpty() || !categorical.isEmpty();
        if (areNamed && isSet(featuresCol)) {
            throw new IllegalArgumentException("features are the vectors '" + vectors + "' or the columns "
                    + Stream.concat(numeric.stream(), categorical.stream()).toList()
                    + ", not both; put the numbers into the vectors by VectorAssembler, or leave setFeaturesCol out");
        }
        if (!areNamed && (isSet(featuresCol) || Input.isIn(frame, vectors))) {
            inputs.add(Input.of(frame, vectors, Input.As.VECTOR));
        } else if (!areNamed) {
            Stream.of(frame.fields())
                    .filter(field -> field.dataType() instanceof NumericType)
                    .map(field -> field.name())
                    .filter(name -> !Input.isSame(name, labels()) && !Input.isSame(name, weights()))
                    .forEach(name -> inputs.add(Input.of(frame, name, Input.As.NUMBER)));
        }
        numeric.forEach(name -> inputs.add(Input.of(frame, name, Input.As.NUMBER)));
        categorical.forEach(name -> inputs.add(Input.of(frame, name, Input.As.CATEGORY)));
        if (inputs.size() == before) {
            throw new IllegalArgumentException(
                    "there are no columns to learn from, only " + List.of(frame.fieldNames()));
        }
        return List.copyOf(inputs);
    }

    /**
     * A frame's rows, dealt out to members.
     *
     * @param rows of the schema's columns, in its order; a part for each member
     * @param sizes of the parts
     * @param contents of the parts, sums of their values
     * @param read how the frame was read, as JSON
     */
    record Dealt(
            JavaRDD<Row> rows,
            List<Long> sizes,
            List<Long> contents,
            Schema schema,
            Survey survey,
            FeatureSums sums,
            String read) {
        long size() {
            return survey.rows();
        }

        /** The number of the commonest class; NaN if there are none. */
        double baseline() {
            double best = Double.NaN;
            long most = 0;
            int number = 0;
            for (long count : survey.classes().values()) {
                best = count > most ? number : best;
                most = Math.max(most, count);
                number++;
            }
            return best;
        }
    }

    /** Deals out the rows, the same to the last bit each time, and surveys them. */
    final Dealt deal(Dataset<Row> given, int members) throws IOException {
        var inputs = inputs(given.schema());
        var invalid = invalid();
        var frame = invalid.kept(given, inputs);
        boolean isOfVectors = inputs.stream().anyMatch(input -> input.as() == Input.As.VECTOR);
        var chosen = frame.select(Input.of(frame, inputs)).toDF(numbered(inputs.size()));
        var all = Stream.of(chosen.columns()).map(chosen::col).toArray(Column[]::new);
        // Spark deals rows out alike each time, but in the order in which they happen to come: sorted, all is alike
        // by columns, unless that order would be the one in which the model sees them
        var hashed = new Column[] {functions.xxhash64(all)};
        var order = isOfVectors ? hashed : isReadAhead() ? concat(hashed, all) : all;
        boolean staysPut = !(boolean) getOrDefault(repartition);
        var rows = (staysPut
                        ? chosen.coalesce(members)
                        : chosen.repartition(members).sortWithinPartitions(order))
                .javaRDD();
        var of = new Survey.Of(inputs);
        var parts = Explained.explaining(() ->
                rows.mapPartitions(part -> List.of(of.part(part)).iterator()).collect());
        var sizes = new ArrayList<Long>();
        var contents = new ArrayList<Long>();
        var survey = of.sum(parts, sizes, contents);
        survey.check(inputs, invalid);
        if (rows.getNumPartitions() != members) {
            throw new DataException("the data frame has " + rows.getNumPartitions() + " partitions, too few for "
                    + members + " members without repartitioning; leave setRepartition(false) out, or setWorkers("
                    + rows.getNumPartitions() + ")");
        }
        var read = read(inputs, survey);
        System.getLogger(getClass().getName()).log(System.Logger.Level.INFO, () -> uid() + " reads " + read);
        return new Dealt(
                rows,
                List.copyOf(sizes),
                List.copyOf(contents),
                isOfVectors ? ofVectors(inputs, survey) : ofColumns(inputs, survey),
                survey,
                isOfVectors ? sumsOfVectors(survey) : sumsOfColumns(inputs, survey),
                read);
    }

    /** Names under which any columns can be chosen: names of the frame may be within structs, or twice there. */
    private static String[] numbered(int count) {
        var names = new String[count];
        for (int c = 0; c < count; c++) {
            names[c] = "c" + c;
        }
        return names;
    }

    private static List<Schema.Column> columns(List<Input> inputs, Survey survey) {
        var columns = new ArrayList<Schema.Column>();
        int number = 0;
        for (var input : inputs) {
            columns.add(
                    switch (input.as()) {
                        case LABEL -> Schema.Column.of(input.name(), Role.LABEL);
                        case WEIGHT -> Schema.Column.weight(input.name(), survey.meanWeight());
                        case CATEGORY -> Schema.Column.of(input.name(), Role.CATEGORICAL);
                        case VECTOR -> Schema.Column.of(input.name(), Role.IGNORE);
                        case NUMBER -> {
                            double mean = survey.moments().mean(number);
                            double deviation = survey.moments().deviation(number++);
                            yield Schema.Column.standardised(input.name(), mean, deviation > 0 ? deviation : 1);
                        }
                        case KEY, RATING, TEXT -> throw new IllegalStateException("examples have no " + input.as());
                    });
        }
        return columns;
    }

    private Schema ofColumns(List<Input> inputs, Survey survey) {
        return Columns.schema(
                columns(inputs, survey),
                number(hashBits),
                List.copyOf(survey.classes().keySet()));
    }

    /** Entries that lie far from 0 are counted from their mean, as those of files are. */
    private Schema ofVectors(List<Input> inputs, Survey survey) {
        var columns = new ArrayList<>(columns(inputs, survey));
        var moments = survey.moments();
        boolean keepsMeans = invalid() == Invalid.KEEP || survey.features() <= ExampleModel.MOST_MEANS;
        if (invalid() == Invalid.KEEP && !survey.isSummed()) {
            throw new IllegalArgumentException("vectors of " + survey.features()
                    + " entries are too long for handleInvalid \"keep\", which needs the mean of each; use \"skip\"");
        }
        for (int f = 0; f < moments.features(); f++) {
            if (survey.isFar(f)) {
                columns.add(Schema.Column.entry(f, moments.mean(f), 0));
            } else if (keepsMeans && moments.count(f) > 0) {
                columns.add(Schema.Column.entry(f, 0, (float) survey.meanOfEntry(f)));
            }
        }
        return Schema.ofVectors(columns, List.copyOf(survey.classes().keySet()), survey.features());
    }

    private static FeatureSums sumsOfVectors(Survey survey) {
        var moments = survey.moments();
        int features = survey.isSummed() ? moments.features() : 0;
        var counts = new int[features];
        var means = new double[features];
        var squares = new double[features];
        for (int f = 0; f < features; f++) {
            counts[f] = moments.count(f);
            means[f] = survey.isFar(f) ? 0 : moments.mean(f);
            squares[f] = moments.squaresFromMean(f);
        }
        return FeatureSums.of(survey.rows(), survey.nonZeros(), counts, means, squares);
    }

    /** Of numeric columns, which are standardised already; categories are there or not, and need no scale. */
    private static FeatureSums sumsOfColumns(List<Input> inputs, Survey survey) {
        var moments = survey.moments();
        var counts = new int[moments.features()];
        var squares = new double[counts.length];
        for (int k = 0; k < counts.length; k++) {
            counts[k] = moments.count(k);
            squares[k] = moments.deviation(k) > 0 ? counts[k] : 0;
        }
        long categories =
                inputs.stream().filter(input -> input.as() == Input.As.CATEGORY).count();
        return FeatureSums.of(
                survey.rows(),
                survey.nonZeros() + categories * survey.rows(),
                counts,
                new double[counts.length],
                squares);
    }

    /** How the frame was read: what is kept with the model. */
    private String read(List<Input> inputs, Survey survey) {
        var columns = new ArrayList<Map<String, Object>>();
        for (int c = 0; c < inputs.size(); c++) {
            var input = inputs.get(c);
            columns.add(Map.of(
                    "name", input.name(),
                    "role", input.as().name().toLowerCase(Locale.ROOT),
                    "type", input.type().catalogString(),
                    "missing", survey.flaws(c).nulls + survey.flaws(c).nans));
        }
        return Json.line(Map.of(
                "format", "data frame",
                "rows", survey.rows(),
                "handleInvalid", getOrDefault(handleInvalid),
                "columns", columns,
                "classes",
                        survey.classes().entrySet().stream()
                                .limit(20)
                                .map(entry -> entry.getKey() + ": " + entry.getValue())
                                .collect(Collectors.joining(", "))));
    }
}
