package orrery.engine;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import orrery.engine.event.JobCancelledException;
import orrery.engine.event.JobFailedException;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Identity;
import orrery.engine.launch.Members;
import orrery.engine.launch.Membership;
import orrery.engine.launch.Threads;
import orrery.engine.members.Coordinator;
import orrery.engine.members.Member;
import orrery.engine.stage.Conclusion;
import orrery.engine.stage.Course;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Step;
import orrery.engine.stage.Task;
import orrery.engine.stage.Worker;
import orrery.engine.team.Here;
import orrery.engine.team.Memory;
import orrery.engine.team.Site;
import orrery.table.Node;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;
import orrery.table.plan.Recording;
import orrery.table.spec.TableSpec;

/**
 * Stages over a set of tables, run once. {@link #run} is called by one thread; {@link #finish}, {@link #stop} and
 * {@link #cancel} by any.
 */
public final class Job {
    private final String name;
    private final List<TableSpec> tables;
    private final Course course;
    private final Optional<Conclusion> conclusion;
    private final AtomicInteger members = new AtomicInteger(); // asked for, or 0
    private final Wish wish = new Wish();

    public Job(String name, List<TableSpec> tables, List<Stage> stages) {
        this(name, tables, Course.of(stages));
    }

    public Job(String name, List<TableSpec> tables, Course course) {
        this(name, tables, course, Optional.empty());
    }

    /**
     * A job whose result is written by those who hold its tables.
     *
     * @param conclusion does it; its tables do not come to this JVM then
     */
    public Job(String name, List<TableSpec> tables, Course course, Optional<Conclusion> conclusion) {
        this.name = name;
        this.course = course;
        this.conclusion = conclusion;
        this.tables = tables.stream().map(this::averagedAtCuts).toList();
    }

    public Job(String name, List<TableSpec> tables, Task task) {
        this(name, tables, task.stages());
    }

    /** What is measured and kept at a cut has all local steps in it. */
    private TableSpec averagedAtCuts(TableSpec spec) {
        long within = 0;
        for (var stage : course.known()) {
            within = gcd(gcd(within, stage.clocks()), Math.min(stage.cutEvery(), stage.clocks()));
        }
        return within == 0 ? spec : spec.with(spec.consistency().within(within));
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    /** The tables that it begins with. */
    public List<TableSpec> tables() {
        return tables;
    }

    /** The stages that are known before the job begins, in their order: all, unless they depend on what happens. */
    public List<Stage> stages() {
        return course.known();
    }

    Course course() {
        return course;
    }

    Optional<Conclusion> conclusion() {
        return conclusion;
    }

    String name() {
        return name;
    }

    /** Ends the job well at the next cut; called by a listener during {@link RunEvent.CutReached}, at that very cut. */
    public void finish() {
        wish.add(Wish.Kind.FINISH);
    }

    /** Ends the job at the next clock that all workers can complete, with a checkpoint if checkpoints are kept. */
    public void stop() {
        wish.add(Wish.Kind.STOP);
    }

    /** Ends the job at once; {@link #run} throws {@link JobCancelledException}. */
    public void cancel() {
        wish.add(Wish.Kind.CANCEL);
    }

    /** Goes on with another number of members from the next cut on at which they can be had. */
    public void scale(int to) {
        if (to < 1) {
            throw new IllegalArgumentException("a job needs 1 member or more, asked for " + to);
        }
        members.set(to);
    }

    /**
     * Runs the stages and returns when the last has ended. In a JVM that is a member of a run, does that member's part.
     *
     * @throws JobFailedException if a worker failed; the others have been released
     * @throws JobCancelledException if the job was cancelled or this thread interrupted
     * @throws IOException if a checkpoint cannot be written or read
     */
    public Outcome run(Run run) throws IOException {
        switch (run.launcher()) {
            case Membership membership -> {
                return new Member(membership, run, Site.ordered(tables, run.plan()), course, conclusion, identity(run))
                        .live();
            }
            case Threads threads -> {
                try (var site = new Here(run, threads)) {
                    return new JobRun(this, run, identity(run), site, wish, members).all();
                }
            }
            case Members launcher -> {
                if (run.learns().isPresent() && run.checkpoints().isEmpty()) {
                    throw new IllegalArgumentException(
                            "a run that places rows anew after its first pass needs checkpoints");
                }
                try (var site = new Coordinator(
                        run, launcher, identity(run), course, run.leavesTables() || conclusion.isPresent())) {
                    return new JobRun(this, run, identity(run), site, wish, members).all();
                }
            }
        }
    }

    /** What a run of this job is of. */
    private Identity identity(Run run) {
        var values = new TreeMap<String, String>();
        values.put("job", name);
        values.put("workers", String.valueOf(run.workers()));
        values.put("seed", String.valueOf(run.seed()));
        values.put("consistency", run.consistency().toString());
        var all = course.known().stream().map(Job::text).toList();
        values.put("stages", String.join("; ", all));
        return run.identity().with(values);
    }

    private static String text(Stage stage) {
        return stage.name() + ", " + stage.clocks() + " clocks, cut every " + stage.cutEvery()
                + (stage.parallelism().equals(Parallelism.OF_RUN) ? "" : ", workers " + stage.parallelism());
    }

    /**
     * What follows from what the workers of the first stage touch in a pass, found by a virtual iteration: their steps are
     * run up to the first cut with sessions that record what they are told and do nothing (Cui et al., SoCC 2014). Tables
     * are as they are at first. In this JVM, worker after worker.
     *
     * @param members how many members will share the tables
     */
    public AccessPlan plan(Run run, Placing placing, int members) throws Exception {
        var stage = course.known().getFirst();
        Memory.checkAll(tables, Runtime.getRuntime().maxMemory());
        var node = new Node();
        tables.forEach(node::create);
        var recordings = new ArrayList<Recording>();
        int workers = stage.parallelism().count(run.workers(), members);
        var memberOf = positions(stage, workers, members);
        for (int w = 0; w < workers; w++) {
            var recording = new Recording();
            recordings.add(recording);
            var session = node.virtual(w, workers, recording);
            var step = stage.body().open(new Worker(session, run.seed(), new AtomicLong()));
            try {
                for (long clock = 0; clock < Math.min(stage.clocks(), stage.cutEvery()); clock++) {
                    step.run(session, clock);
                    session.tick();
                }
            } finally {
                Step.close(step);
            }
        }
        return plan(placing, members, recordings, memberOf);
    }

    /** Worker to the position of its member. */
    static int[] positions(Stage stage, int workers, int members) {
        var all = IntStream.rangeClosed(1, members).boxed().toList();
        return stage.parallelism().homes(workers, all, 0).stream()
                .mapToInt(member -> member - 1)
                .toArray();
    }

    /** Of the tables of which rows were touched by their numbers only. */
    AccessPlan plan(Placing placing, int members, List<Recording> recordings, int[] memberOf) {
        var shapes = new TreeMap<String, AccessPlan.Shape>();
        for (var spec : tables) {
            if (recordings.stream().anyMatch(recording -> recording.hasRows(spec.name()))
                    && recordings.stream().noneMatch(recording -> recording.hasRanges(spec.name()))) {
                shapes.put(spec.name(), new AccessPlan.Shape((int) spec.rows(), spec.width()));
            }
        }
        return AccessPlan.of(placing, members, recordings, memberOf, shapes);
    }
}
