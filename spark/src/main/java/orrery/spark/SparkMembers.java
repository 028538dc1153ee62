package orrery.spark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.spark.FetchFailed;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.TaskKilled;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.jspecify.annotations.Nullable;
import orrery.engine.launch.Invitation;
import orrery.engine.launch.Members;

/**
 * Members as tasks of a Spark application: for each a Spark job of one task, over its part of the data. No barrier and no
 * gang of Spark's: a lost executor leaves the others as they are, executors may be allocated dynamically, and other jobs of
 * the application go on beside.
 *
 * @param <T> what the data consist of
 */
final class SparkMembers<T> implements Members, AutoCloseable {
    private static final AtomicInteger RUNS = new AtomicInteger();
    private static final int FAILED = 1;
    private static final int LOST = 137; // as of a process that was killed
    private static final String POOL = "orrery";
    /** Why a single job was cancelled; other reasons are of its job group, in words that the user may choose. */
    private static final Pattern OF_ONE_JOB =
            Pattern.compile("^Job \\d+ cancelled *$|killed via the Web UI|because Stage \\d+");

    private final JavaSparkContext context;
    private final JavaRDD<T> parts;
    private final MemberBody<T> body;
    private final Terms terms;
    private final Duration slotLimit;
    private final String run = "orrery-" + ProcessHandle.current().pid() + "-" + RUNS.incrementAndGet();
    private final Properties callers; // of the thread that fits: its job group, tags, pool and description
    private final Beginnings beginnings = new Beginnings();
    private final Map<String, Life> lives = new ConcurrentHashMap<>(); // by job tag
    private final Map<Integer, Set<String>> tags = new ConcurrentHashMap<>(); // by stage, which jobs may share
    private final AtomicReference<@Nullable Ended> ended = new AtomicReference<>();
    private volatile Runnable cancel = () -> {}; // ends the run

    /** Why no member can go on. */
    private record Ended(String why, boolean isCancelled) {}

    /**
     * @param parts a partition for each member
     * @param slotLimit how long a member may wait for a free slot
     */
    SparkMembers(JavaSparkContext context, JavaRDD<T> parts, MemberBody<T> body, Terms terms, Duration slotLimit) {
        this.context = context;
        callers = (Properties) context.sc().getLocalProperties().clone();
        this.parts = parts;
        this.body = body;
        this.terms = terms;
        this.slotLimit = slotLimit;
        context.sc().addSparkListener(beginnings);
    }

    /** Once the run is over. */
    @Override
    public void close() {
        if (!context.sc().isStopped()) {
            context.sc().removeSparkListener(beginnings);
        }
    }

    /** The job group of the thread that fits; null for none. */
    static @Nullable String group(JavaSparkContext context) {
        return context.sc().getLocalProperty("spark.jobGroup.id");
    }

    /** What ends the run when its jobs are cancelled by somebody else, or cannot go on. */
    void onEnd(Runnable cancelsRun) {
        cancel = cancelsRun;
        if (ended.get() != null) {
            cancelsRun.run();
        }
    }

    /** Why the run ended, if that was not its own doing: in place of what it throws. */
    RuntimeException explained(RuntimeException failure) {
        var why = ended.get();
        if (why == null) {
            return failure;
        }
        if (why.isCancelled) {
            return Explained.cancelled(why.why, failure);
        }
        return new IllegalStateException(why.why, failure);
    }

    /** All members are to end, and the run. */
    private void end(Ended why) {
        if (ended.compareAndSet(null, why)) {
            var group = callers.getProperty("spark.jobGroup.id");
            if (why.isCancelled && group != null && !OF_ONE_JOB.matcher(why.why).find()) {
                Slots.of(context).cancel(group, why.why);
            }
            cancel.run();
            lives.values().forEach(Life::kill);
        }
    }

    /** Notes which tasks have found a slot, and which are second attempts. */
    private final class Beginnings extends SparkListener {
        @Override
        public void onJobStart(SparkListenerJobStart job) {
            var given = job.properties() == null ? null : job.properties().getProperty("spark.job.tags");
            if (given == null) {
                return;
            }
            for (var tag : given.split(",", -1)) {
                var life = lives.get(tag);
                if (life != null) {
                    var stages = job.stageIds().iterator();
                    while (stages.hasNext()) { // those that prepare the data take slots, too
                        int stage = (Integer) stages.next();
                        tags.computeIfAbsent(stage, of -> ConcurrentHashMap.newKeySet())
                                .add(tag);
                        life.stage = Math.max(life.stage, stage);
                    }
                    if (life.isKilled()) { // when its job was not there yet
                        life.kill();
                    }
                }
            }
        }

        @Override
        public void onTaskEnd(SparkListenerTaskEnd task) {
            for (var tag : tags.getOrDefault(task.stageId(), Set.of())) {
                var life = lives.get(tag);
                if (life != null
                        && life.lost == null
                        && task.reason() instanceof TaskFailedReason reason
                        && !(reason instanceof TaskKilled)
                        && !(reason instanceof FetchFailed)) {
                    life.lost = reason.toErrorString();
                }
            }
        }

        @Override
        public void onTaskStart(SparkListenerTaskStart task) {
            for (var tag : tags.getOrDefault(task.stageId(), Set.of())) {
                var life = lives.get(tag);
                if (life == null) {
                    continue;
                }
                life.slot.countDown();
                var info = task.taskInfo();
                if (task.stageId() == life.stage && info.attemptNumber() > 0 && !info.speculative()) {
                    life.kill(); // Spark has lost the member's task
                }
            }
        }
    }

    /** How many cores each task has, so how many workers a member. */
    static int coresOfTask(JavaSparkContext context) {
        return context.getConf().getInt("spark.task.cpus", 1);
    }

    @Override
    public int count() {
        return parts.getNumPartitions();
    }

    @Override
    public Terms terms() {
        return terms;
    }

    @Override
    public Started start(Invitation invitation, Consumer<String> said) {
        int part = invitation.member() - 1;
        if (part >= count()) {
            throw new IllegalArgumentException(
                    "member " + invitation.member() + " would have no data: there are " + count() + " parts");
        }
        var life = new Life(run + "-" + invitation.member() + "-" + invitation.incarnation());
        lives.put(life.tag, life);
        if (ended.get() != null) {
            life.kill();
        }
        Thread.ofPlatform().name(life.tag).daemon().start(() -> {
            int status = LOST;
            try {
                status = status(invitation, part, life, said);
            } finally {
                life.slot.countDown();
                lives.remove(life.tag);
                tags.values().forEach(of -> of.remove(life.tag));
                life.end(status);
            }
        });
        Thread.ofVirtual().start(() -> {
            try {
                if (!life.slot.await(slotLimit.toMillis(), TimeUnit.MILLISECONDS)) {
                    life.fail(noSlot());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return life;
    }

    /** Runs the member's job, from its begin to its end. Returns the status. */
    private int status(Invitation invitation, int part, Life life, Consumer<String> said) {
        if (life.isKilled()) {
            return LOST;
        }
        try {
            var sc = context.sc();
            sc.setLocalProperties((Properties) callers.clone());
            if (callers.getProperty("spark.scheduler.pool") == null) {
                sc.setLocalProperty("spark.scheduler.pool", POOL);
            }
            sc.setLocalProperty("spark.job.description", "member " + invitation.member() + " of " + run);
            sc.setInterruptOnCancel(true);
            sc.addJobTag(life.tag);
            var wrong = parts.mapPartitionsWithIndex(new MemberTask<>(body, invitation), true)
                    .collectPartitions(new int[] {part})[0];
            wrong.stream()
                    .filter(word -> word.startsWith(MemberTask.FATAL))
                    .forEach(word -> end(new Ended(
                            "member " + invitation.member() + " failed: " + word.substring(MemberTask.FATAL.length()),
                            false)));
            wrong.forEach(word ->
                    said.accept(word.startsWith(MemberTask.FATAL) ? word.substring(MemberTask.FATAL.length()) : word));
            return wrong.isEmpty() ? 0 : FAILED;
        } catch (Throwable e) { // whatever it is, the coordinator must know of it
            var cancelled = Explained.cancellation(e);
            if (life.failure() == null
                    && !life.isKilled()
                    && (cancelled != null || context.sc().isStopped())) {
                end(new Ended(cancelled == null ? "the Spark application was stopped" : cancelled, true));
            }
            var lost = life.lost; // what Spark said of its first attempt
            var words = lost == null ? Explained.of(e) : Explained.of(lost);
            var why = life.failure() == null ? words : life.failure();
            said.accept(
                    why != null ? why : lost != null ? lost.lines().findFirst().orElse("") : Explained.cause(e));
            return why == null ? LOST : FAILED;
        }
    }

    private String noSlot() {
        int busy = 0;
        for (var executor : context.statusTracker().getExecutorInfos()) {
            busy += executor.numRunningTasks();
        }
        int slots = Slots.count(context);
        return "no slot for it within " + slotLimit.toSeconds() + " s: " + count() + " members need one each, the "
                + "application has " + slots + ", of which " + Math.max(0, slots - busy)
                + " are free; give it more cores, or fewer members";
    }

    /** A member's Spark job. */
    private final class Life implements Started {
        private final String tag;
        private final CountDownLatch slot = new CountDownLatch(1);
        private final ArrayList<Consumer<Integer>> actions = new ArrayList<>();
        private @Nullable Integer status;
        private @Nullable String failure; // for which the job is cancelled
        private boolean isKilled;
        private volatile @Nullable String lost; // why Spark has lost its task
        private volatile int stage = -1; // the member's own, the last of its job's

        Life(String tag) {
            this.tag = tag;
        }

        synchronized void end(int with) {
            status = with;
            actions.forEach(action -> action.accept(with));
            actions.clear();
        }

        @Override
        public synchronized void whenEnded(Consumer<Integer> action) {
            if (status == null) {
                actions.add(action);
            } else {
                action.accept(status);
            }
        }

        synchronized boolean isKilled() {
            return isKilled;
        }

        synchronized @Nullable String failure() {
            return failure;
        }

        /** Ends it because it cannot go on. */
        void fail(String why) {
            synchronized (this) {
                failure = why;
            }
            kill();
        }

        @Override
        public void kill() {
            synchronized (this) {
                isKilled = true;
            }
            if (!context.sc().isStopped()) {
                context.sc().cancelJobsWithTag(tag);
            }
        }

        @Override
        public String toString() {
            return "Spark job " + tag;
        }
    }
}
