package orrery.learn.golden;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import orrery.engine.launch.Invitation;
import orrery.engine.launch.Members;

/** Two JVMs that are the members of one training after another. Confined to one thread. */
final class TwoProcesses implements AutoCloseable {
    private final List<Process> processes = new ArrayList<>();
    private final List<BufferedReader> said = new ArrayList<>();

    TwoProcesses() throws IOException {
        for (int member = 1; member <= 2; member++) {
            var process = new ProcessBuilder(command())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            processes.add(process);
            said.add(new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
        }
    }

    /** The two as the members of one training. */
    Members of(Golden training) {
        return new Members() {
            @Override
            public int count() {
                return 2;
            }

            @Override
            public Terms terms() {
                return Terms.DEFAULT.insecure();
            }

            @Override
            public Started start(Invitation invitation, Consumer<String> hears) throws IOException {
                return invite(invitation, training);
            }
        };
    }

    private Members.Started invite(Invitation invitation, Golden training) throws IOException {
        var process = processes.get(invitation.member() - 1);
        var lines = said.get(invitation.member() - 1);
        process.getOutputStream()
                .write((training.app() + " " + training.consistency() + " " + training.seed() + "\n" + invitation.text()
                                + GoldenMember.INVITED + "\n")
                        .getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        var ended = CompletableFuture.supplyAsync(() -> {
            try {
                return GoldenMember.ENDED.equals(lines.readLine()) ? 0 : 1;
            } catch (IOException e) {
                return 1;
            }
        });
        return new Members.Started() {
            @Override
            public void whenEnded(Consumer<Integer> action) {
                ended.thenAccept(action);
            }

            @Override
            public void kill() {
                process.destroyForcibly();
            }
        };
    }

    private static List<String> command() {
        var path = new ArrayList<String>();
        for (var name : List.of("jdk.module.path", "java.class.path")) {
            path.add(System.getProperty(name, ""));
        }
        path.add(Path.of("target", "test-classes").toAbsolutePath().toString());
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules",
                "jdk.incubator.vector", // as this JVM and the launcher have it
                "-cp",
                String.join(File.pathSeparator, path),
                GoldenMember.class.getName());
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
    }
}
