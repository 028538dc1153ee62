package orrery.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.engine.event.JobFailedException;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.keep.Identity;
import orrery.engine.launch.Members;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.store.Storage;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;
import orrery.table.plan.RowOrder;
import orrery.table.plan.TablePlan;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.wire.Faults;

/** Jobs whose workers are on several members; here these are threads, so that there is no waiting for JVMs. */
@Timeout(60)
final class MembersTest {
    @TempDir
    Path folder = Path.of("");

    private static final Consistency BSP = new Consistency.Bsp();

    private static Outcome alone(Run run) throws IOException {
        return Jobs.mixed(run.consistency(), 0).run(run);
    }

    private static Outcome among(int members, Run run, Members.Terms terms) throws IOException {
        var launcher = new InThreads(members, () -> Jobs.mixed(run.consistency(), 0), quiet(run), terms);
        return Jobs.mixed(run.consistency(), 0).run(run.with(launcher));
    }

    /** What members know of a run: all but who listens. */
    private static Run quiet(Run run) {
        return new Run(
                run.workers(),
                run.consistency(),
                run.seed(),
                run.launcher(),
                run.waitLimit(),
                run.checkpoints(),
                List.of(),
                run.plan(),
                run.learns(),
                run.turns(),
                run.identity(),
                run.leavesTables(),
                run.results(),
                run.world());
    }

    private static void assertSame(Outcome is, Outcome due) {
        assertThat(Arrays.mismatch(Jobs.weights(is), Jobs.weights(due))).isEqualTo(-1);
        assertThat(is.cuts().stream().map(RunEvent.CutReached::metrics).toList())
                .isEqualTo(due.cuts().stream().map(RunEvent.CutReached::metrics).toList());
        assertThat(is.examples()).isEqualTo(due.examples());
    }

    @ParameterizedTest(name = "{0} members")
    @ValueSource(ints = {1, 2, 3, 4})
    void haveTheSameBitsAsThreads(int members) throws IOException {
        var run = Run.local(4);
        assertSame(among(members, run, Members.Terms.DEFAULT), alone(run));
        assertSame(among(members, run, Members.Terms.DEFAULT.insecure()), alone(run));
    }

    @Test
    void haveTheSameBitsInBadWeather() throws IOException {
        var run = Run.local(4);
        var weather = Faults.parse("drop=1%,delay=2ms,duplicate=1%,reorder=2%,cut=0.1%");
        assertSame(among(3, run, Members.Terms.DEFAULT.with(weather)), alone(run));
    }

    @Test
    void tellTheSameStory() throws IOException {
        var told = new ArrayList<String>();
        var run = Run.local(4).listening(event -> {
            if (!(event instanceof RunEvent.Progressed || event instanceof RunEvent.Counted)) {
                told.add(event.getClass().getSimpleName());
            }
        });
        alone(run);
        var due = List.copyOf(told);
        told.clear();
        among(2, run, Members.Terms.DEFAULT);
        assertThat(told).isEqualTo(due);
    }

    /** However seldom checkpoints are due: the last cut's is the result. */
    @Test
    void tablesThatAreLeftAreInTheLastCheckpoint() throws IOException {
        var checkpoints = Checkpoints.in(Storage.local(folder)).every(50);
        var outcome = among(2, Run.local(4).with(checkpoints).leavingTables(), Members.Terms.DEFAULT);
        assertThat(outcome.node().tables()).isEmpty();
        assertSame(alone(Run.local(4).with(checkpoints.resuming())), alone(Run.local(4)));
    }

    @Test
    void goOnFromACheckpointOfAnyNumberOfMembers() throws IOException {
        var whole = alone(Run.local(4));
        int n = 0;
        for (int[] counts : new int[][] {{3, 1}, {3, 2}, {1, 3}, {0, 2}, {2, 0}}) {
            var storage = Storage.local(folder.resolve("run-" + n++));
            var first = Run.local(4).with(Checkpoints.in(storage));
            var job = Jobs.mixed(BSP, 0);
            var stopping = first.listening(event -> {
                if (event instanceof RunEvent.CutReached cut && cut.clock() == 16) {
                    job.stop();
                }
            });
            var outcome = job.run(
                    counts[0] == 0
                            ? stopping
                            : stopping.with(
                                    new InThreads(counts[0], () -> Jobs.mixed(BSP, 0), first, Members.Terms.DEFAULT)));
            assertThat(outcome.status()).isEqualTo(Outcome.Status.STOPPED);
            var again = Run.local(4).with(Checkpoints.in(storage).resuming());
            assertSame(counts[1] == 0 ? alone(again) : among(counts[1], again, Members.Terms.DEFAULT), whole);
        }
    }

    @Test
    void stopBetweenCutsAtAClockThatAllHaveCompleted() throws IOException {
        var storage = Storage.local(folder);
        var run = Run.local(4).with(Checkpoints.in(storage));
        var long1 = Jobs.stage("a", 100_000, 100_000, 0);
        var job = Jobs.mixed(BSP, 0, long1);
        var stopping = run.listening(event -> {
            if (event instanceof RunEvent.Progressed) {
                job.stop();
            }
        });
        var outcome = job.run(stopping.with(
                new InThreads(2, () -> Jobs.mixed(BSP, 0, long1), run, Members.Terms.DEFAULT.insecure())));
        assertThat(outcome.status()).isEqualTo(Outcome.Status.STOPPED);
        assertThat(outcome.cuts()).hasSize(1);
        assertThat(outcome.cuts().getFirst().clock()).isBetween(1L, 99_999L);
    }

    private static final int EARLY = 1_000; // a clock, soon after the beginning
    private static volatile Runnable whenEarly = () -> {};

    /** Copies, each with a rule that has a state; now and then a worker touches nothing. */
    private static Job copied() {
        var table =
                TableSpec.dense("w", 300, 2).with(new UpdateRule.AdaGrad(0.1f)).with(new Consistency.Local(7));
        var stage = new Stage("steps", 30_000, 30_000, worker -> (session, clock) -> {
            if (clock == EARLY) {
                whenEarly.run();
            }
            if ((clock + worker.index()) % 5 == 0) {
                return;
            }
            var w = session.table("w");
            float now = session.view(w).get((clock * 7) % 300, 0);
            session.add(w, new long[] {(clock * 31 + worker.index()) % 300}, new float[] {1 - now, worker.index()});
        });
        return new Job("copied", List.of(table), List.of(stage));
    }

    /** Stopped in the midst of a round, wherever, a run on copies goes on to the same bits. */
    @ParameterizedTest
    @CsvSource({"0, 0", "2, 2", "2, 3", "3, 1", "0, 2"})
    void copiesGoOnInTheMidstOfARound(int first, int second) throws IOException {
        var natural = Run.local(4);
        var due = Jobs.weights(copied().run(natural));
        var run = natural.with(Checkpoints.in(Storage.local(folder)));
        var job = copied();
        whenEarly = job::stop;
        var outcome = job.run(
                first == 0
                        ? run
                        : run.with(new InThreads(first, MembersTest::copied, run, Members.Terms.DEFAULT.insecure())));
        whenEarly = () -> {};
        assertThat(outcome.status()).isEqualTo(Outcome.Status.STOPPED);
        var again = natural.with(Checkpoints.in(Storage.local(folder)).resuming());
        var resumed = copied().run(
                        second == 0
                                ? again
                                : again.with(new InThreads(
                                        second, MembersTest::copied, again, Members.Terms.DEFAULT.insecure())));
        assertThat(Arrays.mismatch(Jobs.weights(resumed), due)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bsp", "bsp, planned", "ssp:1", "essp:1", "asp"})
    void comeAndGoAtCuts(String consistency) throws IOException {
        int total = 0;
        boolean isPlanned = consistency.endsWith("planned");
        int rounds = consistency.startsWith("bsp") ? isPlanned ? 10 : 20 : 5;
        for (int round = 0; round < rounds; round++) {
            var random = new SplittableRandom(round);
            var natural = Run.local(4).with(Consistency.parse(consistency.replaceAll(",.*", "")));
            var run = isPlanned ? natural.with(aPlan(2 + round % 2)) : natural;
            var job = Jobs.mixed(run.consistency(), 2000);
            var moves = new ArrayList<RunEvent.Rescaled>();
            var scaling = run.listening(event -> {
                if (event instanceof RunEvent.CutReached && random.nextInt(3) > 0) {
                    job.scale(1 + random.nextInt(4));
                }
                if (event instanceof RunEvent.MemberLost lost) {
                    throw new AssertionError(lost);
                }
                if (event instanceof RunEvent.Rescaled rescaled) {
                    moves.add(rescaled);
                }
            });
            var outcome = job.run(scaling.with(new InThreads(
                    2, () -> Jobs.mixed(run.consistency(), 2000), run, Members.Terms.DEFAULT.insecure())));
            total += moves.size();
            if (consistency.startsWith("bsp")) {
                assertSame(outcome, alone(natural));
            }
        }
        System.out.printf("%d rounds under %s, %d moves%n", rounds, consistency, total);
        assertThat(total).isGreaterThanOrEqualTo(rounds);
    }

    /** Workers that use rows of their own part, and some that all share. */
    private static Job byRows() {
        var spec = TableSpec.dense("w", 300, 2).with(new UpdateRule.AdaGrad(0.1f));
        return new Job(
                "by rows",
                List.of(spec),
                List.of(new Stage("a", 40, 8, worker -> Jobs.byRows(worker, worker.index()))));
    }

    /** What the first pass shows is acted upon after it, and no bit is another; a stop and a resumption later, too. */
    @Test
    void rowsArePlacedByWhatTheFirstPassShows() throws IOException {
        var run = Run.local(4);
        var due = Jobs.weights(byRows().run(run));
        for (boolean stops : new boolean[] {false, true}) {
            var storage = Storage.local(folder.resolve("learning-" + stops));
            var learning = run.learning(Placing.FEWEST_BYTES).with(Checkpoints.in(storage));
            var planned = new ArrayList<AccessPlan>();
            var job = byRows();
            var outcome = job.run(learning.with(
                            new InThreads(2, MembersTest::byRows, learning, Members.Terms.DEFAULT.insecure()))
                    .listening(event -> {
                        if (event instanceof RunEvent.Planned p) {
                            planned.add(p.plan());
                        }
                        if (stops && event instanceof RunEvent.CutReached cut && cut.clock() == 24) {
                            job.stop();
                        }
                    }));
            assertThat(planned).hasSize(1);
            var table = planned.getFirst().of("w").orElseThrow();
            assertThat(table.rowsAtHome()[0] + table.rowsAtHome()[1]).isGreaterThan(240);
            if (stops) {
                assertThat(outcome.status()).isEqualTo(Outcome.Status.STOPPED);
                var again = learning.with(Checkpoints.in(storage).resuming());
                outcome = byRows().run(again.with(
                        new InThreads(3, MembersTest::byRows, again, Members.Terms.DEFAULT.insecure())));
            }
            assertThat(Arrays.mismatch(Jobs.weights(outcome), due)).isEqualTo(-1);
        }
    }

    /** Accesses that change are seen, and rows placed anew. */
    @Test
    void rowsArePlacedAnewWhenAccessesDrift() throws IOException {
        var spec = TableSpec.dense("w", 300, 2).with(new UpdateRule.AdaGrad(0.1f));
        Supplier<Job> drifting = () -> new Job("drifts", List.of(spec), List.of(new Stage("a", 64, 8, worker -> {
            var before = Jobs.byRows(worker, worker.index());
            var after = Jobs.byRows(worker, (worker.index() + 2) % worker.count());
            return (session, clock) -> (clock < 24 ? before : after).run(session, clock);
        })));
        var run = Run.local(4);
        var due = Jobs.weights(drifting.get().run(run));
        var learning =
                run.learning(Placing.FEWEST_BYTES).with(Checkpoints.in(Storage.local(folder.resolve("drifting"))));
        var planned = new ArrayList<AccessPlan>();
        var outcome = drifting.get()
                .run(learning.with(new InThreads(2, drifting, learning, Members.Terms.DEFAULT.insecure()))
                        .listening(event -> {
                            if (event instanceof RunEvent.Planned p) {
                                planned.add(p.plan());
                            }
                        }));
        assertThat(planned).hasSizeBetween(2, 3);
        var first = planned.getFirst().of("w").orElseThrow().order();
        var last = planned.getLast().of("w").orElseThrow().order();
        long moved = java.util.stream.IntStream.range(20, 300)
                .filter(r -> first.owners()[r] != last.owners()[r])
                .count();
        assertThat(moved).as("rows that have changed their owner").isGreaterThan(200);
        assertThat(Arrays.mismatch(Jobs.weights(outcome), due)).isEqualTo(-1);
    }

    /** Rows of the weights to owners at random. */
    private static AccessPlan aPlan(int members) {
        var random = new SplittableRandom(members);
        var order = RowOrder.of(random.ints(300, 0, members).toArray(), new long[300], members);
        var none = new long[members];
        return new AccessPlan(
                Placing.HASH,
                members,
                8,
                List.of(new TablePlan("w", 2, order, none, none, none, List.of(), List.of(), 0, 0, 0, 0)));
    }

    @Test
    void aFailingWorkerEndsTheJobAndIsNamed() {
        var stage = new Stage("breaks", 10, worker -> (session, clock) -> {
            if (worker.index() == 3 && clock == 4) {
                throw new IllegalStateException("no more");
            }
            session.view(session.tables().getFirst());
        });
        var run = Run.local(4);
        assertThatThrownBy(() -> Jobs.mixed(BSP, 0, stage)
                        .run(run.with(new InThreads(
                                2, () -> Jobs.mixed(BSP, 0, stage), run, Members.Terms.DEFAULT.insecure()))))
                .isInstanceOf(JobFailedException.class)
                .hasMessage("stage 'breaks', worker 3, clock 4: IllegalStateException: no more");
    }

    /** A number that has gone wrong in one member's memory is found at the next checkpoint. */
    @Test
    void copiesThatDifferEndTheRun() throws InterruptedException {
        var stage = new Stage("spoils", 20, 5, worker -> (session, clock) -> {
            var shared = session.tables().get(2);
            session.gather(shared, new long[] {0}, new float[3]);
            if (worker.index() == 3 && clock == 6) {
                int stripe = shared.shard.rows().stripe(0);
                shared.shard.locks().lock(stripe);
                shared.floats().setRow(0, new float[] {1, 2, 3});
                shared.shard.locks().unlock(stripe);
            }
        });
        var run = Run.local(4).with(Checkpoints.in(Storage.local(folder)));
        assertThatThrownBy(() -> Jobs.mixed(BSP, 0, stage)
                        .run(run.with(new InThreads(
                                2, () -> Jobs.mixed(BSP, 0, stage), run, Members.Terms.DEFAULT.insecure()))))
                .isInstanceOf(JobFailedException.class)
                .hasMessageContaining("the copies of table 'shared' on members 1 and 2 differ");
        for (var thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("checkpoint")) { // members write on, to the folder that is deleted
                thread.join();
            }
        }
    }

    @Test
    void membersThatCannotStartAreNamedWithTheirLastWords() {
        var run = Run.local(2);
        assertThatThrownBy(() -> Jobs.mixed(BSP, 0)
                        .run(run.with(new InThreads(
                                2,
                                () -> {
                                    throw new IllegalStateException("cannot read the data");
                                },
                                run,
                                Members.Terms.DEFAULT.insecure()))))
                .isInstanceOf(JobFailedException.class)
                .hasMessageContaining("ended with status 1 before it had joined")
                .hasMessageContaining("cannot read the data");
    }

    /** What members would learn from must be what the run is of. */
    @Test
    void membersThatReadOtherDataEndTheRun() {
        var run = Run.local(2);
        var mine = run.identifiedBy(Map.of(Identity.DATA, "crc32c:1"))
                .of(Map.of("a.csv", "crc32c:7", "b.csv", "crc32c:8"));
        var theirs = run.identifiedBy(Map.of(Identity.DATA, "crc32c:2"))
                .of(Map.of("a.csv", "crc32c:7", "b.csv", "crc32c:9"));
        assertEndsWith(
                mine, theirs, "reads other data than the run: b.csv has sum crc32c:9, expected crc32c:8; restore");
        assertEndsWith(
                mine,
                theirs.of(mine.identity().files()),
                "reads other data than the run: the data has sum crc32c:2, expected crc32c:1; restore");
        assertEndsWith(mine, mine.withSeed(2), "belongs to another run: its seed is 2, expected 1");
        assertEndsWith(
                mine,
                mine.with(new Consistency.Ssp(1)),
                "belongs to another run: its consistency is ssp:1, expected bsp");
    }

    private static void assertEndsWith(Run mine, Run theirs, String why) {
        assertThatThrownBy(() -> Jobs.mixed(BSP, 0)
                        .run(mine.with(
                                new InThreads(2, () -> Jobs.mixed(BSP, 0), theirs, Members.Terms.DEFAULT.insecure()))))
                .isInstanceOf(JobFailedException.class)
                .hasMessageMatching("member [12] .*")
                .hasMessageContaining(why);
    }

    /** Files that differ in what is not learned from are no difference. */
    @Test
    void filesWithTheSameDataAreTheSame() throws IOException {
        var run = Run.local(2).identifiedBy(Map.of(Identity.DATA, "crc32c:1"));
        var launcher = new InThreads(
                2, () -> Jobs.mixed(BSP, 0), run.of(Map.of("a.csv.gz", "crc32c:2")), Members.Terms.DEFAULT.insecure());
        var outcome = Jobs.mixed(BSP, 0).run(run.of(Map.of("a.csv", "crc32c:1")).with(launcher));
        assertThat(outcome.status()).isEqualTo(Outcome.Status.DONE);
    }

    @Test
    void moreMembersThanWorkersAreRefused() {
        var run = Run.local(2);
        assertThatThrownBy(() -> among(3, run, Members.Terms.DEFAULT))
                .hasMessageContaining("3 processes for 2 workers");
    }

    /** A storage that fails for the files that are asked for. */
    private record Failing(Storage inner, String part, AtomicBoolean fails) implements Storage {
        @Override
        public SeekableByteChannel read(String name) throws IOException {
            return inner.read(name);
        }

        @Override
        public Written write(String name, Body body) throws IOException {
            if (fails.get() && name.contains(part)) {
                throw new IOException(where(name) + ": No space left on device");
            }
            return inner.write(name, body);
        }

        @Override
        public boolean holds(String name) throws IOException {
            return inner.holds(name);
        }

        @Override
        public List<String> list(String folder) throws IOException {
            return inner.list(folder);
        }

        @Override
        public void delete(String name) throws IOException {
            inner.delete(name);
        }

        @Override
        public String where(String name) {
            return inner.where(name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"w.member-2-1.table.safetensors", "worker-1", "MANIFEST"})
    void aFullDiskEndsTheRunWhichKeepsItsLastGoodCheckpoint(String part) throws IOException {
        var isFull = new AtomicBoolean();
        var storage = new Failing(Storage.local(folder.resolve("run")), part, isFull);
        var run = Run.local(4).with(Checkpoints.in(storage));
        var listening = run.listening(event -> {
            if (event instanceof RunEvent.Checkpointed) {
                isFull.set(true); // from the second on
            }
        });
        assertThatThrownBy(() -> Jobs.mixed(BSP, 0)
                        .run(listening.with(
                                new InThreads(2, () -> Jobs.mixed(BSP, 0), run, Members.Terms.DEFAULT.insecure()))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(part)
                .hasMessageEndingWith("No space left on device");
        isFull.set(false);
        assertSame(
                among(2, run.with(Checkpoints.in(storage).resuming()), Members.Terms.DEFAULT.insecure()),
                alone(Run.local(4)));
    }
}
