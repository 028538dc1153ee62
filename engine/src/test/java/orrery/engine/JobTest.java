package orrery.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.engine.event.JobCancelledException;
import orrery.engine.event.JobFailedException;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoint;
import orrery.engine.keep.Checkpoints;
import orrery.engine.launch.Members;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.store.Storage;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;

@Timeout(60)
final class JobTest {
    @TempDir
    Path folder = Path.of("");

    private static Stage stage(String name, long clocks, long cutEvery) {
        return Jobs.stage(name, clocks, cutEvery, 0);
    }

    private static Job job(Stage... stages) {
        return Jobs.mixed(new Consistency.Bsp(), 0, stages);
    }

    private static float[] weights(Outcome outcome) {
        return Jobs.weights(outcome);
    }

    @ParameterizedTest(name = "{0} workers")
    @ValueSource(ints = {1, 2, 4, 8})
    void twentySeededRunsAreBitEqualAlsoAcrossAResume(int workers) throws IOException {
        for (long seed = 1; seed <= 20; seed++) {
            var run = Run.local(workers).withSeed(seed);
            var whole = job(stage("a", 12, 5), stage("b", 7, 3)).run(run);
            var again = job(stage("a", 12, 5), stage("b", 7, 3)).run(run);
            assertThat(weights(again)).containsExactly(weights(whole));

            var checkpoints = Checkpoints.in(Storage.local(folder.resolve("run-" + workers + "-" + seed)));
            var broken = job(stage("a", 12, 5), stage("b", 7, 3));
            long breakAt = 1 + seed % 5; // at one of the five cuts
            var stopping = run.with(checkpoints).listening(new Consumer<>() {
                private int cuts;

                @Override
                public void accept(RunEvent event) {
                    if (event instanceof RunEvent.CutReached && ++cuts == breakAt) {
                        broken.stop();
                    }
                }
            });
            var first = broken.run(stopping);
            var resumed = job(stage("a", 12, 5), stage("b", 7, 3)).run(run.with(checkpoints.resuming()));
            assertThat(weights(resumed)).containsExactly(weights(whole));
            assertThat(resumed.cuts())
                    .extracting(RunEvent.CutReached::metrics)
                    .isEqualTo(whole.cuts().stream()
                            .map(RunEvent.CutReached::metrics)
                            .toList());
            assertThat(resumed.cuts()).hasSizeGreaterThanOrEqualTo(first.cuts().size());
            assertThat(resumed.examples()).isEqualTo(whole.examples());
        }
    }

    @Test
    void aStopBetweenCutsIsAtAClockThatAllHaveCompleted() throws IOException {
        for (int i = 0; i < 20; i++) {
            var storage = Storage.local(folder.resolve("s" + i));
            var stopped = job(stage("a", 1_000_000, 1_000_000));
            Thread.ofPlatform().start(stopped::stop);
            var outcome = stopped.run(Run.local(3).with(Checkpoints.in(storage)));
            assertThat(outcome.status()).isEqualTo(Outcome.Status.STOPPED);
            long clock = outcome.cuts().getLast().clock();
            assertThat(outcome.examples()).isEqualTo(3 * 40 * clock);
            assertThat(storage.list("")).containsExactly(Checkpoint.folder(0, clock));
        }
    }

    @Test
    void aFailingWorkerEndsTheJobAtOnceAndIsNamed() {
        for (var consistency : List.of(new Consistency.Bsp(), new Consistency.Ssp(3))) {
            var told = new ArrayList<RunEvent>();
            var spec = TableSpec.dense("w", 4, 1).with(consistency);
            var stage = new Stage("train", 1_000_000, worker -> (session, clock) -> {
                session.view(session.tables().getFirst());
                if (worker.index() == 2 && clock == 57) {
                    throw new IllegalStateException("the disk is on fire");
                }
            });
            long start = System.nanoTime();
            assertThatThrownBy(() -> new Job("test", List.of(spec), List.of(stage))
                            .run(Run.local(4).listening(told::add)))
                    .isInstanceOf(JobFailedException.class)
                    .hasMessage("stage 'train', worker 2, clock 57: IllegalStateException: the disk is on fire");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
            assertThat(told).anyMatch(event -> event instanceof RunEvent.WorkerFailed failed && failed.clock() == 57);
            assertNobodyIsLeft();
        }
    }

    private static void assertNobodyIsLeft() {
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("worker-"));
    }

    @Test
    void aJobWithoutTablesEndsToo() {
        var stage = new Stage("train", 1_000_000, worker -> (session, clock) -> {
            if (worker.index() == 0 && clock == 3) {
                throw new IOException("no");
            }
        });
        assertThatThrownBy(() -> new Job("test", List.of(), List.of(stage)).run(Run.local(2)))
                .hasMessage("stage 'train', worker 0, clock 3: IOException: no");
        assertNobodyIsLeft();
    }

    @Test
    void aFailureBeforeTheFirstClockIsNamedToo() {
        var stage = new Stage("train", 5, worker -> {
            throw new IOException("cannot open");
        });
        assertThatThrownBy(() -> new Job("test", List.of(), List.of(stage)).run(Run.local(2)))
                .hasMessageMatching("stage 'train', worker [01], clock 0: IOException: cannot open");
    }

    @Test
    void notANumberEndsTheJob() {
        var spec = TableSpec.dense("w", 4, 1);
        var stage = new Stage(
                "train",
                100,
                worker -> (session, clock) -> session.add(
                        session.tables().getFirst(), new long[] {3}, new float[] {clock == 5 ? Float.NaN : 1}));
        assertThatThrownBy(() -> new Job("test", List.of(spec), List.of(stage)).run(Run.local(1)))
                .hasMessageStartingWith(
                        "stage 'train', worker 0, clock 5: table 'w': the update for row 3, column 0 is NaN");
    }

    @Test
    void aWaitThatIsTooLongSaysForWhom() {
        var release = new CountDownLatch(1);
        var spec = TableSpec.dense("w", 4, 1);
        var stage = new Stage("train", 100, worker -> (session, clock) -> {
            session.view(session.tables().getFirst());
            if (worker.index() == 1 && clock == 2) {
                release.await();
            }
        });
        assertThatThrownBy(() -> new Job("test", List.of(spec), List.of(stage))
                        .run(Run.local(2).withWaitLimit(Duration.ofMillis(100))))
                .hasMessageStartingWith(
                        "stage 'train', worker 0, clock 3: worker 0 waited 0.1 s at clock 3 for worker 1 (at clock 2)");
        release.countDown();
    }

    @Test
    void aLoneWorkerThatHangsIsNoticed() {
        var stage = new Stage("train", 100, worker -> (session, clock) -> new CountDownLatch(1).await());
        assertThatThrownBy(() -> new Job("test", List.of(), List.of(stage))
                        .run(Run.local(1).withWaitLimit(Duration.ofMillis(100))))
                .hasMessageStartingWith(
                        "stage 'train': no worker has completed a clock for 0.2 s: worker 0 (at clock 0)");
        assertNobodyIsLeft();
    }

    @Test
    void cancelAndInterruptEndTheJobAtOnce() throws InterruptedException {
        var stage = stage("a", 1_000_000_000, 1_000_000_000);
        var cancelled = job(stage);
        Thread.ofPlatform().start(cancelled::cancel);
        assertThatThrownBy(() -> cancelled.run(Run.local(2)))
                .isInstanceOf(JobCancelledException.class)
                .hasMessageMatching("job 'test' was cancelled at stage 'a', clock \\d+");
        assertNobodyIsLeft();
        var caught = new ArrayList<Throwable>();
        var begun = new CountDownLatch(1);
        var runner = Thread.ofPlatform().start(() -> {
            try {
                job(stage).run(Run.local(2).listening(event -> begun.countDown()));
            } catch (JobCancelledException | IOException e) {
                caught.add(e);
            }
        });
        begun.await();
        runner.interrupt();
        runner.join();
        assertThat(caught).hasSize(1);
        assertThat(caught.getFirst()).hasMessageContaining("was interrupted at stage 'a'");
        assertNobodyIsLeft();
    }

    @Test
    void aListenerThatThrowsEndsTheJob() {
        assertThatThrownBy(() -> job(stage("a", 100, 10)).run(Run.local(2).listening(event -> {
                    if (event instanceof RunEvent.CutReached) {
                        throw new IllegalStateException("no space for the log");
                    }
                })))
                .hasMessage("no space for the log");
        assertNobodyIsLeft();
    }

    @Test
    void eventsTellTheLifeOfARunInOrder() throws IOException {
        var told = new ArrayList<String>();
        job(stage("a", 4, 2)).run(Run.local(2).listening(event -> {
            if (!(event instanceof RunEvent.Progressed)) {
                told.add(event.getClass().getSimpleName());
            }
        }));
        assertThat(told)
                .containsExactly(
                        "Started", "MemoryPlanned", "StageStarted", "CutReached", "CutReached", "StageEnded", "Ended");
    }

    @Test
    void finishDuringACutEndsAtThatCut() throws IOException {
        var job = job(stage("a", 100, 7));
        var outcome = job.run(Run.local(2).listening(event -> {
            if (event instanceof RunEvent.CutReached cut && cut.clock() == 21) {
                job.finish();
            }
        }));
        assertThat(outcome.status()).isEqualTo(Outcome.Status.FINISHED_EARLY);
        assertThat(outcome.cuts().getLast().clock()).isEqualTo(21);
        assertThat(outcome.examples()).isEqualTo(2 * 40 * 21);
    }

    /** A run that is lost after it has finished early, and before its result was used, ends where it had. */
    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void whatHasFinishedEarlyIsFinishedWhenItIsResumed(int members) throws IOException {
        var checkpoints = Checkpoints.in(Storage.local(folder)).every(3);
        var job = job(stage("a", 100, 7), stage("b", 5, 5));
        var first = job.run(Run.local(2).with(checkpoints).listening(event -> {
            if (event instanceof RunEvent.CutReached cut && cut.clock() == 28) {
                job.finish();
            }
        }));
        assertThat(first.status()).isEqualTo(Outcome.Status.FINISHED_EARLY);
        var run = Run.local(2).with(checkpoints.resuming());
        var again = job(stage("a", 100, 7), stage("b", 5, 5))
                .run(
                        members == 0
                                ? run
                                : run.with(new InThreads(
                                        members,
                                        () -> job(stage("a", 100, 7), stage("b", 5, 5)),
                                        run,
                                        Members.Terms.DEFAULT.insecure())));
        assertThat(again.status()).isEqualTo(Outcome.Status.FINISHED_EARLY);
        assertThat(again.cuts()).isEqualTo(first.cuts());
        assertThat(Arrays.mismatch(weights(again), weights(first))).isEqualTo(-1);
    }

    @Test
    void aRunThatDoesNotFitIsNotResumed() throws IOException {
        var checkpoints = Checkpoints.in(Storage.local(folder));
        var of = Map.of("data", "crc32c:1");
        job(stage("a", 10, 5)).run(Run.local(2).with(checkpoints).identifiedBy(of));
        assertRefused(
                Run.local(3).identifiedBy(of).with(checkpoints.resuming()),
                stage("a", 10, 5),
                "workers was 2, now it is 3");
        assertRefused(
                Run.local(2).identifiedBy(of).withSeed(9).with(checkpoints.resuming()),
                stage("a", 10, 5),
                "seed was 1, now it is 9");
        assertRefused(
                Run.local(2).identifiedBy(of).with(checkpoints.resuming()),
                stage("a", 11, 5),
                "10 clocks, cut every 5, now it is a, 11 clocks");
        assertRefused(
                Run.local(2).with(checkpoints.resuming()).identifiedBy(Map.of("data", "crc32c:2")),
                stage("a", 10, 5),
                "data was crc32c:1, now it is crc32c:2");
        assertThatThrownBy(() -> job(stage("a", 10, 5)).run(Run.local(2).with(checkpoints)))
                .hasMessageContaining("holds checkpoints of another run");
        assertThatThrownBy(() -> job(stage("a", 10, 5))
                        .run(Run.local(2)
                                .with(Checkpoints.in(Storage.local(folder.resolve("none")))
                                        .resuming())))
                .hasMessageContaining("no checkpoint to go on from");
    }

    /** Steps that have something of their own for some clocks are not stopped among these. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4, 25})
    void isStoppedWhereTheStageMayBe(int every) throws IOException {
        var cuts = new ArrayList<Long>();
        var stopped = job(stage("a", 100_000, 100_000).stoppedEvery(every));
        var outcome = stopped.run(Run.local(3).listening(event -> {
            if (event instanceof RunEvent.StageStarted) {
                stopped.stop();
            } else if (event instanceof RunEvent.CutReached cut) {
                cuts.add(cut.clock());
            }
        }));
        assertThat(outcome.status()).isEqualTo(Outcome.Status.STOPPED);
        assertThat(cuts).hasSize(1).allMatch(clock -> clock % every == 0 && clock < 100_000);
        assertThatThrownBy(() -> stage("a", 10, 5).stoppedEvery(3)).hasMessageContaining("every 3 clocks");
    }

    private static void assertRefused(Run run, Stage stage, String why) {
        assertThatThrownBy(() -> job(stage).run(run))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(why);
    }

    /** A byte in any file of the newest, or anything that a manifest cannot say: the one before is gone on from. */
    @RepeatedTest(30)
    void aDamagedCheckpointIsPassedOver(RepetitionInfo seed) throws IOException {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        var checkpoints = Checkpoints.in(Storage.local(folder));
        var due = Jobs.weights(job(stage("a", 20, 5)).run(Run.local(2)));
        var stopped = job(stage("a", 20, 5));
        stopped.run(Run.local(2).with(checkpoints).listening(event -> {
            if (event instanceof RunEvent.CutReached cut && cut.clock() == 15) {
                stopped.stop();
            }
        }));
        damage(folder.resolve("stage-000-clock-0000000015"), random);
        var told = new ArrayList<RunEvent>();
        var outcome = job(stage("a", 20, 5))
                .run(Run.local(2).with(checkpoints.resuming()).listening(event -> {
                    if (event instanceof RunEvent.CheckpointPassedOver || event instanceof RunEvent.Resumed) {
                        told.add(event);
                    }
                }));
        assertThat(told).hasSize(2);
        assertThat(((RunEvent.CheckpointPassedOver) told.getFirst()).where()).endsWith("0000000015");
        assertThat(((RunEvent.Resumed) told.getLast()).clock()).isEqualTo(10);
        assertThat(Arrays.mismatch(Jobs.weights(outcome), due)).isEqualTo(-1);
        assertThat(Storage.local(folder).list(""))
                .containsExactly("stage-000-clock-0000000015", "stage-000-clock-0000000020"); // 15 anew
    }

    private static final List<String> NONSENSE = List.of(
            "\"stage\" : 0=\"stage\" : 99",
            "\"stage\" : 0=\"stage\" : -1",
            "\"stage\" : 0=\"stage\" : null",
            "\"stage\" : 0=\"stage\" : 1e300",
            "\"clock\" : 15=\"clock\" : 2000000000",
            "\"workers\" : 2=\"workers\" : 2000000000",
            "\"workers\" : 2=\"workers\" : 99999999999999999999",
            "\"format\" : 4=\"format\" : null",
            "\"identity\" : {=\"identities\" : {",
            "\"files\" :=\"file\" :",
            "\"seed\" : \"1\"=\"seed\" : \"3\"");

    private static void damage(Path checkpoint, SplittableRandom random) throws IOException {
        var manifest = checkpoint.resolve("MANIFEST.json");
        switch (random.nextInt(4)) {
            case 0 ->
                Files.writeString(manifest, List.of("null", "[]", "", "{", "7").get(random.nextInt(5)));
            case 1 -> {
                var change = NONSENSE.get(random.nextInt(NONSENSE.size())).split("=", -1);
                var text = Files.readString(manifest);
                assertThat(text).contains(change[0]);
                Files.writeString(manifest, text.replace(change[0], change[1]));
            }
            case 2 -> Files.delete(checkpoint.resolve("w.table.safetensors"));
            default -> {
                var file = checkpoint.resolve("w.table.safetensors");
                var bytes = Files.readAllBytes(file);
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, bytes);
            }
        }
    }

    @Test
    void whereNoCheckpointIsSoundItSaysWhatIsWrongWithEach() throws IOException {
        var checkpoints = Checkpoints.in(Storage.local(folder));
        job(stage("a", 20, 5)).run(Run.local(2).with(checkpoints));
        for (var name : Storage.local(folder).list("")) {
            Files.writeString(folder.resolve(name).resolve("MANIFEST.json"), "null");
        }
        assertThatThrownBy(() -> job(stage("a", 20, 5)).run(Run.local(2).with(checkpoints.resuming())))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("none of its checkpoints can be read")
                .hasMessageContaining("0000000015/MANIFEST.json: is damaged: not a JSON object but null")
                .hasMessageContaining("0000000020/MANIFEST.json: is damaged");
    }

    @Test
    void onlyTheNewestCheckpointsAreKeptAndAHalfWrittenOneIsNone() throws IOException {
        var storage = Storage.local(folder);
        job(stage("a", 20, 5)).run(Run.local(2).with(Checkpoints.in(storage)));
        assertThat(storage.list("")).containsExactly("stage-000-clock-0000000015", "stage-000-clock-0000000020");
        Files.delete(folder.resolve("stage-000-clock-0000000020/MANIFEST.json"));
        var resumed = new ArrayList<Long>();
        job(stage("a", 20, 5))
                .run(Run.local(2).with(Checkpoints.in(storage).resuming()).listening(event -> {
                    if (event instanceof RunEvent.Resumed r) {
                        resumed.add(r.clock());
                    }
                }));
        assertThat(resumed).containsExactly(15L);
    }

    @Test
    void runsSayWhatIsWrong() {
        assertThatThrownBy(() -> Run.local(0)).hasMessage("workers must be 1 to 1024, got 0");
        assertThatThrownBy(() -> Run.local(1).withWaitLimit(Duration.ZERO))
                .hasMessageContaining("the wait limit must be above 0");
        assertThatThrownBy(() -> new Stage("a", -1, w -> null))
                .hasMessage("stage 'a' must have 0 clocks or more, got -1");
    }
}
