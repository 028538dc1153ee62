package orrery.engine.launch;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Members as JVMs of this machine, started with the same code and the command given. The invitation goes through their
 * standard input, which stays open as long as this JVM lives. Safe for use by many threads.
 */
public final class Processes implements Members, AutoCloseable {
    private final int count;
    private final List<String> command;
    private final Terms terms;
    private final ArrayDeque<Process> ahead = new ArrayDeque<>(); // that wait for an invitation; guarded by itself
    private volatile List<String> arguments = List.of();

    /**
     * Members that are started when they are invited.
     *
     * @param count how many
     * @param command the whole command line of a member
     */
    public Processes(int count, List<String> command, Terms terms) {
        if (count < 1) {
            throw new IllegalArgumentException("processes must be 1 or more, got " + count);
        }
        this.count = count;
        this.command = List.copyOf(command);
        this.terms = terms;
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public Terms terms() {
        return terms;
    }

    /**
     * Starts the JVMs of the first members now, so that they are ready when they are invited: a JVM takes its time to start,
     * in which this one can do something else, such as read data.
     */
    public Processes startAhead() throws IOException {
        synchronized (ahead) {
            while (ahead.size() < count) {
                var process = started("a member");
                ahead.add(process);
                say(process, "\n"); // that somebody is there
            }
        }
        return this;
    }

    /** What members that are invited from now on find in {@link Membership#arguments}. */
    public Processes telling(List<String> words) {
        arguments = List.copyOf(words);
        return this;
    }

    /** Ends those that nobody has invited. */
    @Override
    public void close() {
        synchronized (ahead) {
            ahead.forEach(Process::destroyForcibly);
            ahead.clear();
        }
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

    private Process started(String who) throws IOException {
        try {
            return new ProcessBuilder(ignoringInterrupts(command))
                    .redirectErrorStream(true)
                    .redirectInput(Redirect.PIPE)
                    .start();
        } catch (IOException e) {
            throw new IOException("cannot start " + who + " with " + command.getFirst() + ": " + e.getMessage(), e);
        }
    }

    /** One that is ready, if there is one that lives. */
    private Process next(String who) throws IOException {
        synchronized (ahead) {
            while (!ahead.isEmpty()) {
                var process = ahead.remove();
                if (process.isAlive()) {
                    return process;
                }
            }
        }
        return started(who);
    }

    private static void say(Process to, String text) {
        var in = to.getOutputStream(); // its end tells the member that this process is gone: it is never closed
        try {
            in.write(text.getBytes(StandardCharsets.UTF_8));
            in.flush();
        } catch (IOException e) {
            // it has ended already, which its exit will tell
        }
    }

    @Override
    public Started start(Invitation invitation, Consumer<String> said) throws IOException {
        var process = next("member " + invitation.member());
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
                    process.destroyForcibly(); // who has nothing more to say is done: a JVM takes long to end by itself
                });
        say(process, Membership.text(invitation, arguments));
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
