package orrery.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.launch.Members;
import orrery.engine.launch.Membership;
import orrery.engine.launch.Processes;
import orrery.engine.stage.Run;
import orrery.store.Storage;
import orrery.table.spec.Consistency;

/**
 * A program that trains, as users write one: the same for whoever coordinates and for the members. Arguments: folder of
 * checkpoints, consistency or the name of a job, microseconds a step takes, {@code member}, {@code run} or {@code resume}.
 */
final class ProcessMain {
    private ProcessMain() {}

    public static void main(String[] args) throws IOException {
        var checkpoints = Checkpoints.in(Storage.local(Path.of(args[0])));
        boolean isNamed = List.of("staged", "greedy", "too-large").contains(args[1]);
        var run = Run.local(4)
                .with(isNamed ? new Consistency.Bsp() : Consistency.parse(args[1]))
                .with(checkpoints)
                .withWaitLimit(Duration.ofSeconds(60));
        long pause = Long.parseLong(args[2]);
        var job = switch (args[1]) {
            case "staged" -> Jobs.staged(true, pause);
            case "greedy" -> Jobs.greedy();
            case "too-large" -> Jobs.tooLarge();
            default -> Jobs.mixed(run.consistency(), pause);
        };
        switch (args[3]) {
            case "member" -> job.run(run.with(Membership.read(System.in)));
            case "fickle" -> // each life reads something else
                job.run(run.with(Membership.read(System.in)).ofPart("sum " + System.nanoTime()));
            default -> {
                var own = run.with(processes(2, args[0], args[1], args[2], Members.Terms.DEFAULT))
                        .listening(event -> {
                            if (event instanceof RunEvent.MemberLost lost) {
                                System.out.println("lost: " + lost.why());
                            }
                        });
                var outcome = job.run(args[3].equals("resume") ? own.with(checkpoints.resuming()) : own);
                System.out.println("sum " + Arrays.hashCode(Jobs.weights(outcome)));
            }
        }
    }

    /** Members that run this program. */
    static Processes processes(int count, String folder, String consistency, String pause, Members.Terms terms) {
        return new Processes(count, command(folder, consistency, pause, "member"), terms);
    }

    static List<String> command(String... arguments) {
        var command = new ArrayList<String>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                ProcessMain.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static String classPath() {
        var parts = new ArrayList<String>();
        for (var name : List.of("jdk.module.path", "java.class.path")) {
            parts.add(System.getProperty(name, ""));
        }
        parts.add(Path.of("target", "test-classes").toAbsolutePath().toString());
        parts.add(Path.of("target", "classes").toAbsolutePath().toString());
        return String.join(System.getProperty("path.separator"), parts);
    }
}
