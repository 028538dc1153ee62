package orrery.spark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
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

/**
 * Members as tasks of a Spark application: for each a Spark job of one task, over its part of the data. No barrier and no
 * gang of Spark's: a lost executor leaves the others as they are, executors may be allocated dynamically, and other jobs of
 * the application go on beside.
 *
 * @param <T> what the data consist of
 */
final class SparkMembers<T> implements Members {
    private static final AtomicInteger RUNS = new AtomicInteger();
    private static final int FAILED = 1;
    private static final String POOL = "orrery";

    private final JavaSparkContext context;
    private final JavaRDD<T> parts;
    private final MemberBody<T> body;
    private final Terms terms;
    private final Duration slotLimit;
    private final String run = "orrery-" + ProcessHandle.current().pid() + "-" + RUNS.incrementAndGet();
    private final Map<String, CountDownLatch> begun = new ConcurrentHashMap<>(); // by job group
    private final Map<Integer, String> groups = new ConcurrentHashMap<>(); // by stage

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
        context.sc().addSparkListener(new Beginnings());
    }

    /** Hears which tasks have found a slot. */
    private final class Beginnings extends SparkListener {
        @Override
        public void onJobStart(SparkListenerJobStart job) {
            var group = job.properties() == null ? null : job.properties().getProperty("spark.jobGroup.id");
            if (group != null && begun.containsKey(group)) {
                var stages = job.stageIds().iterator();
                int last = -1;
                while (stages.hasNext()) { // the last is that of the member; those before prepare its data
                    last = Math.max(last, (Integer) stages.next());
                }
                groups.put(last, group);
            }
        }

        @Override
        public void onTaskStart(SparkListenerTaskStart task) {
            var group = groups.get(task.stageId());
            var waiting = group == null ? null : begun.get(group);
            if (waiting != null) {
                waiting.countDown();
            }
        }
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
            int status = 0;
            try {
                context.setLocalProperty("spark.scheduler.pool", POOL);
                context.setJobGroup(group, "member " + invitation.member() + " of " + run, true);
                parts.mapPartitionsWithIndex(new MemberTask<>(body, invitation), true)
                        .collectPartitions(new int[] {part});
            } catch (Exception e) {
                said.accept(String.valueOf(e.getMessage()));
                status = FAILED;
            }
            slot.countDown();
            begun.remove(group);
            life.end(status);
        });
        Thread.ofVirtual().start(() -> {
            try {
                if (!slot.await(slotLimit.toMillis(), TimeUnit.MILLISECONDS)) {
                    said.accept(noSlot());
                    life.kill();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return life;
    }

    private String noSlot() {
        int busy = 0;
        for (var executor : context.statusTracker().getExecutorInfos()) {
            busy += executor.numRunningTasks();
        }
        int slots = context.defaultParallelism();
        return "no slot for it within " + slotLimit.toSeconds() + " s: " + count() + " members need one each, the "
                + "application has " + slots + ", of which " + Math.max(0, slots - busy)
                + " are free; give it more cores, or fewer members";
    }

    /** A member's Spark job. */
    private final class Life implements Started {
        private final String group;
        private final ArrayList<Consumer<Integer>> actions = new ArrayList<>();
        private @Nullable Integer status;

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

        @Override
        public void kill() {
            context.cancelJobGroup(group);
        }

        @Override
        public String toString() {
            return "Spark job " + group;
        }
    }
}
