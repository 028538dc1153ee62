package orrery.spark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.jspecify.annotations.Nullable;
import orrery.engine.Invitation;
import orrery.engine.Members;
import orrery.table.Placement;

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

    private final JavaSparkContext context;
    private final JavaRDD<T> parts;
    private final MemberBody<T> body;
    private final Terms terms;
    private final Duration slotLimit;
    private final String run = "orrery-" + ProcessHandle.current().pid() + "-" + RUNS.incrementAndGet();
    private final Beginnings beginnings = new Beginnings();
    private final Map<String, CountDownLatch> begun = new ConcurrentHashMap<>(); // by job group
    private final Map<Integer, Set<String>> groups = new ConcurrentHashMap<>(); // by stage, which jobs may share

    /**
     * @param parts a partition for each member
     * @param slotLimit how long a member may wait for a free slot
     */
    SparkMembers(JavaSparkContext context, JavaRDD<T> parts, MemberBody<T> body, Terms terms, Duration slotLimit) {
        if (context.getConf().getBoolean("spark.speculation", false)) {
            throw new IllegalArgumentException("spark.speculation is on, and a second copy of a member would be refused"
                    + " by the run; set it to false for this application");
        }
        this.context = context;
        this.parts = parts;
        this.body = body;
        this.terms = terms;
        this.slotLimit = slotLimit;
        if (parts.getNumPartitions() > Placement.MOST_MEMBERS) {
            throw new IllegalArgumentException(parts.getNumPartitions() + " workers, each a member; there can be "
                    + Placement.MOST_MEMBERS + " members at most");
        }
        context.sc().addSparkListener(beginnings);
    }

    /** Once the run is over. */
    @Override
    public void close() {
        context.sc().removeSparkListener(beginnings);
    }

    /** Hears which tasks have found a slot. */
    private final class Beginnings extends SparkListener {
        @Override
        public void onJobStart(SparkListenerJobStart job) {
            var group = job.properties() == null ? null : job.properties().getProperty("spark.jobGroup.id");
            if (group != null && begun.containsKey(group)) {
                var stages = job.stageIds().iterator();
                while (stages.hasNext()) { // those that prepare the data take slots, too
                    groups.computeIfAbsent((Integer) stages.next(), stage -> ConcurrentHashMap.newKeySet())
                            .add(group);
                }
            }
        }

        @Override
        public void onTaskStart(SparkListenerTaskStart task) {
            for (var group : groups.getOrDefault(task.stageId(), Set.of())) {
                var waiting = begun.get(group);
                if (waiting != null) {
                    waiting.countDown();
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
        var group = run + "-" + invitation.member() + "-" + invitation.incarnation();
        var slot = new CountDownLatch(1);
        begun.put(group, slot);
        var life = new Life(group);
        Thread.ofPlatform().name(group).daemon().start(() -> {
            int status = LOST;
            try {
                status = life(invitation, part, group, life, said);
            } finally {
                slot.countDown();
                begun.remove(group);
                groups.values().forEach(of -> of.remove(group));
                life.end(status);
            }
        });
        Thread.ofVirtual().start(() -> {
            try {
                if (!slot.await(slotLimit.toMillis(), TimeUnit.MILLISECONDS)) {
                    life.fail(noSlot());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return life;
    }

    /** The member's job, from its begin to its end. Returns the status. */
    private int life(Invitation invitation, int part, String group, Life life, Consumer<String> said) {
        if (life.isKilled()) {
            return LOST;
        }
        try {
            context.setLocalProperty("spark.scheduler.pool", POOL);
            context.setJobGroup(group, "member " + invitation.member() + " of " + run, true);
            var wrong = parts.mapPartitionsWithIndex(new MemberTask<>(body, invitation), true)
                    .collectPartitions(new int[] {part})[0];
            wrong.forEach(said);
            return wrong.isEmpty() ? 0 : FAILED;
        } catch (Throwable e) { // whatever it is, the coordinator must hear of it
            var why = life.failure() == null ? Explained.of(e) : life.failure();
            said.accept(why == null ? String.valueOf(e.getMessage()) : why);
            return why == null ? LOST : FAILED;
        }
    }

    private String noSlot() {
        int busy = 0;
        for (var executor : context.statusTracker().getExecutorInfos()) {
            busy += executor.numRunningTasks();
        }
        int slots = context.defaultParallelism() / coresOfTask(context);
        return "no slot for it within " + slotLimit.toSeconds() + " s: " + count() + " members need one each, the "
                + "application has " + slots + ", of which " + Math.max(0, slots - busy)
                + " are free; give it more cores, or fewer members";
    }

    /** A member's Spark job. */
    private final class Life implements Started {
        private final String group;
        private final ArrayList<Consumer<Integer>> actions = new ArrayList<>();
        private @Nullable Integer status;
        private @Nullable String failure; // for which the job is cancelled
        private boolean isKilled;

        Life(String group) {
            this.group = group;
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
            context.sc().cancelJobGroupAndFutureJobs(group);
        }

        @Override
        public String toString() {
            return "Spark job " + group;
        }
    }
}
