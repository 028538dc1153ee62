package orrery.bench.schedulers;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import orrery.bench.Emulated;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.schedule.ClusterView;
import orrery.engine.schedule.Decision;
import orrery.engine.schedule.Lane;
import orrery.engine.schedule.Pool;
import orrery.engine.schedule.Scheduler;
import orrery.engine.schedule.Simulation;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.table.spec.TableSpec;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench schedulers}. */
@Command(
        name = "schedulers",
        mixinStandardHelpOptions = true,
        description =
                "Six tasks of unequal size on 300 workers under three schedulers: in virtual time, then as real jobs"
                        + " whose workers park for as long.")
public final class SchedulersBench implements Callable<Integer> {
    private static final int NODES = 15;
    private static final int SLOTS = 20;
    private static final List<String> NAMES = List.of("sequential", "greedy", "prioritized");

    @Option(
            names = "--scale",
            paramLabel = "X",
            description = "Real seconds for a virtual one (default: ${DEFAULT-VALUE}).")
    double scale = 0.1;

    @Option(names = "--runs", paramLabel = "N", description = "Runs of the real jobs (default: ${DEFAULT-VALUE}).")
    int runs = 3;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** Six tasks, all there from the beginning; the last wants all there is. */
    private static List<Simulation.Submission> tasks() {
        int[] workers = {60, 100, 150, 40, 200, 300};
        int[] stages = {20, 12, 8, 25, 6, 2};
        double[] seconds = {1, 1.5, 2, 0.8, 2.5, 2};
        var tasks = new ArrayList<Simulation.Submission>();
        for (int t = 0; t < 6; t++) {
            var work = new ArrayList<Simulation.Work>();
            for (int s = 0; s < stages[t]; s++) {
                work.add(new Simulation.Work(Parallelism.anywhere(workers[t]), seconds[t] * (1 + 0.1 * (s % 3))));
            }
            tasks.add(new Simulation.Submission("task " + (t + 1), 0, work));
        }
        return tasks;
    }

    @Override
    public Integer call() throws Exception {
        try (var report = Report.of(spec, json)) {
            report(report);
        }
        return 0;
    }

    private void report(Report out) throws Exception {
        out.say("virtual seconds       makespan   mean wait   longest wait of a stage   longest of task 6");
        for (var name : NAMES) {
            var result = Simulation.run(Scheduler.of(name, 1), Pool.nodes(NODES, SLOTS), tasks(), d -> {});
            tell(out, "virtual", name, result.lanes(), 1);
        }
        out.say("real jobs, 300 threads at most, scaled back");
        for (var name : NAMES) {
            var makespans = new ArrayList<Double>();
            List<Lane> lanes = List.of();
            int replayed = 0;
            for (int run = 0; run < runs; run++) {
                var decisions = new ArrayList<Decision>();
                lanes = real(name, decisions);
                makespans.add(new Simulation.Result(lanes).makespan() / scale);
                replayed = replay(name, decisions);
            }
            tell(out, "real", name, lanes, 1 / scale);
            out.row(
                    String.format(
                            Locale.ROOT,
                            "    median makespan of %d runs %.2f; %d decisions of the last run asked again: all the same",
                            runs,
                            Figure.median(makespans),
                            replayed),
                    "name",
                    name,
                    "time",
                    "real",
                    "medianMakespan",
                    Figure.median(makespans),
                    "runs",
                    runs,
                    "decisionsRepeated",
                    replayed);
        }
    }

    private static int replay(String name, List<Decision> decisions) throws Exception {
        for (int i = 0; i < decisions.size(); i++) {
            var read = Decision.read(decisions.get(i).line(), "decision " + i);
            if (!read.again().equals(read.plan())) {
                throw new IllegalStateException("decision " + i + " of " + name + " is another when asked again");
            }
        }
        return decisions.size();
    }

    private static void tell(Report out, String time, String name, List<Lane> lanes, double factor) {
        var result = new Simulation.Result(lanes);
        double ofLast = lanes.stream()
                .filter(lane -> lane.name().equals("task 6"))
                .mapToDouble(Lane::waited)
                .max()
                .orElse(0);
        out.row(
                String.format(
                        Locale.ROOT,
                        "%-18s %11.2f %11.2f %25.2f %19.2f",
                        name,
                        factor * result.makespan(),
                        factor * result.meanWait(),
                        factor * result.longestWait(),
                        factor * ofLast),
                "name",
                name,
                "time",
                time,
                "makespan",
                factor * result.makespan(),
                "meanWait",
                factor * result.meanWait(),
                "longestWait",
                factor * result.longestWait(),
                "longestWaitOfTask6",
                factor * ofLast);
    }

    private List<Lane> real(String name, List<Decision> decisions) throws Exception {
        var nodes = List.of(new ClusterView.Node(1, NODES * SLOTS)); // one JVM
        var pool = new Pool(Scheduler.of(name, 1), nodes, decisions::add);
        var ended = new ArrayList<CompletableFuture<Outcome>>();
        for (var task : tasks()) {
            var stages = new ArrayList<Stage>();
            for (var work : task.stages()) {
                stages.add(new Stage(
                                "stage " + stages.size(),
                                1,
                                worker -> (session, clock) -> Emulated.nanos((long) (work.seconds() * scale * 1e9)))
                        .with(work.demand()));
            }
            var job = new Job(task.name(), List.of(TableSpec.dense("w", 1, 1)), stages);
            var run = Run.local(1);
            ended.add(pool.submit(task.name(), Pool.demands(job, run), turns -> job.run(run.with(turns))));
        }
        for (var one : ended) {
            one.get();
        }
        return pool.lanes();
    }
}
