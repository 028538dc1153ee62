package orrery.spark;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import orrery.engine.event.RunEvent;
import orrery.engine.launch.Members;
import orrery.engine.stage.Parallelism;
import orrery.engine.train.Trained;
import orrery.engine.train.Training;
import orrery.table.spec.Consistency;

/**
 * What the estimators share: how they run. Each member is a task of Spark's on an executor and has a part of the rows, read
 * once and kept packed, and as many workers as a task has cores ({@code spark.task.cpus}, one by default); the parameters
 * are on the members, the driver coordinates.
 *
 * <p>Several fits may run at once, from several threads: each takes all its task slots together, or waits for other fits to
 * leave them. They run in the job group, with the tags and in the scheduler's pool of the thread that calls {@code fit}, so
 * cancelling the group, a tag or one of the jobs ends the fit. Not thread-safe otherwise.
 *
 * @param <E> the estimator itself
 * @param <M> what it fits
 */
public abstract class FrameEstimator<E extends FrameEstimator<E, M>, M extends Model<M>> extends Estimator<M>
        implements DefaultParamsWritable {
    private static final long serialVersionUID = 1;

    private final String uid;
    private final IntParam workers;
    private final Param<String> consistency;
    private final LongParam seed;
    private final Param<String> checkpointDir;
    private final BooleanParam resume;
    private final DoubleParam slotLimit;
    private final DoubleParam waitLimit;
    private transient Members.Terms terms = Members.Terms.DEFAULT;
    private transient Consumer<RunEvent> listener = event -> {};

    FrameEstimator(String uid) {
        this.uid = uid;
        workers =
                new IntParam(uid, "workers", "workers; 0 for as many as the application has cores (16 tasks at most)");
        consistency = new Param<>(uid, "consistency", "bsp, ssp:N, essp:N, local:N (steps between averages) or asp");
        seed = new LongParam(uid, "seed", "all that is random follows from it");
        checkpointDir =
                new Param<>(uid, "checkpointDir", "where checkpoints are kept, seen by all executors; empty for none");
        resume = new BooleanParam(uid, "resume", "whether to go on from the last checkpoint");
        slotLimit = new DoubleParam(uid, "slotLimit", "seconds that members may wait for free slots");
        waitLimit = new DoubleParam(uid, "waitLimit", "seconds that anybody waits for anybody");
    }

    /** Sets the defaults of all parameters; called by the constructors of those that can be made. */
    final void setDefaults() {
        setDefault(workers, 0);
        setDefault(consistency, "bsp");
        setDefault(seed, 1L);
        setDefault(checkpointDir, "");
        setDefault(resume, false);
        setDefault(slotLimit, 60.0);
        setDefault(waitLimit, 300.0);
        setOwnDefaults();
    }

    abstract void setOwnDefaults();

    @Override
    public final String uid() {
        return uid;
    }

    public final IntParam workers() {
        return workers;
    }

    public final Param<String> consistency() {
        return consistency;
    }

    public final LongParam seed() {
        return seed;
    }

    public final Param<String> checkpointDir() {
        return checkpointDir;
    }

    public final BooleanParam resume() {
        return resume;
    }

    public final DoubleParam slotLimit() {
        return slotLimit;
    }

    public final DoubleParam waitLimit() {
        return waitLimit;
    }

    /** How many workers; if nothing is said, as many as the application has cores. A task of Spark's each, or several. */
    public final E setWorkers(int count) {
        return with(workers, count);
    }

    /** Such as {@code bsp}, {@code ssp:3}, {@code essp:3}, {@code local:10}, {@code asp}. */
    public final E setConsistency(String name) {
        return with(consistency, Consistency.parse(name).toString());
    }

    /** Short for {@code setConsistency("ssp:" + clocks)}. */
    public final E setStaleness(int clocks) {
        return setConsistency("ssp:" + clocks);
    }

    public final E setSeed(long to) {
        return with(seed, to);
    }

    /**
     * Where checkpoints are kept, a folder for each fit, named by its parameters and data, within this one, which all
     * executors must see; without, a lost executor begins the training anew. A path without a scheme is on Spark's default
     * file system.
     */
    public final E setCheckpointDir(String folder) {
        return with(checkpointDir, folder);
    }

    /**
     * Whether {@link #fit} goes on from the last checkpoint of the same fit, which its driver did not survive. A fit that has
     * no checkpoint, where others have, begins anew and logs that: so a cross-validation goes on as a whole.
     */
    public final E setResume(boolean resumes) {
        return with(resume, resumes);
    }

    /** How long members may wait for free slots before the training fails and says so. */
    public final E setSlotLimit(Duration limit) {
        return with(slotLimit, limit.toNanos() / 1e9);
    }

    /** How long anybody waits for anybody. */
    public final E setWaitLimit(Duration limit) {
        return with(waitLimit, limit.toNanos() / 1e9);
    }

    /** How members speak to each other, but for the address, which is Spark's. Not saved. */
    public final E setTerms(Members.Terms to) {
        terms = to;
        return self();
    }

    /** Hears of cuts, losses, checkpoints; called in the driver. Not saved. */
    public final E setListener(Consumer<RunEvent> to) {
        listener = to;
        return self();
    }

    /** Sets a parameter. */
    final <T> E with(Param<T> param, T value) {
        set(param, value);
        return self();
    }

    final int number(IntParam param) {
        return (int) getOrDefault(param);
    }

    final float number(DoubleParam param) {
        return ((Double) getOrDefault(param)).floatValue();
    }

    private Duration seconds(DoubleParam param) {
        return Duration.ofNanos((long) ((double) getOrDefault(param) * 1e9));
    }

    @SuppressWarnings("unchecked") // that is what E is
    private E self() {
        return (E) this;
    }

    @Override
    public E copy(ParamMap extra) {
        E copy = this.<E>defaultCopy(extra);
        copy.setTerms(terms);
        copy.setListener(listener);
        return copy;
    }

    @Override
    public final M fit(Dataset<?> frame) {
        transformSchema(frame.schema());
        Consistency.parse(getOrDefault(consistency));
        if ((boolean) getOrDefault(resume) && getOrDefault(checkpointDir).isEmpty()) {
            throw new IllegalArgumentException("there is nothing to resume from; set the checkpoint directory");
        }
        var rows = frame.toDF();
        var context = context(rows);
        int members = Explained.explaining(() -> members(context, seconds(slotLimit)));
        try (var _ = Slots.of(context).take(context, members, uid(), SparkMembers.group(context))) {
            M model = train(rows, members);
            model.setParent(this);
            return model;
        } catch (IOException | RuntimeException e) {
            throw Explained.advised(e);
        }
    }

    /** Trains, while the fit holds the slots of its members. */
    abstract M train(Dataset<Row> frame, int members) throws IOException;

    static JavaSparkContext context(Dataset<Row> frame) {
        return JavaSparkContext.fromSparkContext(frame.sparkSession().sparkContext());
    }

    /** How many members there are to be. */
    private int members(JavaSparkContext context, Duration limit) {
        int perMember = SparkMembers.coresOfTask(context);
        int asked = number(workers);
        if (asked < 0 || asked % perMember != 0) {
            throw new IllegalArgumentException("there are to be " + asked + " workers, but each task has " + perMember
                    + " (spark.task.cpus), so they must be a multiple of that");
        }
        int most = Parallelism.MOST;
        int members = asked > 0 ? asked / perMember : Math.min(most, slots(context, limit));
        if (members > most) {
            throw new IllegalArgumentException(asked + " workers, " + perMember + " per task: there can be " + most
                    + " tasks at most; give each more cores by spark.task.cpus");
        }
        return Math.max(1, members);
    }

    /** How many tasks the application can run at once; if no executor is there yet, one is asked for. */
    private static int slots(JavaSparkContext context, Duration limit) {
        if (Slots.count(context) == 0) {
            var one = context.parallelize(List.of(1), 1).countAsync();
            try {
                one.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                one.cancel(true);
                throw new IllegalStateException(
                        "no executor of the application has come within " + limit.toSeconds()
                                + " s; give it resources, or more time by setSlotLimit",
                        e);
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                one.cancel(true);
                Thread.currentThread().interrupt();
                throw new CancellationException("the fit was interrupted while it waited for an executor");
            }
        }
        return Slots.count(context);
    }

    /**
     * The folder of this fit's checkpoints.
     *
     * @param content a sum of all rows
     */
    final FitFolder folder(Dataset<Row> frame, int members, long content) throws IOException {
        var folder = getOrDefault(checkpointDir);
        return folder.isEmpty()
                ? FitFolder.none()
                : FitFolder.of(
                        FrameModel.place(frame.sparkSession(), folder),
                        getClass().getName() + " " + content + " " + members + " " + settings(),
                        (boolean) getOrDefault(resume));
    }

    /** How to run; found once for a fit, since executors may come and go meanwhile. */
    final Settings settings(JavaSparkContext context, int members, FitFolder folder) {
        return new Settings(
                members,
                SparkMembers.coresOfTask(context),
                getOrDefault(consistency),
                (long) getOrDefault(seed),
                seconds(waitLimit),
                folder.text());
    }

    /** All parameters that what is learned depends on, with their values. */
    private SortedMap<String, String> settings() {
        var others = List.of(checkpointDir, resume, slotLimit, waitLimit);
        var all = new TreeMap<String, String>();
        for (var param : params()) {
            if (!others.contains(param) && isDefined(param)) {
                var value = getOrDefault(param);
                all.put(param.name(), value instanceof Object[] array ? Arrays.toString(array) : value.toString());
            }
        }
        return all;
    }

    /** The sizes of the members' parts, shared out among the workers of each. */
    static List<Long> byWorker(List<Long> parts, int perMember) {
        var sizes = new ArrayList<Long>();
        for (long size : parts) {
            for (int w = 0; w < perMember; w++) {
                sizes.add(size * (w + 1) / perMember - size * w / perMember);
            }
        }
        return List.copyOf(sizes);
    }

    /** Makes a training ready. */
    @FunctionalInterface
    interface Preparing<L extends orrery.engine.train.Model> {
        Training<L> prepare(orrery.engine.stage.Run run) throws IOException;
    }

    /** Where a model comes from, to be kept with it. */
    final Map<String, String> provenance(JavaSparkContext context, String read) {
        return Map.of(
                "data",
                "a data frame of the Spark application " + context.sc().applicationId(),
                "read",
                read,
                "settings",
                settings().toString(),
                "seed",
                getOrDefault(seed).toString(),
                "jdk",
                System.getProperty("java.vm.vendor") + " " + Runtime.version(),
                "trained",
                Instant.now().toString());
    }

    /**
     * Runs the driver's part of a training, and the members' as tasks over {@code parts}.
     */
    final <T, L extends orrery.engine.train.Model> Trained<L> run(
            JavaSparkContext context,
            JavaRDD<T> parts,
            MemberBody<T> body,
            Settings settings,
            FitFolder folder,
            Preparing<L> training)
            throws IOException {
        var host = context.getConf().get("spark.driver.host");
        try (var members = new SparkMembers<>(context, parts, body, terms.on(host), seconds(slotLimit))) {
            var run = settings.run().with(members).listening(listener);
            if (folder.isResumed()) {
                run = run.with(run.checkpoints().orElseThrow().resuming());
            }
            var prepared = training.prepare(run);
            members.onEnd(prepared.job()::cancel);
            try {
                return prepared.run();
            } catch (RuntimeException e) {
                throw members.explained(e);
            }
        }
    }

    /** How a training went. */
    static TrainingSummary summary(Trained<?> trained, long rows, String read) {
        var metrics = trained.outcome().cuts().stream()
                .map(RunEvent.CutReached::metrics)
                .filter(measured -> !measured.isEmpty()) // stages that make ready have nothing to measure
                .toList();
        return new TrainingSummary(
                rows, metrics.size(), metrics, trained.outcome().elapsed(), read);
    }
}
