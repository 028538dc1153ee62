package orrery.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import orrery.engine.event.JobFailedException;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.launch.Members;
import orrery.engine.launch.Processes;
import orrery.engine.stage.Run;
import orrery.store.Storage;

/** Members that are JVMs of their own, and what the world does to them. */
@Timeout(180)
final class ProcessesTest {
    private static final int KILLS = Integer.getInteger("orrery.kills", 3);

    @TempDir
    Path folder = Path.of("");

    private static float[] undisturbed() throws IOException {
        var run = Run.local(4);
        return Jobs.weights(Jobs.mixed(run.consistency(), 0).run(run));
    }

    private Run run(String name, String pause, Members.Terms terms) {
        var place = folder.resolve(name);
        return Run.local(4)
                .with(Checkpoints.in(Storage.local(place)))
                .withWaitLimit(Duration.ofSeconds(60))
                .with(ProcessMain.processes(2, place.toString(), "bsp", pause, terms));
    }

    /** The JVMs that this one has started, in the order of their start. */
    private static List<ProcessHandle> members() {
        return ProcessHandle.current()
                .children()
                .sorted((a, b) -> Long.compare(a.pid(), b.pid()))
                .toList();
    }

    @Test
    void runAJobAndLeaveNobodyBehind() throws IOException {
        var outcome = Jobs.mixed(Run.local(4).consistency(), 0).run(run("quiet", "0", Members.Terms.DEFAULT));
        assertThat(Arrays.mismatch(Jobs.weights(outcome), undisturbed())).isEqualTo(-1);
        assertThat(members()).isEmpty();
    }

    @Test
    void aKilledMemberIsReplacedAndNothingIsLost() throws IOException {
        var due = undisturbed();
        for (int round = 0; round < KILLS; round++) {
            long delay = new SplittableRandom(round).nextLong(2000); // of 2.4 s and more that the steps take
            int victim = round % 2;
            var told = new ArrayList<RunEvent>();
            var killed = new long[] {0, 0}; // when, and when clocks moved again
            var run = run("kill-" + round, "40000", Members.Terms.DEFAULT).listening(event -> {
                if (event instanceof RunEvent.MemberLost || event instanceof RunEvent.Resumed) {
                    told.add(event);
                }
                if (event instanceof RunEvent.StageStarted && killed[0] == 0) {
                    killed[0] = -1;
                    Thread.ofPlatform().start(() -> {
                        pause(delay);
                        killed[0] = System.nanoTime();
                        members().get(victim).destroyForcibly();
                    });
                }
                if (event instanceof RunEvent.CutReached && told.size() == 2 && killed[1] == 0) {
                    killed[1] = System.nanoTime(); // a few steps after the job has gone on
                }
            });
            var outcome = Jobs.mixed(run.consistency(), 40_000).run(run);
            assertThat(told)
                    .as("round " + round + ", killed after " + delay + " ms")
                    .isNotEmpty();
            assertThat(Arrays.mismatch(Jobs.weights(outcome), due)).isEqualTo(-1);
            assertThat(killed[1] - killed[0]).isBetween(1L, 10_000_000_000L);
            System.out.printf(
                    "killed member %d after %d ms: resumed after %.2f s%n",
                    victim + 1, delay, (killed[1] - killed[0]) / 1e9);
        }
        assertThat(members()).isEmpty();
    }

    /** Whoever has the workers of a stage and its tables, and whoever looks on. */
    @Tag("thorough")
    @Test
    void aMemberIsKilledInAnyStage() throws IOException {
        var due = Jobs.weights(Jobs.staged(false, 0).run(Run.local(4)));
        for (int kill = 0; kill < 4; kill++) {
            int victim = kill % 2;
            int stage = 1 + kill; // narrow, walk, named, wide again
            var place = folder.resolve("staged-" + kill);
            var started = new int[1];
            var lost = new int[1];
            var run = Run.local(4)
                    .with(Checkpoints.in(Storage.local(place)))
                    .withWaitLimit(Duration.ofSeconds(60))
                    .with(ProcessMain.processes(2, place.toString(), "staged", "20000", Members.Terms.DEFAULT))
                    .listening(event -> {
                        if (event instanceof RunEvent.StageStarted && started[0]++ == stage) {
                            members().get(victim).destroyForcibly();
                        }
                        if (event instanceof RunEvent.MemberLost) {
                            lost[0]++;
                        }
                    });
            var outcome = Jobs.staged(true, 20_000).run(run);
            assertThat(lost[0]).isPositive();
            assertThat(Arrays.mismatch(Jobs.weights(outcome), due))
                    .as("kill " + kill)
                    .isEqualTo(-1);
        }
    }

    @Test
    void underAspTheOthersKeepWhatTheyHave() throws IOException {
        var told = new ArrayList<RunEvent>();
        var place = folder.resolve("asp");
        var asp = new orrery.table.spec.Consistency.Asp();
        var isKilled = new boolean[1];
        var run = Run.local(4)
                .with(asp)
                .with(Checkpoints.in(Storage.local(place)))
                .with(ProcessMain.processes(2, place.toString(), "asp", "20000", Members.Terms.DEFAULT))
                .listening(event -> {
                    if (event instanceof RunEvent.Progressed progressed && progressed.clock() >= 12 && !isKilled[0]) {
                        members().getLast().destroyForcibly();
                        isKilled[0] = true;
                    }
                    if (event instanceof RunEvent.MemberLost
                            || event instanceof RunEvent.Resumed
                            || event instanceof RunEvent.Continued) {
                        told.add(event);
                    }
                });
        var outcome = Jobs.mixed(asp, 20_000).run(run);
        assertThat(told).hasSize(2);
        assertThat(told.getLast()).isInstanceOf(RunEvent.Continued.class);
        var continued = (RunEvent.Continued) told.getLast();
        assertThat(continued.clocksLost()).isPositive();
        assertThat(continued.clock()).isGreaterThanOrEqualTo(12);
        assertThat(outcome.status()).isEqualTo(Outcome.Status.DONE);
        for (float weight : Jobs.weights(outcome)) {
            assertThat(weight).isFinite();
        }
    }

    private static void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis); // how long the job has run is what this is about
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aHungMemberIsReplacedAndKilled() throws Exception {
        var due = undisturbed();
        var asleep = new ProcessHandle[1];
        var lost = new ArrayList<RunEvent>();
        var run = run("sleep", "60000", Members.Terms.DEFAULT.withLease(Duration.ofSeconds(2)))
                .listening(event -> {
                    if (event instanceof RunEvent.Progressed progressed
                            && progressed.clock() >= 10
                            && asleep[0] == null) {
                        asleep[0] = members().getFirst();
                        signal("STOP", asleep[0]);
                    }
                    if (event instanceof RunEvent.MemberLost) {
                        lost.add(event);
                    }
                });
        var outcome = Jobs.mixed(run.consistency(), 60_000).run(run);
        assertThat(lost).hasSize(1);
        assertThat(lost.toString()).contains("silent for more than 2.0 s");
        assertThat(Arrays.mismatch(Jobs.weights(outcome), due)).isEqualTo(-1);
        assertThat(asleep[0].onExit().get(5, TimeUnit.SECONDS).isAlive()).isFalse();
    }

    /** Where each member has a part of the data, nobody else knows what a life must find but the life before. */
    @Test
    void aLifeThatFindsAnotherPartEndsTheRun() {
        var place = folder.resolve("fickle");
        var command = ProcessMain.command(place.toString(), "bsp", "20000", "fickle");
        var run = Run.local(4)
                .with(Checkpoints.in(Storage.local(place)))
                .with(new Processes(2, command, Members.Terms.DEFAULT))
                .listening(event -> {
                    if (event instanceof RunEvent.Checkpointed) {
                        members().getFirst().destroyForcibly();
                    }
                });
        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> Jobs.mixed(run.consistency(), 20_000).run(run))
                .isInstanceOf(JobFailedException.class)
                .hasMessageContaining("member 1 reads other data than its life before: its part has sum sum ");
    }

    /** Who did not listen cannot say that others were silent. */
    @Tag("thorough")
    @Test
    void whenTheCoordinatorSleepsNobodyIsLost() throws Exception {
        var place = folder.resolve("asleep").toString();
        for (boolean all : new boolean[] {false, true}) {
            var coordinator = new ProcessBuilder(ProcessMain.command(place + all, "bsp", "50000", "run"))
                    .redirectErrorStream(true)
                    .start();
            var storage = Storage.local(Path.of(place + all));
            while (storage.list("").stream().noneMatch(name -> name.startsWith("stage"))) {
                assertThat(coordinator.isAlive()).isTrue();
                TimeUnit.MILLISECONDS.sleep(20);
            }
            var stopped = new ArrayList<ProcessHandle>();
            stopped.add(coordinator.toHandle());
            if (all) {
                stopped.addAll(coordinator.children().toList());
            }
            stopped.forEach(process -> signal("STOP", process));
            pause(7000); // more than the lease of 5 s
            stopped.reversed().forEach(process -> signal("CONT", process));
            var said = new String(coordinator.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(said)
                    .contains("sum " + Arrays.hashCode(undisturbed()))
                    .doesNotContain("lost")
                    .doesNotContain("silent");
        }
    }

    private static void signal(String name, ProcessHandle process) {
        try {
            new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whenTheCoordinatorDiesSoDoItsMembersAndTheRunCanGoOn() throws Exception {
        var place = folder.resolve("orphans").toString();
        var coordinator = new ProcessBuilder(ProcessMain.command(place, "bsp", "50000", "run"))
                .redirectErrorStream(true)
                .start();
        var storage = Storage.local(Path.of(place));
        while (storage.list("").stream()
                        .filter(name -> name.startsWith("stage"))
                        .count()
                < 2) {
            assertThat(coordinator.isAlive()).isTrue();
            TimeUnit.MILLISECONDS.sleep(20);
        }
        var members = coordinator.children().toList();
        assertThat(members).hasSize(2);
        coordinator.destroyForcibly().waitFor();
        long killed = System.nanoTime();
        for (var member : members) {
            member.onExit().get(5, TimeUnit.SECONDS);
        }
        System.out.printf("members ended %.3f s after the coordinator%n", (System.nanoTime() - killed) / 1e9);
        var resumed = new ProcessBuilder(ProcessMain.command(place, "bsp", "0", "resume"))
                .redirectErrorStream(true)
                .start();
        var said = new String(resumed.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(said).contains("sum " + Arrays.hashCode(undisturbed()));
    }

    // Memory

    private Run named(String job) {
        var place = folder.resolve(job);
        return Run.local(4)
                .with(Checkpoints.in(Storage.local(place)))
                .withWaitLimit(Duration.ofSeconds(60))
                .with(ProcessMain.processes(2, place.toString(), job, "0", Members.Terms.DEFAULT))
                .leavingTables();
    }

    @Test
    void aMemberThatRunsOutOfMemoryEndsTheRunWithTheNumbers() {
        var lost = new ArrayList<RunEvent>();
        assertThatThrownBy(() -> Jobs.greedy().run(named("greedy").listening(event -> {
                    if (event instanceof RunEvent.MemberLost) {
                        lost.add(event);
                    }
                })))
                .isInstanceOf(JobFailedException.class)
                .hasMessageMatching(
                        "member 1 ran out of memory \\(Java heap space\\): it has 2\\d\\d MiB, of which its tables"
                                + " need \\d+ MiB \\(w \\d+: values 8.0, rule state 8.0, .*");
        assertThat(lost).hasSizeLessThan(2);
        assertThat(members()).isEmpty();
    }

    @Test
    void tablesThatDoNotFitAreRefusedBeforeTheRun() {
        assertThatThrownBy(() -> Jobs.tooLarge().run(named("too-large")))
                .isInstanceOf(JobFailedException.class)
                .hasMessageMatching(
                        "too little memory: each of 2 members needs \\d+ MiB \\(w \\d+: values 154, rule state 154,"
                                + " .* and has 2\\d\\d MiB; share the tables among more members, or give each.*");
        assertThat(members()).isEmpty();
    }
}
