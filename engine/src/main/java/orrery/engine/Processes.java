package orrery.engine;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Members as JVMs of this machine, started with the same code and the command given. The invitation goes through their
 * standard input, which stays open as long as this JVM lives.
 *
 * @param count how many
 * @param command the whole command line of a member
 */
public record Processes(int count, List<String> command, Terms terms) implements Members {
    public Processes {
        if (count < 1) {
            throw new IllegalArgumentException("processes must be 1 or more, got " + count);
        }
        command = List.copyOf(command);
    }

    /**
     * A command line that starts this program again: the same JVM, module path or class path, main class.
     *
     * @param flags of the JVM
     * @param arguments of the program
     */
    public static List<String> again(List<String> flags, String mainClass, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.addAll(flags);
        String main = System.getProperty("jdk.module.main");
        if (main != null && main.startsWith("orrery.")) {
            command.add("-p");
            command.add(System.getProperty("jdk.module.path"));
            String extras = System.getProperty("java.class.path", ""); // such as other places of storage
            if (!extras.isEmpty()) {
                command.addAll(List.of("-cp", extras));
            }
            command.add("-m");
            command.add(main + "/" + mainClass);
        } else {
            command.add("-cp");
            command.add(path());
            command.add(mainClass);
        }
        command.addAll(arguments);
        return List.copyOf(command);
    }

    private static String path() {
        var parts = new ArrayList<String>();
        for (var name : List.of("java.class.path", "jdk.module.path")) {
            var path = System.getProperty(name, "");
            if (!path.isEmpty()) {
                parts.add(path);
            }
        }
        return String.join(File.pathSeparator, parts);
    }

    /** Ctrl-C goes to all processes of a terminal; what is to be done then is the coordinator's to say. */
    private static List<String> ignoringInterrupts(List<String> command) {
        if (!Files.isExecutable(Path.of("/bin/sh"))) {
            return command;
        }
        var wrapped = new ArrayList<String>(List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh"));
        wrapped.addAll(command);
        return wrapped;
    }

    @Override
    public Started start(Invitation invitation, Consumer<String> said) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(ignoringInterrupts(command))
                    .redirectErrorStream(true)
                    .redirectInput(Redirect.PIPE)
                    .start();
        } catch (IOException e) {
            throw new IOException(
                    "cannot start member " + invitation.member() + " with " + command.getFirst() + ": "
                            + e.getMessage(),
                    e);
        }
        Thread.ofPlatform()
                .name("output of member " + invitation.member())
                .daemon()
                .start(() -> {
                    try (var lines = new BufferedReader(
                            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                            said.accept(line);
                        }
                    } catch (IOException e) {
                        // it was killed
                    }
                });
        var in = process.getOutputStream(); // its end tells the member that this process is gone: it is never closed
        try {
            in.write(invitation.text().getBytes(StandardCharsets.UTF_8));
            in.flush();
        } catch (IOException e) {
            // it has ended already, which its exit will tell
        }
        return new Started() {
            @Override
            public void whenEnded(Consumer<Integer> action) {
                process.onExit().thenAccept(ended -> action.accept(ended.exitValue()));
            }

            @Override
            public void kill() {
                process.destroyForcibly();
            }

            @Override
            public String toString() {
                return "process " + process.pid();
            }
        };
    }
}
