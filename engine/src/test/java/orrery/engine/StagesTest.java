package orrery.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.examples.Partition;
import orrery.engine.keep.Checkpoints;
import orrery.engine.launch.Launcher;
import orrery.engine.launch.Members;
import orrery.engine.stage.Course;
import orrery.engine.stage.HillClimb;
import orrery.engine.stage.Measured;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Step;
import orrery.engine.stage.Task;
import orrery.store.Storage;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;

/** Stages with their own numbers of workers and their own places. */
@Timeout(60)
final class StagesTest {
    private static final Consistency BSP = new Consistency.Bsp();

    @TempDir
    Path folder = Path.of("");

    private static Job job(boolean tablesAreWithWorkers) {
        return Jobs.staged(tablesAreWithWorkers, 0);
    }

    private static Outcome among(int members, Run run, boolean tablesAreWithWorkers) throws IOException {
        return job(tablesAreWithWorkers).run(run.with(threads(members, run, tablesAreWithWorkers)));
    }

    private static Launcher threads(int members, Run run, boolean tablesAreWithWorkers) {
        return new InThreads(members, () -> job(tablesAreWithWorkers), run, Members.Terms.DEFAULT.insecure());
    }

    private static void assertSame(Outcome is, Outcome due) {
        assertThat(Arrays.mismatch(Jobs.weights(is), Jobs.weights(due))).isEqualTo(-1);
        assertThat(is.cuts().stream().map(RunEvent.CutReached::metrics).toList())
                .isEqualTo(due.cuts().stream().map(RunEvent.CutReached::metrics).toList());
        assertThat(is.examples()).isEqualTo(due.examples());
    }

    @ParameterizedTest(name = "{0} members, tables with workers: {1}")
    @CsvSource({"1, false", "2, false", "3, false", "4, false", "1, true", "2, true", "3, true"})
    void haveTheSameBitsWhereverTheirWorkersAre(int members, boolean tablesAreWithWorkers) throws IOException {
        var workers = new ArrayList<Integer>();
        var run = Run.local(4);
        var due = job(false).run(run.listening(event -> {
            if (event instanceof RunEvent.StageStarted started) {
                workers.add(started.workers());
            }
        }));
        assertThat(workers).containsExactly(6, 2, 1, 3, 6, 2, 1, 3, 4);
        assertSame(among(members, run, tablesAreWithWorkers), due);
    }

    /** In a stage, too, that runs on one member while the others look on. */
    @ParameterizedTest(name = "stops at cut {0}, tables with workers: {1}")
    @CsvSource({"1, false", "3, false", "5, false", "6, true", "3, true", "8, true"})
    void goOnWhereTheyStopped(int stopAt, boolean tablesAreWithWorkers) throws IOException {
        var run = Run.local(4);
        var due = job(false).run(run);
        var storage = Storage.local(folder.resolve("stopped-at-" + stopAt));
        var kept = run.with(Checkpoints.in(storage));
        var job = job(tablesAreWithWorkers);
        int[] cuts = {0};
        var stopped = job.run(kept.with(threads(2, kept, tablesAreWithWorkers)).listening(event -> {
            if (event instanceof RunEvent.CutReached && ++cuts[0] == stopAt) {
                job.stop();
            }
        }));
        assertThat(stopped.status()).isEqualTo(Outcome.Status.STOPPED);
        var again = run.with(Checkpoints.in(storage).resuming());
        assertSame(among(3, again, tablesAreWithWorkers), due);
    }

    /** No update of a stage that has all workers on one member leaves it, and the next stage's member gets it whole. */
    @Test
    void tablesThatAreWithWorkersNeedNoNetworkWithinAStage() throws IOException {
        var spec = TableSpec.dense("w", 10_000, 10).with(new Consistency.Asp()).withWorkers();
        var stage = new Stage("add", 50, worker -> {
                    var w = worker.session().tables().getFirst();
                    var ones = new float[1000];
                    Arrays.fill(ones, 1);
                    var keys = LongStream.range(0, 100)
                            .map(i -> i * 100 + worker.index())
                            .toArray();
                    return (session, clock) -> session.add(w, keys, ones);
                })
                .with(Parallelism.walking(2));
        var counted = new TreeMap<Integer, Map<String, Long>>();
        var quiet = Run.local(2);
        var run = quiet.listening(event -> {
            if (event instanceof RunEvent.Counted c) {
                counted.put(c.member(), c.counts());
            }
        });
        Supplier<Job> job = () -> new Job("walk", List.of(spec), Task.of(stage).repeat(4));
        var outcome = job.get().run(run.with(new InThreads(2, job, quiet, Members.Terms.DEFAULT.insecure())));
        var due = new float[100_000];
        for (int i = 0; i < 100_000; i++) {
            due[i] = i / 10 % 100 < 2 ? 200 : 0;
        }
        assertThat(Jobs.weights(outcome)).isEqualTo(due);
        assertThat(counted.get(1).get("pushes") + counted.get(2).get("pushes")).isZero();
    }

    /** As many workers as there are members when the stage begins, and no others when one comes. */
    @Test
    void keepTheirNumberWhileMembersComeAndGo() throws IOException {
        var run = Run.local(4);
        var stage = Jobs.stage("each", 40, 4, 500).with(Parallelism.perMember(2));
        var later = Jobs.stage("later", 8, 4, 500).with(Parallelism.perMember(2));
        var job = Jobs.mixed(BSP, 0, stage, later);
        var workers = new ArrayList<Integer>();
        var scaling = run.listening(event -> {
            if (event instanceof RunEvent.StageStarted started) {
                workers.add(started.workers());
            }
            if (event instanceof RunEvent.CutReached cut
                    && cut.clock() == 8
                    && cut.stage().equals("each")) {
                job.scale(3);
            }
        });
        var outcome = job.run(scaling.with(
                new InThreads(2, () -> Jobs.mixed(BSP, 0, stage, later), run, Members.Terms.DEFAULT.insecure())));
        assertThat(workers).containsExactly(4, 6);
        assertThat(outcome.examples()).isEqualTo(40 * 40 * 4 + 40 * 8 * 6);
    }

    @Test
    void sayWhichMemberThereIsNot() {
        var run = Run.local(2);
        var stage = Jobs.stage("far", 4, 4, 0).with(Parallelism.onMember(5, 1));
        var launcher = new InThreads(2, () -> Jobs.mixed(BSP, 0, stage), run, Members.Terms.DEFAULT.insecure());
        assertThatThrownBy(() -> Jobs.mixed(BSP, 0, stage).run(run.with(launcher)))
                .hasMessage("a stage is to run on member 5, but there are only [1, 2]");
    }

    /** Each pass takes each example once, however many workers there are at each of its clocks. */
    @ParameterizedTest(name = "{0} members")
    @ValueSource(ints = {0, 2})
    void workersAreFound(int members) throws IOException {
        int examples = 1000;
        var spec = TableSpec.dense("seen", examples, 1).with(BSP);
        var resized = new ArrayList<RunEvent.Resized>();
        var stage = new Stage("found", 400, 10, worker -> {
                    var seen = worker.session().tables().getFirst();
                    var partition = Partition.divided(examples, 50, worker.seed(), 0);
                    int w = worker.index();
                    int k = worker.count();
                    return (session, clock) -> {
                        var order = partition.order(clock, w, k);
                        long to = partition.to(clock, w, k);
                        for (long p = partition.from(clock, w, k); p < to; p++) {
                            session.add(seen, new long[] {order.at(p)}, new float[] {1});
                        }
                        TimeUnit.MICROSECONDS.sleep(4000 / k); // as if there were many cores
                    };
                })
                .with(Parallelism.found(4));
        var run = Run.local(3).listening(event -> {
            if (event instanceof RunEvent.Resized r) {
                resized.add(r);
            }
        });
        var quiet = Run.local(3);
        var launcher = new InThreads(
                2, () -> new Job("found", List.of(spec), List.of(stage)), quiet, Members.Terms.DEFAULT.insecure());
        var outcome = new Job("found", List.of(spec), List.of(stage)).run(members == 0 ? run : run.with(launcher));
        assertThat(resized).isNotEmpty();
        assertThat(resized.getFirst().before()).isEqualTo(2);
        assertThat(resized.getFirst().after()).isEqualTo(4);
        assertThat(Jobs.weights(outcome)).containsOnly(20);
    }

    @Test
    void workersWithStateOfTheirOwnAreNotFound() {
        var stage = Jobs.stage("a", 4, 4, 0).with(Parallelism.found(4));
        assertThatThrownBy(() -> Jobs.mixed(BSP, 0, stage).run(Run.local(2)))
                .hasMessageContaining("stage 'a' keeps state of each worker");
    }

    /** Comes near to the best of any cost that falls and rises, and settles. */
    @RepeatedTest(200)
    void climbsToTheTop(RepetitionInfo seed) {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        int most = random.nextInt(1, 65);
        double serial = random.nextDouble(0, 0.3);
        double overhead = random.nextDouble(0, 0.1);
        var climb = new HillClimb(1 + random.nextInt(most), most);
        double least = Double.POSITIVE_INFINITY;
        for (int k = 1; k <= most; k++) {
            least = Math.min(least, cost(k, serial, overhead));
        }
        int windows = 0;
        for (; !climb.isSettled(); windows++) {
            assertThat(windows).isLessThan(40);
            assertThat(climb.workers()).isBetween(1, most);
            climb.observed(cost(climb.workers(), serial, overhead) * random.nextDouble(0.995, 1.005));
        }
        assertThat(cost(climb.workers(), serial, overhead)).isLessThan(1.1 * least);
    }

    /** What is known to be worse is not tried again, nor what lies beyond it. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 6, 32, 64, 1024})
    void climbsDownInFewSteps(int first) {
        var climb = new HillClimb(first, 1024);
        int windows = 0;
        for (; !climb.isSettled(); windows++) {
            assertThat(climb.workers()).isLessThanOrEqualTo(2 * first);
            climb.observed(1 + climb.workers());
        }
        assertThat(climb.workers()).isEqualTo(1);
        assertThat(windows).isLessThanOrEqualTo(3 + 32 - Integer.numberOfLeadingZeros(first));
    }

    private static double cost(int k, double serial, double overhead) {
        return serial + (1 - serial) / k + overhead * k / 10;
    }

    @Test
    void climbsAgainWhenTheGroundHasMoved() {
        var climb = new HillClimb(1, 32);
        while (!climb.isSettled()) {
            climb.observed(1.0 / climb.workers()); // the more the better
        }
        assertThat(climb.workers()).isEqualTo(32);
        climb.observed(2.0 / 32); // once is chance
        assertThat(climb.isSettled()).isTrue();
        climb.observed(1.0 / 32);
        climb.observed(1 + 0.1 * 32);
        climb.observed(1 + 0.1 * 32);
        climb.observed(1 + 0.1 * 32);
        assertThat(climb.isSettled()).isFalse();
        while (!climb.isSettled()) {
            climb.observed(1 + 0.1 * climb.workers()); // now the fewer
        }
        assertThat(climb.workers()).isEqualTo(1);
    }

    /** Stages until what the last one has measured is enough: threads and members come to the same ones. */
    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void aCourseGoesByWhatWasMeasured(int members) throws IOException {
        var run = Run.local(4);
        var outcome = members == 0
                ? untilItIsEnough().run(run)
                : untilItIsEnough()
                        .run(run.with(new InThreads(
                                members, StagesTest::untilItIsEnough, run, Members.Terms.DEFAULT.insecure())));
        assertThat(outcome.cuts().stream().map(RunEvent.CutReached::stage).toList())
                .containsExactly("round 0", "round 1", "round 2");
        assertThat(outcome.status()).isEqualTo(Outcome.Status.DONE);
    }

    private static Job untilItIsEnough() {
        var course = new Course() {
            @Override
            public Optional<Stage> stage(int number, List<RunEvent.CutReached> history) {
                boolean isEnough = !history.isEmpty()
                        && history.getLast().metrics().getOrDefault("sum", 0.0) >= 12
                        && number >= history.size();
                return isEnough ? Optional.empty() : Optional.of(round(number));
            }

            @Override
            public List<Stage> known() {
                return List.of();
            }
        };
        return new Job("course", List.of(TableSpec.dense("sum", 1, 1)), course);
    }

    private static Stage round(int number) {
        return new Stage("round " + number, 1, 1, worker -> {
            Step step = (session, clock) -> session.add(session.table("sum"), new long[] {0}, new float[] {1});
            return Measured.by(
                    worker, step, session -> Map.of("sum", (double) session.values(session.table("sum"))[0]));
        });
    }
}
