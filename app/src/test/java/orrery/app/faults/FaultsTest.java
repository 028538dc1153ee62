package orrery.app.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import orrery.app.Orrery;
import orrery.store.Json;
import orrery.store.Safetensors;
import orrery.store.Storage;

/**
 * Real processes, and what the world does to them, by a seed: each seed is a training and a fault. Whatever happens, the run
 * ends; it ends well or says why; and what it has learned is right: bit by bit where that is promised.
 *
 * <p>A few seeds run with the thorough tests. {@code ./mvnw -Pthorough verify -Dtest=FaultsTest -Dorrery.faults=200
 * -Dsurefire.failIfNoSpecifiedTests=false} runs 200, {@code -Dorrery.fault=17} that one.
 */
@Tag("thorough")
final class FaultsTest {
    private static final int SEEDS = Integer.getInteger("orrery.faults", 0);
    private static final int FIRST = Integer.getInteger("orrery.faults.first", 1);
    private static final int ONE = Integer.getInteger("orrery.fault", 0);
    private static final List<Integer> FEW = List.of(12, 117); // a full disk; topics, and a killed member
    private static final long HANGS_AFTER = 150; // seconds
    private static final double LEASE = 2; // seconds

    @TempDir
    Path folder;

    private final Map<Case, Path> references = new HashMap<>(); // models of undisturbed trainings in one JVM
    private final Map<Case, Double> undisturbed = new HashMap<>(); // seconds of processes
    private final List<String> log = new ArrayList<>();

    /** What has become of a seed. */
    private record Ended(String what, double seconds) {}

    @Test
    void noFaultHangsARunOrSpoilsItsResult() throws Exception {
        Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "the faults are made by Linux");
        var seeds = new ArrayList<Integer>(ONE > 0 ? List.of(ONE) : FEW);
        if (SEEDS > 0) {
            seeds.clear();
        }
        for (int seed = FIRST; seed < FIRST + SEEDS; seed++) {
            seeds.add(seed);
        }
        var wrong = new ArrayList<String>();
        var lost = new TreeMap<Fault, List<Double>>();
        for (int seed : seeds) {
            var of = Case.all().get(seed * 7 % Case.all().size());
            var fault = Fault.values()[seed % Fault.values().length];
            String line;
            try {
                var ended = new Seed(seed, of, fault).run();
                line = String.format("seed %d: %s, %s: %s", seed, of, fault, ended.what());
                if (ended.seconds() >= 0) {
                    lost.computeIfAbsent(fault, f -> new ArrayList<>()).add(ended.seconds());
                    line += String.format(", %.1f s lost", ended.seconds());
                }
            } catch (AssertionError | IOException e) {
                line = String.format("seed %d: %s, %s: WRONG: %s", seed, of, fault, e.getMessage());
                wrong.add(line);
            }
            System.out.println(line);
            log.add(line);
        }
        summarise(lost);
        assertThat(wrong).isEmpty();
    }

    private void summarise(Map<Fault, List<Double>> lost) throws IOException {
        lost.forEach((fault, seconds) -> {
            var sorted = seconds.stream().sorted().toList();
            String line = String.format(
                    "%-18s %3d seeds, seconds lost: median %.1f, worst %.1f",
                    fault, sorted.size(), sorted.get(sorted.size() / 2), sorted.getLast());
            System.out.println(line);
            log.add(line);
        });
        Files.write(Path.of("target", "faults.txt"), log);
    }

    // What is due

    /** The model of a training that nothing happens to, by threads of this JVM. */
    private Path reference(Case of, Path data) throws IOException {
        if (!references.containsKey(of)) {
            var run = folder.resolve("reference-" + references.size());
            var arguments = of.train(data.toString());
            arguments.addAll(List.of("--run", run.toString(), "--quiet"));
            var err = new StringWriter();
            int code = Orrery.run(
                    new PrintWriter(new StringWriter()), new PrintWriter(err), arguments.toArray(String[]::new));
            assertThat(code).as(err.toString()).isZero();
            references.put(of, run);
        }
        return references.get(of);
    }

    /** Seconds that a training by two processes takes if nothing happens to it. */
    private double undisturbed(Case of) throws IOException, InterruptedException {
        if (!undisturbed.containsKey(of)) {
            var place = Files.createDirectory(folder.resolve("undisturbed-" + undisturbed.size()));
            var data = DataSets.write(of.data(), place);
            long begun = System.nanoTime();
            try (var trainer = new Trainer(place.resolve("run"), arguments(of, data, place.resolve("run"), ""))) {
                assertThat(trainer.awaitEnd(HANGS_AFTER)).as(trainer.said()).isZero();
            }
            undisturbed.put(of, (System.nanoTime() - begun) / 1e9);
            checkResult(of, place.resolve("run"), reference(of, data));
        }
        return undisturbed.get(of);
    }

    private static List<String> arguments(Case of, Path data, Path run, String weather) {
        var arguments = of.train(data.toString());
        arguments.addAll(List.of(
                "--processes", "2", "--lease", String.valueOf(LEASE), "--wait-limit", "60", "--run", run.toString()));
        arguments.addAll(List.of("--faults", "delay=3ms" + weather));
        return arguments;
    }

    /** The same bits where that is promised, else about as good. */
    private static void checkResult(Case of, Path run, Path due) throws IOException {
        if (of.isExact()) {
            assertThat(tensors(run)).as("tensors").isEqualTo(tensors(due));
            return;
        }
        var is = metrics(run);
        metrics(due).forEach((name, value) -> {
            double found = is.getOrDefault(name, Double.NaN);
            double allowed = name.equals("accuracy") ? 0.03 : 0.15 * Math.abs(value);
            assertThat(found).as(name).isBetween(value - allowed, value + allowed);
        });
    }

    static Map<String, String> tensors(Path run) throws IOException {
        var all = new LinkedHashMap<String, String>();
        try (var file = Safetensors.open(Storage.local(run), "model.safetensors")) {
            for (var name : file.names()) {
                all.put(
                        name,
                        switch (file.type(name)) {
                            case F32 -> java.util.Arrays.toString(file.floats(name));
                            case F64 -> java.util.Arrays.toString(file.doubles(name));
                            case I32 -> java.util.Arrays.toString(file.ints(name));
                            case I64 -> java.util.Arrays.toString(file.longs(name));
                            case U8 -> java.util.Arrays.toString(file.bytes(name));
                        });
            }
        }
        return all;
    }

    private static Map<String, Double> metrics(Path run) throws IOException {
        var all = new TreeMap<String, Double>();
        var result = Json.object(Files.readString(run.resolve("result.json")), run.toString());
        if (result.get("train") instanceof Map<?, ?> metrics) {
            for (var name : List.of("accuracy", "rmse", "inertia")) {
                if (metrics.get(name) instanceof Number value) {
                    all.put(name, value.doubleValue());
                }
            }
        }
        return all;
    }

    // One seed

    private final class Seed {
        private final Case of;
        private final Fault fault;
        private final SplittableRandom random;
        private final Path place;
        private final Path run;
        private final Path data;
        private final String weather;
        private final Path due;
        private final long begun;

        Seed(int seed, Case of, Fault fault) throws IOException, InterruptedException {
            this.of = of;
            this.fault = fault;
            random = new SplittableRandom(seed);
            place = Files.createDirectory(folder.resolve("seed-" + seed));
            run = place.resolve("run");
            data = DataSets.write(of.data(), place);
            weather = random.nextInt(6) == 0 ? ",drop=1%,seed=" + seed : "";
            due = reference(of, data);
            undisturbed(of);
            begun = System.nanoTime();
        }

        Ended run() throws Exception {
            try (var trainer = new Trainer(run, arguments(of, data, run, weather))) {
                if (fault == Fault.CHANGE_DATA_EARLY) {
                    return changedEarly(trainer);
                }
                int checkpoints = random.nextInt(fault == Fault.HANG_MEMBER ? 1 : 0, 3); // who hangs has joined before
                String kind = checkpoints == 0 ? "started" : "checkpoint";
                assertThat(trainer.awaitEvents(kind, Math.max(1, checkpoints), HANGS_AFTER))
                        .as("the run gets under way: " + trainer.said())
                        .isTrue();
                TimeUnit.MILLISECONDS.sleep(random.nextInt(300));
                if (!trainer.isAlive()) {
                    return ended(trainer, "was done before");
                }
                return switch (fault) {
                    case KILL_MEMBER -> {
                        kill(trainer);
                        yield ended(trainer, "");
                    }
                    case KILL_BOTH -> {
                        kill(trainer);
                        TimeUnit.MILLISECONDS.sleep(random.nextInt(1500));
                        kill(trainer);
                        yield ended(trainer, "");
                    }
                    case HANG_MEMBER -> {
                        var hung = member(trainer);
                        Trainer.signal("STOP", hung);
                        var ended = ended(trainer, "");
                        assertThat(hung.isAlive()).as("a hung member lives on").isFalse();
                        yield ended;
                    }
                    case PAUSE_MEMBER -> {
                        pause((long) (LEASE * 1000 / 2), member(trainer));
                        var ended = ended(trainer, "");
                        assertThat(trainer.said()).doesNotContain("silent");
                        yield ended;
                    }
                    case PAUSE_COORDINATOR -> {
                        pause((long) (LEASE * 1500), trainer.handle());
                        var ended = ended(trainer, "");
                        assertThat(trainer.said()).doesNotContain("silent");
                        yield ended;
                    }
                    case PAUSE_ALL -> {
                        var all = new ArrayList<>(trainer.members());
                        all.add(trainer.handle());
                        pause((long) (LEASE * 3500), all.toArray(ProcessHandle[]::new));
                        var ended = ended(trainer, "");
                        assertThat(trainer.said()).doesNotContain("silent");
                        yield ended;
                    }
                    case KILL_COORDINATOR -> {
                        trainer.handle().destroyForcibly();
                        yield resumed(trainer, "");
                    }
                    case INTERRUPT -> {
                        Trainer.signal("INT", trainer.handle());
                        yield resumed(trainer, "");
                    }
                    case FLIP_CHECKPOINT -> {
                        trainer.handle().destroyForcibly();
                        trainer.awaitEnd(HANGS_AFTER);
                        yield resumed(trainer, flip());
                    }
                    case CHANGE_DATA -> {
                        String what = DataSets.change(data, random);
                        kill(trainer);
                        yield refused(trainer, what);
                    }
                    case FLOOD -> flooded(trainer);
                    case FULL_DISK -> filled(trainer);
                    case CHANGE_DATA_EARLY -> throw new AssertionError(fault);
                };
            }
        }

        private ProcessHandle member(Trainer trainer) {
            var members = trainer.members();
            assertThat(members).as("members of: " + trainer.said()).isNotEmpty();
            return members.get(random.nextInt(members.size()));
        }

        private void kill(Trainer trainer) {
            if (trainer.isAlive() && !trainer.members().isEmpty()) {
                member(trainer).destroyForcibly();
            }
        }

        private void pause(long millis, ProcessHandle... processes) throws IOException, InterruptedException {
            Trainer.signal("STOP", processes);
            TimeUnit.MILLISECONDS.sleep(millis);
            Trainer.signal("CONT", processes);
        }

        /** It ends well, with the right result. */
        private Ended ended(Trainer trainer, String what) throws IOException, InterruptedException {
            int status = trainer.awaitEnd(HANGS_AFTER);
            assertThat(status).as(trainer.said()).isZero();
            checkResult(of, run, due);
            return new Ended("right" + (what.isEmpty() ? "" : ", " + what), lost());
        }

        /** Seconds more than a run takes that nothing happens to; -1 where frames were lost, too. */
        private double lost() throws IOException, InterruptedException {
            return weather.isEmpty() ? Math.max(0, (System.nanoTime() - begun) / 1e9 - undisturbed(of)) : -1;
        }

        /** It has ended early; going on with it comes to the right result. */
        private Ended resumed(Trainer trainer, String what) throws IOException, InterruptedException {
            assertThat(trainer.awaitEnd(HANGS_AFTER))
                    .as("hangs: " + trainer.said())
                    .isNotEqualTo(-1);
            if (Files.exists(run.resolve("result.json"))) {
                checkResult(of, run, due);
                return new Ended("was done before", -1);
            }
            try (var again = new Trainer(run, List.of("train", "--resume", run.toString()))) {
                int status = again.awaitEnd(HANGS_AFTER);
                assertThat(status).as(again.said()).isZero();
                if (!what.isEmpty()) {
                    assertThat(again.said()).contains("skipping a checkpoint");
                }
                checkResult(of, run, due);
            }
            return new Ended("right after --resume" + (what.isEmpty() ? "" : ", " + what), lost());
        }

        /** Flips a bit of a file of the newest checkpoint, if there is an older one; returns which. */
        private String flip() throws IOException {
            var storage = Storage.local(run.resolve("checkpoints"));
            var committed = new ArrayList<String>();
            for (var name : storage.list("")) {
                if (storage.holds(name + "/MANIFEST.json")) {
                    committed.add(name);
                }
            }
            if (committed.size() < 2) {
                return "";
            }
            var files = storage.list(committed.getLast());
            var name = files.get(random.nextInt(files.size()));
            var file = run.resolve("checkpoints").resolve(committed.getLast()).resolve(name);
            var bytes = Files.readAllBytes(file);
            int at = name.endsWith(".json") ? 0 : random.nextInt(bytes.length);
            bytes[at] ^= (byte) (1 << random.nextInt(5));
            Files.write(file, bytes);
            return "a bit flipped in " + name;
        }

        /** It ends, because a member would have learned something else. */
        private Ended refused(Trainer trainer, String what) throws IOException, InterruptedException {
            int status = trainer.awaitEnd(HANGS_AFTER);
            if (status == 0) { // it was done before its member had been replaced
                checkResult(of, run, due);
                assertThat(trainer.said()).doesNotContain("goes on at clock");
                return new Ended("was done before, " + what, -1);
            }
            assertThat(trainer.said()).contains("reads other data than the run: " + of.data().file + " has sum ");
            assertThat(status).isEqualTo(1);
            assertThat(run.resolve("model.safetensors")).doesNotExist();
            return new Ended("refused, " + what, -1);
        }

        private Ended changedEarly(Trainer trainer) throws Exception {
            assertThat(trainer.awaitEvents("started", 1, HANGS_AFTER))
                    .as(trainer.said())
                    .isTrue();
            String what = DataSets.change(data, random); // members have not even started
            return refused(trainer, what);
        }

        private Ended flooded(Trainer trainer) throws Exception {
            int port = trainer.port();
            assertThat(port).as("the coordinator's port").isPositive();
            var sockets = new ArrayList<Socket>();
            try {
                for (int i = 0; i < 200; i++) {
                    sockets.add(new Socket(InetAddress.getLoopbackAddress(), port));
                }
                kill(trainer);
                for (int i = 0; i < 500 && trainer.isAlive(); i++) {
                    try (var garbage = new Socket(InetAddress.getLoopbackAddress(), port)) {
                        var bytes = new byte[random.nextInt(1, 200)];
                        random.nextBytes(bytes);
                        garbage.getOutputStream().write(bytes);
                    } catch (IOException e) {
                        // turned away, as it should be
                    }
                }
                var ended = ended(trainer, "");
                long lines = trainer.said()
                        .lines()
                        .filter(line -> line.contains("refused"))
                        .count();
                assertThat(lines).as("lines of the log about refusals").isLessThan(100);
                return ended;
            } finally {
                for (var socket : sockets) {
                    socket.close();
                }
            }
        }

        private Ended filled(Trainer trainer) throws Exception {
            boolean all = random.nextBoolean();
            Trainer.fillDisk(trainer.handle());
            for (var member : trainer.members()) {
                if (all) {
                    Trainer.fillDisk(member);
                }
            }
            int status = trainer.awaitEnd(HANGS_AFTER);
            assertThat(status).as(trainer.said()).isEqualTo(1);
            assertThat(trainer.said())
                    .contains(run.toString())
                    .contains("cannot be written: File too large; free some space there")
                    .doesNotContain("should not happen");
            return resumed(trainer, "");
        }
    }
}
