package orrery.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Task;
import orrery.table.spec.TableSpec;

/** Laws of all schedulers, in virtual time and with real jobs. */
final class SchedulerTest {
    private static final int MIXES = 1000;

    private record Mix(List<ClusterView.Node> nodes, List<Simulation.Submission> tasks) {
        double longestStage() {
            return tasks.stream()
                    .flatMap(task -> task.stages().stream())
                    .mapToDouble(Simulation.Work::seconds)
                    .max()
                    .orElse(0);
        }

        double work() {
            return tasks.stream()
                    .flatMap(task -> task.stages().stream())
                    .mapToDouble(Simulation.Work::seconds)
                    .sum();
        }
    }

    /** Tasks of all kinds, some of which want all there is. */
    private static Mix mix(int seed) {
        var random = new SplittableRandom(seed);
        int nodes = random.nextInt(1, 7);
        int slots = random.nextInt(1, 9);
        var tasks = new ArrayList<Simulation.Submission>();
        int count = random.nextInt(1, 25);
        for (int t = 0; t < count; t++) {
            var stages = new ArrayList<Simulation.Work>();
            int most = random.nextInt(1, 8);
            for (int s = 0; s < most; s++) {
                var demand = switch (random.nextInt(6)) {
                    case 0 -> Parallelism.perMember(random.nextInt(1, slots + 1));
                    case 1 -> Parallelism.onOneMember(random.nextInt(1, slots + 1));
                    case 2 -> Parallelism.walking(random.nextInt(1, slots + 1));
                    case 3 -> Parallelism.onMember(random.nextInt(1, nodes + 1), random.nextInt(1, slots + 1));
                    case 4 -> Parallelism.anywhere(nodes * slots);
                    default -> Parallelism.anywhere(random.nextInt(1, nodes * slots + 1));
                };
                stages.add(new Simulation.Work(demand, random.nextInt(1, 100)));
            }
            tasks.add(new Simulation.Submission("t" + t, random.nextInt(0, 200), stages));
        }
        return new Mix(Pool.nodes(nodes, slots), tasks);
    }

    /** Every stage runs once, in its order, with what it wants, and no node has more workers than slots. */
    @ParameterizedTest
    @ValueSource(strings = {"sequential", "greedy", "prioritized"})
    void everyStageRunsOnceWithWhatItWants(String name) {
        for (int seed = 0; seed < MIXES; seed++) {
            var mix = mix(seed);
            var decisions = new ArrayList<Decision>();
            var result = Simulation.run(Scheduler.of(name, seed), mix.nodes(), mix.tasks(), decisions::add);
            int stages =
                    mix.tasks().stream().mapToInt(task -> task.stages().size()).sum();
            assertThat(result.lanes()).hasSize(stages);
            for (var lane : result.lanes()) {
                assertThat(lane.begin()).isGreaterThanOrEqualTo(lane.ready());
            }
            for (var decision : decisions) {
                for (var task : decision.view().tasks()) {
                    var workers = decision.plan().starts().get(task.id());
                    if (workers != null) {
                        checkFits(task.demand(), workers, mix.nodes().size());
                    }
                }
            }
            assertThat(result.makespan()).isLessThanOrEqualTo(200 + mix.work());
        }
    }

    private static void checkFits(Parallelism demand, Map<Integer, Integer> workers, int nodes) {
        int all = workers.values().stream().mapToInt(Integer::intValue).sum();
        switch (demand.where()) {
            case EACH_MEMBER ->
                assertThat(workers)
                        .hasSize(nodes)
                        .allSatisfy((node, n) -> assertThat(n).isEqualTo(demand.workers()));
            case ONE_MEMBER, WALKING -> assertThat(workers).hasSize(1);
            case NAMED -> assertThat(workers.keySet()).containsExactly(demand.member());
            default -> assertThat(all).isEqualTo(demand.workers());
        }
        if (demand.where() != Parallelism.Where.EACH_MEMBER) {
            assertThat(all).isEqualTo(demand.workers());
        }
    }

    /** What the class comment of {@link Prioritized} promises. */
    @Test
    void nobodyStarvesUnderPrioritized() {
        for (int seed = 0; seed < MIXES; seed++) {
            var mix = mix(seed);
            var result = Simulation.run(new Prioritized(seed), mix.nodes(), mix.tasks(), d -> {});
            double bound = (Prioritized.PATIENCE + mix.tasks().size()) * mix.longestStage();
            assertThat(result.longestWait()).as("mix " + seed).isLessThanOrEqualTo(bound);
        }
    }

    /** A stream of small tasks keeps a large one out for as long as it lasts; not so if slots are kept for it. */
    @Test
    void theLargeOneWaitsForTheSmallUnderGreedyOnly() {
        var tasks = new ArrayList<Simulation.Submission>();
        tasks.add(new Simulation.Submission("first", 0, List.of(new Simulation.Work(Parallelism.anywhere(1), 10))));
        tasks.add(new Simulation.Submission("large", 30.5, List.of(new Simulation.Work(Parallelism.anywhere(8), 10))));
        for (int i = 0; i < 200; i++) {
            tasks.add(new Simulation.Submission(
                    "small", 2 + i, List.of(new Simulation.Work(Parallelism.anywhere(1), 10))));
        }
        var nodes = Pool.nodes(2, 8);
        assertThat(waited(new Greedy(1), nodes, tasks)).isGreaterThan(160);
        assertThat(waited(new Prioritized(1), nodes, tasks)).isLessThan(25);
    }

    private static double waited(Scheduler scheduler, List<ClusterView.Node> nodes, List<Simulation.Submission> tasks) {
        return Simulation.run(scheduler, nodes, tasks, d -> {}).lanes().stream()
                .filter(lane -> lane.name().equals("large"))
                .mapToDouble(Lane::waited)
                .sum();
    }

    /** Otherwise than published: the cluster is not drained for one that may be anywhere. */
    @Test
    void oneImpatientTaskDoesNotDrainTheCluster() {
        var nodes = Pool.nodes(4, 10);
        var angry = new Standing(5, 3, Map.of());
        var demand = Parallelism.anywhere(12);
        var view = new ClusterView(
                9,
                100,
                nodes,
                List.of(
                        task(1, Parallelism.anywhere(32), Map.of(1, 8, 2, 8, 3, 8, 4, 8), Standing.NEW),
                        task(2, demand, Map.of(), angry),
                        task(3, Parallelism.anywhere(2), Map.of(), Standing.NEW)));
        var plan = new Prioritized(1).plan(view);
        assertThat(plan.starts()).doesNotContainKey(2);
        var reserved = plan.standings().get(2).reserved();
        assertThat(reserved.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(12);
        assertThat(plan.starts().get(3).values().stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .isEqualTo(2);
    }

    private static ClusterView.Task task(int id, Parallelism demand, Map<Integer, Integer> running, Standing standing) {
        return new ClusterView.Task(id, "t" + id, 0, demand, 0, running, Map.of(), standing);
    }

    @Test
    void aStageWalksToWhereItsTaskWasLeast() {
        var stages = new ArrayList<Simulation.Work>();
        for (int i = 0; i < 8; i++) {
            stages.add(new Simulation.Work(Parallelism.walking(2), 1));
        }
        for (var name : List.of("sequential", "greedy", "prioritized")) {
            var lanes = Simulation.run(
                            Scheduler.of(name, 3),
                            Pool.nodes(4, 2),
                            List.of(new Simulation.Submission("walker", 0, stages)),
                            d -> {})
                    .lanes();
            var visits = new int[5];
            lanes.forEach(lane -> visits[lane.workers().keySet().iterator().next()]++);
            assertThat(visits).containsExactly(0, 2, 2, 2, 2);
        }
    }

    @Test
    void whatWouldNeverFitIsToldAtOnce() {
        var uneven = List.of(new ClusterView.Node(1, 4), new ClusterView.Node(2, 2));
        var walks = List.of(new Simulation.Work(Parallelism.walking(3), 1));
        assertThatThrownBy(() -> Simulation.run(
                        new Greedy(1), uneven, List.of(new Simulation.Submission("walker", 0, walks)), d -> {}))
                .hasMessageContaining("wants 3 walking, and there are only 4 on node 1, 2 on node 2");
        var work = List.of(new Simulation.Work(Parallelism.onOneMember(9), 1));
        assertThatThrownBy(() -> Simulation.run(
                        new Greedy(1), Pool.nodes(2, 8), List.of(new Simulation.Submission("wide", 0, work)), d -> {}))
                .hasMessage("task 'wide', stage 0: wants 9 on one member, and there are only 8 on node 1, 8 on node 2");
        assertThatThrownBy(() -> Scheduler.of("fair", 1))
                .hasMessage("a scheduler is sequential, greedy or prioritized, not 'fair'");
    }

    /** Decisions in virtual time, written down, read again, asked again: the same. */
    @ParameterizedTest
    @ValueSource(strings = {"sequential", "greedy", "prioritized"})
    void aLogOfASimulationCanBeReplayed(String name) throws IOException {
        for (int seed = 0; seed < 50; seed++) {
            var mix = mix(seed);
            var log = new ArrayList<String>();
            Simulation.run(Scheduler.of(name, seed), mix.nodes(), mix.tasks(), d -> log.add(d.line()));
            replay(log);
        }
    }

    private static void replay(List<String> log) throws IOException {
        for (int i = 0; i < log.size(); i++) {
            var decision = Decision.read(log.get(i), "log:" + (i + 1));
            var again = decision.again();
            assertThat(again).isEqualTo(decision.plan());
            assertThat(new ArrayList<>(again.starts().keySet()))
                    .isEqualTo(new ArrayList<>(decision.plan().starts().keySet()));
            assertThat(new Decision(decision.scheduler(), decision.seed(), decision.view(), again).line())
                    .isEqualTo(log.get(i));
        }
    }

    /** Real jobs: never more workers than slots, all end, and the log of it can be replayed. */
    @ParameterizedTest
    @ValueSource(strings = {"sequential", "greedy", "prioritized"})
    @Timeout(60)
    void realJobsShareThePool(String name) throws Exception {
        var log = new ArrayList<String>();
        var pool = new Pool(Scheduler.of(name, 7), Pool.nodes(1, 4), d -> log.add(d.line()));
        var atWork = new AtomicInteger();
        var mostAtWork = new AtomicInteger();
        var ended = new ArrayList<java.util.concurrent.CompletableFuture<Outcome>>();
        for (int j = 0; j < 6; j++) {
            int k = 1 + j % 4;
            var wide = stage("wide", atWork, mostAtWork).with(Parallelism.anywhere(k));
            var narrow = stage("narrow", atWork, mostAtWork).with(Parallelism.onOneMember(1));
            var job = new Job(
                    "job-" + j,
                    List.of(TableSpec.dense("w", 10, 1)),
                    Task.of(wide, narrow).repeat(3));
            var run = Run.local(1);
            ended.add(pool.submit("job-" + j, Pool.demands(job, run), turns -> job.run(run.with(turns))));
        }
        for (int j = 0; j < 6; j++) {
            var outcome = ended.get(j).get();
            assertThat(outcome.status()).isEqualTo(Outcome.Status.DONE);
            assertThat(outcome.node().values(outcome.node().table("w"))[0]).isEqualTo(3f * 3 * (1 + j % 4 + 1));
        }
        assertThat(mostAtWork.get()).isBetween(1, 4);
        assertThat(pool.lanes()).hasSize(36);
        replay(log);
    }

    private static Stage stage(String name, AtomicInteger atWork, AtomicInteger most) {
        return new Stage(name, 3, worker -> {
            var w = worker.session().tables().getFirst();
            return (session, clock) -> {
                most.accumulateAndGet(atWork.incrementAndGet(), Math::max);
                TimeUnit.MILLISECONDS.sleep(1);
                session.add(w, new long[] {0}, new float[] {1});
                atWork.decrementAndGet();
            };
        });
    }

    /** One that goes back, after its last stage, too, has its turn again; one that is cancelled waits no longer. */
    @Test
    @Timeout(60)
    void jobsGoBackAndGiveUp() throws Exception {
        var board = new Board(new Greedy(1), Pool.nodes(1, 2));
        int task = board.submit("task", List.of(Parallelism.anywhere(1), Parallelism.anywhere(2)), 0);
        for (int stage = 0; stage < 2; stage++) {
            assertThat(board.round(stage).plan().starts()).containsKey(task);
            board.ended(task, stage + 1);
        }
        assertThat(board.isDone()).isTrue();
        assertThat(board.round(3).plan().starts()).isEmpty();
        assertThat(board.rewind(task, 0, 4)).isTrue();
        assertThat(board.round(5).plan().starts()).containsKey(task);

        var pool = new Pool(new Greedy(1), Pool.nodes(1, 1), d -> {});
        var run = Run.local(1);
        var holds = new java.util.concurrent.CountDownLatch(1);
        var first =
                new Job("holds", List.of(), List.of(new Stage("wait", 1, worker -> (session, clock) -> holds.await())));
        var second = new Job("waits", List.of(), List.of(new Stage("none", 1, worker -> (session, clock) -> {})));
        var third = new Job("stops", List.of(), List.of(new Stage("none", 1, worker -> (session, clock) -> {})));
        var one = pool.submit("holds", Pool.demands(first, run), turns -> first.run(run.with(turns)));
        var two = pool.submit("waits", Pool.demands(second, run), turns -> second.run(run.with(turns)));
        var three = pool.submit("stops", Pool.demands(third, run), turns -> third.run(run.with(turns)));
        second.cancel();
        third.stop();
        assertThatThrownBy(two::get).hasMessageContaining("job 'waits' was cancelled");
        assertThat(three.get().status()).isEqualTo(Outcome.Status.STOPPED);
        holds.countDown();
        assertThat(one.get().status()).isEqualTo(Outcome.Status.DONE);
    }

    /** A job that fails gives back what it has. */
    @Test
    @Timeout(60)
    void aJobThatFailsLeavesThePoolToOthers() throws Exception {
        var pool = new Pool(new Greedy(1), Pool.nodes(1, 2), d -> {});
        var run = Run.local(2);
        var fails = new Job("fails", List.of(), List.of(new Stage("boom", 3, worker -> (session, clock) -> {
            throw new IllegalStateException("boom");
        })));
        var works = new Job("works", List.of(), List.of(new Stage("fine", 3, worker -> (session, clock) -> {})));
        var first = pool.submit("fails", Pool.demands(fails, run), turns -> fails.run(run.with(turns)));
        var second = pool.submit("works", Pool.demands(works, run), turns -> works.run(run.with(turns)));
        assertThat(second.get().status()).isEqualTo(Outcome.Status.DONE);
        assertThatThrownBy(first::get).hasMessageContaining("boom");
    }
}
