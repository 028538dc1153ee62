package orrery.bench.wire;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.wire.Authority;
import orrery.wire.Credentials;
import orrery.wire.Endpoint;
import orrery.wire.Frame;
import orrery.wire.Lane;
import orrery.wire.Peer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench wire}: requests over loopback between two processes, plain and with TLS. */
@Command(
        name = "wire",
        mixinStandardHelpOptions = true,
        description = "Pushes and pulls between two processes over loopback: requests, bytes and CPU of both ends.")
public final class WireBench implements Callable<Integer> {
    static final long CREDIT = 32L << 20;
    private static final double WARM_SECONDS = 2;
    /** ps-lite in M keys/s (array of floats, unencrypted), as measured once on another machine: for orientation. */
    private static final Map<String, Double> PS_LITE =
            Map.of("push 10000 keys, 16 out", 117.0, "pull 10000 keys, 16 out", 101.0);

    private static final long LIMIT = TimeUnit.SECONDS.toNanos(60);

    @Option(names = "--runs", paramLabel = "N", description = "Runs per case (default: ${DEFAULT-VALUE}).")
    int runs = 5;

    @Option(names = "--seconds", paramLabel = "S", description = "Seconds per run (default: ${DEFAULT-VALUE}).")
    double seconds = 0.5;

    @Option(names = "--only", paramLabel = "TEXT", description = "Only the cases whose name contains this.")
    String only = "";

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** What is asked for, again and again. */
    private record Case(String name, int type, int keys, long bytes, int outstanding) {}

    @Override
    public Integer call() throws Exception {
        try (var report = Report.of(spec, json)) {
            report.say(String.format(
                    Locale.ROOT,
                    "%-30s %12s %12s %10s %12s %12s",
                    "case",
                    "requests/s",
                    "M keys/s",
                    "GB/s",
                    "us CPU/req",
                    "us CPU/KiB"));
            for (boolean encrypted : new boolean[] {false, true}) {
                run(report, encrypted);
            }
        }
        return 0;
    }

    private static List<Case> cases() {
        var cases = new ArrayList<Case>();
        for (int outstanding : new int[] {1, 64}) {
            for (int keys : new int[] {1, 10, 100, 1_000, 10_000}) {
                int under = keys == 10_000 ? Math.min(outstanding, 16) : outstanding;
                cases.add(new Case(
                        "push " + keys + " keys, " + under + " out", WireServer.PUSH, keys, 12L * keys, under));
                cases.add(new Case(
                        "pull " + keys + " keys, " + under + " out", WireServer.PULL, keys, 12L * keys, under));
            }
            for (long kib : new long[] {64, 1024, 10 * 1024}) {
                int under = kib == 64
                        ? Math.min(32, outstanding)
                        : kib == 1024 ? Math.min(8, outstanding) : Math.min(2, outstanding);
                cases.add(new Case(
                        "push " + kib + " KiB, " + under + " out", WireServer.PUSH_RANGE, 0, kib << 10, under));
                cases.add(new Case(
                        "pull " + kib + " KiB, " + under + " out", WireServer.PULL_RANGE, 0, kib << 10, under));
            }
        }
        return cases;
    }

    private void run(Report report, boolean encrypted) throws Exception {
        var authority = new Authority(encrypted);
        var server = start(authority.admit("server"));
        try (var client = new Client(authority.admit("client"), port(server))) {
            report.say("-- " + client.endpoint.transport());
            for (var c : List.of(
                    new Case("", WireServer.PUSH, 1_000, 0, 64),
                    new Case("", WireServer.PULL, 1_000, 0, 64),
                    new Case("", WireServer.PUSH, 1, 0, 64),
                    new Case("", WireServer.PULL, 1, 0, 64))) {
                measure(client, c, WARM_SECONDS); // or the first case pays for compiling
            }
            for (var c : cases()) {
                if (!c.name().contains(only)) {
                    continue;
                }
                measure(client, c, 1 + seconds); // warm
                var rates = new ArrayList<Double>();
                var cpus = new ArrayList<Double>();
                for (int r = 0; r < runs; r++) {
                    var figure = measure(client, c, seconds);
                    rates.add(figure[0]);
                    cpus.add(figure[1]);
                }
                double rate = Figure.median(rates);
                double cpu = Figure.median(cpus);
                var psLite = encrypted ? null : PS_LITE.get(c.name());
                report.row(
                        String.format(
                                Locale.ROOT,
                                "%-30s %,12.0f %12.1f %10.2f %12.2f %12.3f%s",
                                c.name(),
                                rate,
                                rate * c.keys() / 1e6,
                                rate * c.bytes() / 1e9,
                                cpu,
                                cpu / (c.bytes() / 1024.0),
                                psLite == null ? "" : "   (ps-lite, another machine: " + psLite + " M keys/s)"),
                        "name",
                        c.name(),
                        "transport",
                        client.endpoint.transport().toString(),
                        "requestsPerSecond",
                        rate,
                        "keysPerSecond",
                        rate * c.keys(),
                        "bytesPerSecond",
                        rate * c.bytes(),
                        "cpuMicrosPerRequest",
                        cpu,
                        "runs",
                        runs);
            }
        } finally {
            server.getOutputStream().close();
            if (!server.waitFor(5, TimeUnit.SECONDS)) {
                server.destroyForcibly();
            }
        }
    }

    private static Process start(Credentials credentials) throws IOException {
        var command = new ArrayList<String>();
        command.add(System.getProperty("java.home") + "/bin/java");
        command.addAll(List.of("-XX:+UseParallelGC", "-XX:+UseTransparentHugePages", "-Xmx1g")); // as members have them
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), WireServer.class.getName()));
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var to = process.getOutputStream();
        to.write((credentials.text() + "\n").getBytes(StandardCharsets.UTF_8));
        to.flush();
        return process;
    }

    private static int port(Process server) throws IOException {
        var line = server.inputReader(StandardCharsets.UTF_8).readLine();
        if (line == null) {
            throw new IOException("the server has ended: see above");
        }
        return Integer.parseInt(line);
    }

    /** Requests per second, and microseconds of CPU per request of both ends. */
    private static double[] measure(Client client, Case c, double seconds) throws Exception {
        long cpuBefore = Cpu.nanos() + client.serverCpu();
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        long requests = 0;
        while (System.nanoTime() < end) {
            for (int i = 0; i < c.outstanding(); i++) {
                client.request(c, requests++);
            }
        }
        client.drain();
        long took = System.nanoTime() - start;
        long cpu = Cpu.nanos() + client.serverCpu() - cpuBefore;
        return new double[] {requests * 1e9 / took, cpu / 1e3 / requests};
    }

    /** Places of requests under way. One thread takes them; it is woken when all that it wants are free, not for each. */
    private static final class Places {
        private final AtomicInteger free;
        private volatile int wanted;
        private volatile @Nullable Thread waiting;

        Places(int free) {
            this.free = new AtomicInteger(free);
        }

        void acquire(int count) throws InterruptedException {
            wanted = count;
            waiting = Thread.currentThread();
            while (free.get() < count) {
                LockSupport.park(this);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
            waiting = null;
            free.addAndGet(-count);
        }

        void release(int count) {
            if (free.addAndGet(count) >= wanted) {
                LockSupport.unpark(waiting);
            }
        }
    }

    /** The client's end: marshals, and reads what is answered to an array. */
    private static final class Client implements Endpoint.Receiver, AutoCloseable {
        private static final int MOST = 64;
        private static final int RANGE_FLOATS = Frame.MOST_PAYLOAD_BYTES / Float.BYTES / 2; // 128 KiB a frame
        final Endpoint endpoint;
        private final Peer server;
        private final long[] keys = new long[1 << 20];
        private final float[] values = new float[10 << 18];
        private final float[] answers = new float[Frame.MOST_BYTES / Float.BYTES];
        private final Places free = new Places(MOST);
        private final AtomicLong serverCpu = new AtomicLong();
        private int outstanding = MOST;
        private int mine; // places taken from {@code free} and not used
        private long at;

        Client(Credentials credentials, int port) throws IOException, InterruptedException {
            endpoint = new Endpoint(credentials, 2, 1, Endpoint.Settings.DEFAULT.withCredit(CREDIT), this);
            server = endpoint.connect(
                    1, new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Duration.ofSeconds(20));
            var random = new SplittableRandom(1);
            for (int i = 0; i < keys.length; i++) {
                keys[i] = random.nextLong(WireServer.CELLS);
            }
        }

        @Override
        public void receive(Frame frame) {
            try (frame) {
                if (frame.request() < 0) {
                    serverCpu.set(frame.getLong());
                    free.release(1);
                    return;
                }
                int count = frame.remaining() / Float.BYTES;
                frame.getFloats(answers, 0, count);
                free.release(1);
            }
        }

        /** At most {@code outstanding} are under way. */
        private void acquire(int want) throws InterruptedException {
            if (want != outstanding) {
                drain();
                int change = outstanding - want;
                if (change > 0) {
                    free.acquire(change);
                } else {
                    free.release(-change);
                }
                outstanding = want;
            }
            if (mine == 0) { // half a window at a time: a thread that is woken for one place alone costs more than it
                // sends
                mine = Math.max(1, outstanding / 2);
                free.acquire(mine);
            }
            mine--;
        }

        void request(Case c, long number) throws InterruptedException {
            int n = c.keys();
            switch (c.type()) {
                case WireServer.PUSH -> {
                    acquire(c.outstanding());
                    server.send(
                            Frame.of(WireServer.PUSH, Lane.PROMPT, 4 + 12 * n)
                                    .request(number)
                                    .putInt(n)
                                    .putLongs(keys, next(n), n)
                                    .putFloats(values, 0, n),
                            LIMIT);
                }
                case WireServer.PULL -> {
                    acquire(c.outstanding());
                    server.send(
                            Frame.of(WireServer.PULL, Lane.PROMPT, 4 + 8 * n)
                                    .request(number)
                                    .putInt(n)
                                    .putLongs(keys, next(n), n),
                            LIMIT);
                }
                default -> ranges(c, number);
            }
        }

        /** Streams a range in frames; each is answered for itself. */
        private void ranges(Case c, long number) throws InterruptedException {
            int floats = (int) (c.bytes() / Float.BYTES);
            int frames = (floats + RANGE_FLOATS - 1) / RANGE_FLOATS;
            int under = Math.min(MOST, c.outstanding() * frames);
            for (int from = 0; from < floats; from += RANGE_FLOATS) {
                int count = Math.min(RANGE_FLOATS, floats - from);
                acquire(under);
                boolean pushes = c.type() == WireServer.PUSH_RANGE;
                var frame = Frame.of(c.type(), Lane.BULK, pushes ? Float.BYTES * count : 4)
                        .request(number)
                        .block(from);
                server.send(pushes ? frame.putFloats(values, from, count) : frame.putInt(count), LIMIT);
            }
        }

        private int next(int n) {
            at = at + n + n > keys.length ? 0 : at + n;
            return (int) at;
        }

        void drain() throws InterruptedException {
            free.release(mine);
            mine = 0;
            free.acquire(outstanding);
            free.release(outstanding);
        }

        long serverCpu() throws InterruptedException {
            drain();
            free.acquire(1);
            server.send(Frame.of(WireServer.CPU, Lane.PROMPT, 0).request(-1), LIMIT);
            drain();
            return serverCpu.get();
        }

        @Override
        public void close() {
            endpoint.close();
        }
    }
}
