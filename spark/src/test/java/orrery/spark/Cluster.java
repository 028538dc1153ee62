package orrery.spark;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;

/** A standalone cluster of Spark's on this machine: a master and workers of a core each, of the jars that Maven has fetched. */
public final class Cluster implements AutoCloseable {
    /** JVMs that end soon: no optimising compiler, whose threads would take the cores from the tests. */
    private static final List<String> STARTS_FAST = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    private final Path home;
    private final int port;
    private final List<Process> processes = new ArrayList<>();

    public Cluster(Path home, int workers) throws Exception {
        this(home, java.util.Collections.nCopies(workers, "127.0.0.1"));
    }

    /** The same with workers that have these names of this machine: Spark takes them for as many machines. */
    Cluster(Path home, List<String> hosts) throws Exception {
        this.home = home;
        var jars = Files.createDirectories(home.resolve("jars"));
        for (var entry : classPath().split(File.pathSeparator)) {
            var jar = Path.of(entry);
            boolean isOurs = entry.contains("orrery") || entry.contains("jackson-jr");
            if (entry.endsWith(".jar") && !isOurs) {
                Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar);
            }
        }
        port = freePort();
        start("org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "" + port, "--webui-port", "0");
        awaitOpen(port);
        for (int w = 0; w < hosts.size(); w++) {
            start(
                    "org.apache.spark.deploy.worker.Worker",
                    "--host",
                    hosts.get(w),
                    "--cores",
                    "1",
                    "--memory",
                    "1g",
                    "--webui-port",
                    "0",
                    "--work-dir",
                    home.resolve("work-" + w).toString(),
                    "spark://127.0.0.1:" + port);
        }
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void awaitOpen(int port) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return;
            } catch (IOException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
    }

    private void start(String main, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-Xmx256m"));
        command.addAll(STARTS_FAST);
        command.addAll(List.of("-cp", home.resolve("jars") + "/*"));
        command.add(main);
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        home.resolve(main + "-" + processes.size() + ".log").toFile());
        builder.environment().put("SPARK_HOME", home.toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        processes.add(builder.start());
    }

    /** An application on all of it, with nothing but our one jar. */
    public SparkSession application(boolean isDynamic) {
        return settings(isDynamic)
                .config("spark.jars", System.getProperty("orrery.shaded"))
                .getOrCreate();
    }

    /** The same without our jar. */
    public SparkSession.Builder settings(boolean isDynamic) {
        return SparkSession.builder()
                .master(master())
                .appName("orrery")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.executor.memory", "512m")
                .config("spark.executor.extraJavaOptions", String.join(" ", STARTS_FAST))
                .config("spark.sql.shuffle.partitions", "4")
                .config("spark.log.level", "OFF") // what it says of killed executors is meant
                .config("spark.dynamicAllocation.enabled", isDynamic)
                .config("spark.dynamicAllocation.minExecutors", 1)
                .config("spark.dynamicAllocation.maxExecutors", 2)
                .config("spark.dynamicAllocation.executorIdleTimeout", "3s")
                .config("spark.dynamicAllocation.shuffleTracking.enabled", isDynamic);
    }

    /** What applications call its master. */
    public String master() {
        return "spark://127.0.0.1:" + port;
    }

    /** Runs a program with Spark's jars and our one, as a user would; gives what it prints. */
    public String program(String main, String... arguments) throws Exception {
        var shaded = System.getProperty("orrery.shaded");
        var command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "--sun-misc-unsafe-memory-access=allow",
                "--add-modules",
                "jdk.incubator.vector",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "-cp",
                shaded + File.pathSeparator + home.resolve("jars") + "/*"));
        for (var packages : List.of("lang", "lang.invoke", "net", "nio", "util", "util.concurrent")) {
            command.add(command.size() - 3, "--add-opens=java.base/java." + packages + "=ALL-UNNAMED");
        }
        command.add(command.size() - 3, "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");
        command.add(main);
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectErrorStream(true).directory(home.toFile());
        builder.environment().put("SPARK_HOME", home.toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        var process = builder.start();
        processes.add(process);
        var said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }

    /** The JVMs of executors, in the order of their start. */
    public List<ProcessHandle> executors() {
        return processes.stream()
                .flatMap(process -> process.descendants())
                .filter(handle -> handle.info().commandLine().orElse("").contains("CoarseGrainedExecutorBackend"))
                .filter(ProcessHandle::isAlive)
                .sorted((a, b) -> Long.compare(a.pid(), b.pid()))
                .toList();
    }

    static void signal(String name, ProcessHandle to) {
        try {
            new ProcessBuilder("kill", "-" + name, String.valueOf(to.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        for (var process : processes) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        processes.forEach(
                process -> process.onExit().orTimeout(10, TimeUnit.SECONDS).join());
    }
}
