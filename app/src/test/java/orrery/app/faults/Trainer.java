package orrery.app.faults;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A command line in a process of its own, as a user starts it. */
final class Trainer implements AutoCloseable {
    private static final List<String> FLAGS =
            List.of("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData");

    private static final boolean TRACES = Boolean.getBoolean("orrery.faults.trace");

    private final long begun = System.nanoTime();
    private final Process process;
    private final Path run;
    private final List<String> said = Collections.synchronizedList(new ArrayList<>());
    private final Thread listener;

    /** @param run where the run is or will be */
    Trainer(Path run, List<String> arguments) throws IOException {
        this.run = run;
        var command = new ArrayList<>(List.of(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "-cp",
                classPath()));
        command.addAll(FLAGS);
        command.add("orrery.app.Orrery");
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("ORRERY_JAVA_OPTS", String.join(" ", FLAGS));
        process = builder.start();
        listener = Thread.ofPlatform().daemon().start(this::listen);
    }

    private static String classPath() {
        var parts = new ArrayList<String>();
        for (var name : List.of("jdk.module.path", "java.class.path")) {
            var path = System.getProperty(name, "");
            if (!path.isEmpty()) {
                parts.add(path);
            }
        }
        return String.join(File.pathSeparator, parts);
    }

    private void listen() {
        try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                said.add(line);
                if (TRACES) {
                    System.out.printf("%8d ms | %s%n", (System.nanoTime() - begun) / 1_000_000, line);
                }
            }
        } catch (IOException e) {
            // it was killed
        }
    }

    String said() {
        synchronized (said) {
            return String.join("\n", said);
        }
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** Its members, in the order of their start. */
    List<ProcessHandle> members() {
        return process.children()
                .sorted((a, b) -> Long.compare(a.pid(), b.pid()))
                .toList();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits until it has said something, or has ended; false if it does not in time. */
    boolean awaitSaying(String text, long seconds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (process.isAlive() && !said().contains(text)) {
            if (System.nanoTime() > end) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(2);
        }
        return true;
    }

    /** Waits until the run has so many events of a kind, or has ended; false if that takes too long. */
    boolean awaitEvents(String kind, int count, long seconds) throws InterruptedException, IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        var file = run.resolve("metrics.jsonl");
        while (process.isAlive()) {
            if (Files.exists(file)
                    && Files.readAllLines(file).stream()
                                    .filter(line -> line.contains("\"event\":\"" + kind + "\""))
                                    .count()
                            >= count) {
                return true;
            }
            if (System.nanoTime() > end) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return true;
    }

    /** Waits for its end; empty threads' stacks are printed if it does not come. Returns the exit status, or -1. */
    int awaitEnd(long seconds) throws InterruptedException, IOException {
        if (process.waitFor(seconds, TimeUnit.SECONDS)) {
            listener.join(5000);
            return process.exitValue();
        }
        for (var hung : all()) {
            var stacks = new ProcessBuilder(
                            System.getProperty("java.home") + "/bin/jcmd", String.valueOf(hung.pid()), "Thread.print")
                    .redirectErrorStream(true)
                    .start();
            System.out.println("process " + hung.pid() + " hangs:");
            System.out.println(new String(stacks.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        }
        close();
        return -1;
    }

    private List<ProcessHandle> all() {
        var all = new ArrayList<>(members());
        all.add(handle());
        return all;
    }

    static void signal(String name, ProcessHandle... processes) throws IOException, InterruptedException {
        for (var process : processes) {
            run("kill", "-" + name, String.valueOf(process.pid()));
        }
    }

    /** From now on the process can write no file of more than a few bytes: to it the disk is full. */
    static void fillDisk(ProcessHandle process) throws IOException, InterruptedException {
        run("prlimit", "--pid", String.valueOf(process.pid()), "--fsize=200:unlimited");
    }

    static void emptyDisk(ProcessHandle process) throws IOException, InterruptedException {
        run("prlimit", "--pid", String.valueOf(process.pid()), "--fsize=unlimited:unlimited");
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
    }

    /** The port that the coordinator listens on; 0 if it listens on none yet. */
    int port() throws IOException {
        var sockets = new HashSet<String>();
        try (var descriptors = Files.list(Path.of("/proc", String.valueOf(process.pid()), "fd"))) {
            for (var descriptor : descriptors.toList()) {
                try {
                    sockets.add(Files.readSymbolicLink(descriptor).toString());
                } catch (IOException e) {
                    // it was closed meanwhile
                }
            }
        }
        for (var table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (var line : Files.readAllLines(Path.of(table))) {
                var fields = line.strip().split("\\s+");
                if (fields.length > 9 && fields[3].equals("0A") && sockets.contains("socket:[" + fields[9] + "]")) {
                    return Integer.parseInt(fields[1].substring(fields[1].indexOf(':') + 1), 16);
                }
            }
        }
        return 0;
    }

    @Override
    public void close() {
        all().forEach(ProcessHandle::destroyForcibly);
    }
}
