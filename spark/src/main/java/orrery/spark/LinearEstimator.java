package orrery.spark;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import orrery.data.Columns;
import orrery.data.DataException;
import orrery.data.Nearest;
import orrery.data.ReadOptions.Role;
import orrery.data.Schema;
import orrery.engine.Members;
import orrery.engine.Run;
import orrery.engine.RunEvent;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LinearSvm;
import orrery.learn.linear.LogisticRegression;
import orrery.learn.linear.Loss;
import orrery.learn.linear.SoftmaxRegression;
import orrery.store.Json;
import orrery.table.Placement;

/**
 * Trains linear models on data frames, on the executors of the Spark application that has them. Each worker is a task and
 * has a part of the rows, read once and kept packed; the parameters are on the workers, the driver coordinates.
 *
 * <p>Set before {@link #fit}; not thread-safe.
 */
public final class LinearEstimator {
    private static final int MOST_CLASSES = 10_000;

    private final Loss loss;
    private LinearOptions options = LinearOptions.defaults();
    private String label = "label";
    private String weight = "";
    private List<String> numeric = List.of();
    private List<String> categorical = List.of();
    private int hashBits = 18;
    private int workers;
    private String consistency = "bsp";
    private long seed = 1;
    private String checkpointFolder = "";
    private boolean resumes;
    private Duration slotLimit = Duration.ofSeconds(60);
    private Duration waitLimit = Duration.ofMinutes(5);
    private Members.Terms terms = Members.Terms.DEFAULT;
    private Consumer<RunEvent> listener = event -> {};

    private LinearEstimator(Loss loss) {
        this.loss = loss;
    }

    /** Of two classes. */
    public static LinearEstimator logisticRegression() {
        return new LinearEstimator(Loss.LOGISTIC);
    }

    /** Of two classes, by the hinge loss. */
    public static LinearEstimator supportVectorMachine() {
        return new LinearEstimator(Loss.HINGE);
    }

    /** Of two classes or more. */
    public static LinearEstimator softmax() {
        return new LinearEstimator(Loss.SOFTMAX);
    }

    public LinearEstimator setOptions(LinearOptions to) {
        options = to;
        return this;
    }

    public LinearEstimator setLabelCol(String column) {
        label = column;
        return this;
    }

    /** Of the weights of examples; without, each weighs 1. */
    public LinearEstimator setWeightCol(String column) {
        weight = column;
        return this;
    }

    /** Columns of numbers, which are standardised. Without these and categorical ones, all columns of numbers are taken. */
    public LinearEstimator setNumericCols(String... columns) {
        numeric = List.of(columns);
        return this;
    }

    /** Columns whose values are categories, hashed to features. */
    public LinearEstimator setCategoricalCols(String... columns) {
        categorical = List.of(columns);
        return this;
    }

    /** Categories are hashed to 2^bits features. */
    public LinearEstimator setHashBits(int bits) {
        if (bits < 1 || bits > 28) {
            throw new IllegalArgumentException("hash bits must be 1 to 28, got " + bits);
        }
        hashBits = bits;
        return this;
    }

    /** How many workers, each a task of Spark's; if nothing is said, as many as the application has cores, at most 16. */
    public LinearEstimator setWorkers(int count) {
        if (count < 1 || count > Placement.MOST_MEMBERS) {
            throw new IllegalArgumentException("workers must be 1 to " + Placement.MOST_MEMBERS + ", got " + count);
        }
        workers = count;
        return this;
    }

    /** Such as {@code bsp}, {@code ssp:3}, {@code essp:3}, {@code local:10}, {@code asp}. */
    public LinearEstimator setConsistency(String name) {
        consistency = orrery.table.Consistency.parse(name).toString();
        return this;
    }

    public LinearEstimator setSeed(long to) {
        seed = to;
        return this;
    }

    /** Where checkpoints are kept, which all executors must see; without, a lost executor begins the training anew. */
    public LinearEstimator setCheckpointDir(String folder) {
        checkpointFolder = folder;
        return this;
    }

    /** Whether {@link #fit} goes on from the last checkpoint of a training that its driver did not survive. */
    public LinearEstimator setResume(boolean resume) {
        resumes = resume;
        return this;
    }

    /** How long members may wait for free slots before the training fails and says so. */
    public LinearEstimator setSlotLimit(Duration limit) {
        slotLimit = limit;
        return this;
    }

    /** How long anybody waits for anybody. */
    public LinearEstimator setWaitLimit(Duration limit) {
        waitLimit = limit;
        return this;
    }

    /** How members speak to each other, but for the address, which is Spark's. */
    public LinearEstimator setTerms(Members.Terms to) {
        terms = to;
        return this;
    }

    /** Hears of cuts, losses, checkpoints; called in the driver. */
    public LinearEstimator setListener(Consumer<RunEvent> to) {
        listener = to;
        return this;
    }

    private LinearLearner learner() {
        return switch (loss) {
            case LOGISTIC -> new LogisticRegression(options);
            case SOFTMAX -> new SoftmaxRegression(options);
            default -> new LinearSvm(options, false);
        };
    }

    /** Trains on all rows. */
    public LinearFrameModel fit(Dataset<Row> frame) throws IOException {
        if (options.balanced() || options.patience() > 0) {
            throw new IllegalArgumentException(
                    "balanced classes and early stopping are not on Spark yet; weigh examples by a"
                            + " column, and choose the passes");
        }
        if (resumes && checkpointFolder.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to resume from; set the checkpoint directory");
        }
        var session = frame.sparkSession();
        var context = JavaSparkContext.fromSparkContext(session.sparkContext());
        int count = workers > 0 ? workers : Math.min(Placement.MOST_MEMBERS, context.defaultParallelism());
        var columns = columns(frame);
        var all = columns.stream()
                .map(column -> functions.col("`" + column.name() + "`"))
                .toArray(Column[]::new);
        var chosen = frame.select(all);
        // Spark deals rows out alike each time, but in the order in which they happen to come: sorted, all is alike
        var parts = chosen.repartition(count).sortWithinPartitions(all).javaRDD();
        int[] numbers = IntStream.range(0, columns.size())
                .filter(c -> columns.get(c).role() == Role.NUMERIC)
                .toArray();
        var moments = Explained.told(() -> parts.mapPartitions(
                        rows -> List.of(Moments.of(rows, numbers)).iterator())
                .collect());
        var sizes = moments.stream().map(Moments::rows).toList();
        var sums = Moments.sum(moments, numbers);
        if (sums.rows() == 0) {
            throw new DataException("the data frame has no rows");
        }
        var fitted = Columns.schema(standardised(columns, sums), hashBits, classes(chosen));
        var member = new LinearMember(
                learner(), Json.line(fitted.toMap()), sizes, consistency, seed, waitLimit, checkpointFolder);
        var host = context.getConf().get("spark.driver.host");
        try (var members = new SparkMembers<>(context, parts, member, terms.on(host), slotLimit)) {
            Run run = member.run().with(members).listening(listener);
            if (resumes) {
                run = run.with(run.checkpoints().orElseThrow().resuming());
            }
            return new LinearFrameModel(member.training(run).run().model(), label);
        }
    }

    private List<Schema.Column> columns(Dataset<Row> frame) throws DataException {
        var known = Arrays.asList(frame.columns());
        var columns = new ArrayList<Schema.Column>();
        var numbers = numeric;
        if (numeric.isEmpty() && categorical.isEmpty()) {
            numbers = Arrays.stream(frame.schema().fields())
                    .filter(field -> field.dataType() instanceof NumericType)
                    .map(field -> field.name())
                    .filter(name -> !name.equals(label) && !name.equals(weight))
                    .toList();
        }
        columns.add(new Schema.Column(label, Role.LABEL, 0, 1));
        if (!weight.isEmpty()) {
            columns.add(new Schema.Column(weight, Role.WEIGHT, 0, 1));
        }
        numbers.forEach(name -> columns.add(new Schema.Column(name, Role.NUMERIC, 0, 1)));
        categorical.forEach(name -> columns.add(new Schema.Column(name, Role.CATEGORICAL, 0, 1)));
        for (var column : columns) {
            if (!known.contains(column.name())) {
                throw new DataException(
                        "the data frame has no column '" + column.name() + "'" + Nearest.hint(column.name(), known));
            }
        }
        for (var column : columns) {
            checkType(column, frame.schema().apply(column.name()).dataType());
        }
        if (numbers.isEmpty() && categorical.isEmpty()) {
            throw new DataException("there are no columns to learn from, only " + known);
        }
        return columns;
    }

    private static void checkType(Schema.Column column, DataType type) throws DataException {
        boolean isNumber = type instanceof NumericType || type instanceof BooleanType;
        boolean hasOneText = isNumber || type instanceof StringType || type instanceof DateType;
        boolean mustBeNumber = column.role() == Role.NUMERIC || column.role() == Role.WEIGHT;
        boolean isRight = mustBeNumber ? isNumber : hasOneText;
        if (!isRight) {
            throw new DataException("column '" + column.name() + "' is of type " + type.typeName()
                    + ", which cannot be " + column.role().name().toLowerCase(Locale.ROOT) + "; cast it");
        }
    }

    /** With mean and deviation of the numeric columns. */
    private static List<Schema.Column> standardised(List<Schema.Column> columns, Moments sums) {
        var fitted = new ArrayList<Schema.Column>();
        int k = 0;
        for (var column : columns) {
            if (column.role() == Role.NUMERIC) {
                fitted.add(new Schema.Column(column.name(), Role.NUMERIC, sums.mean(k), sums.deviation(k)));
                k++;
            } else {
                fitted.add(column);
            }
        }
        return fitted;
    }

    /** The labels that there are, by name. */
    private List<String> classes(Dataset<Row> frame) throws DataException {
        var names = new ArrayList<String>();
        for (var row : frame.select(functions.col("`" + label + "`"))
                .distinct()
                .limit(MOST_CLASSES + 1)
                .collectAsList()) {
            if (row.isNullAt(0)) {
                throw new DataException("the label '" + label + "' is missing in some rows; leave them out");
            }
            names.add(Columns.className(row.get(0)));
        }
        if (names.size() > MOST_CLASSES) {
            throw new DataException(String.format(
                    Locale.ROOT, "the label '%s' has more than %,d different values", label, MOST_CLASSES));
        }
        return names.stream().sorted().toList();
    }
}
