package orrery.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import orrery.engine.launch.Processes;
import orrery.wire.Authority;
import orrery.wire.Credentials;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The processes of a benchmark that needs several: this program again, with the same arguments, once per node. All do the
 * same and now and then tell each other something ({@link #gather}); what the first one prints is printed.
 */
public final class Crew {
    private static final String MEMBER = "orrery.bench.member";
    private static final String END = "end";
    private static final String SAY = "say ";
    private static final String ALL = "all ";
    private static final String BETWEEN = "\t";

    private static @Nullable Crew here;

    private final int member;
    private final Credentials credentials;
    private final BufferedReader in;

    private Crew(int member, Credentials credentials, BufferedReader in) {
        this.member = member;
        this.credentials = credentials;
        this.in = in;
    }

    /** The crew that this process is of; null if it is of none, and has perhaps to {@link #lead} one. */
    static synchronized @Nullable Crew here() throws IOException {
        int number = Integer.getInteger(MEMBER, 0);
        if (here == null && number > 0) {
            var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            var text = new StringBuilder();
            for (var line = in.readLine(); line != null && !line.equals(END); line = in.readLine()) {
                text.append(line).append('\n');
            }
            here = new Crew(number, Credentials.parse(text.toString()), in);
        }
        return here;
    }

    static Crew must() throws IOException {
        var crew = here();
        if (crew == null) {
            throw new IllegalStateException("this process is of no crew");
        }
        return crew;
    }

    /** This process' number, from 1. */
    int member() {
        return member;
    }

    Credentials credentials() {
        return credentials;
    }

    /** Whether this process has to lead a crew of the benchmark first, rather than to do it. */
    public static boolean isToLead() throws IOException {
        return here() == null;
    }

    /** Tells all, and waits until all have told. Returns what they have, by member. */
    String[] gather(String mine) throws IOException {
        System.out.println(ALL + mine);
        System.out.flush();
        var answer = in.readLine();
        if (answer == null) {
            throw new IOException("whoever leads the benchmark has gone");
        }
        return answer.split(BETWEEN, -1);
    }

    /** The sums over all processes. */
    public static double[] sums(double... mine) throws IOException {
        var sums = new double[mine.length];
        for (var theirs : must().gather(Arrays.toString(mine))) {
            var numbers = theirs.substring(1, theirs.length() - 1).split(", ", -1);
            for (int i = 0; i < sums.length; i++) {
                sums[i] += Double.parseDouble(numbers[i]);
            }
        }
        return sums;
    }

    /** What this process prints. */
    PrintWriter out() {
        return new PrintWriter(
                new Writer() {
                    private final StringBuilder line = new StringBuilder();

                    @Override
                    public void write(char[] from, int at, int count) {
                        line.append(from, at, count);
                        for (int end = line.indexOf("\n"); end >= 0; end = line.indexOf("\n")) {
                            System.out.println(SAY + line.substring(0, end));
                            line.delete(0, end + 1);
                        }
                    }

                    @Override
                    public void flush() {
                        System.out.flush();
                    }

                    @Override
                    public void close() {}
                },
                true);
    }

    // Leading

    /** What has been told so far, by whom; whoever tells last has all of them answered. */
    private static final class Exchange {
        private final List<BufferedWriter> to;
        private final @Nullable String[] told;
        private int count;

        Exchange(List<BufferedWriter> to) {
            this.to = to;
            told = new String[to.size()];
        }

        synchronized void tell(int member, String what) throws IOException {
            told[member] = what;
            if (++count == told.length) {
                count = 0;
                for (var writer : to) {
                    writer.write(String.join(BETWEEN, told) + "\n");
                    writer.flush();
                }
            }
        }
    }

    /** Does the benchmark of this command line in so many processes. Returns 0 if all went well. */
    static int lead(CommandSpec spec, int count, Consumer<String> out) throws Exception {
        var flags = new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
        flags.add("-Xmx3g");
        var arguments = spec.root().commandLine().getParseResult().originalArgs();
        var authority = new Authority(false);
        var processes = new ArrayList<Process>();
        var writers = new ArrayList<BufferedWriter>();
        try {
            for (int m = 1; m <= count; m++) {
                var ofMember = new ArrayList<>(flags);
                ofMember.add("-D" + MEMBER + "=" + m);
                var process = new ProcessBuilder(Processes.again(ofMember, Bench.class.getName(), arguments))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
                processes.add(process);
                var writer = process.outputWriter(StandardCharsets.UTF_8);
                writer.write(authority.admit("member " + m).text() + END + "\n");
                writer.flush();
                writers.add(writer);
            }
            var exchange = new Exchange(writers);
            var threads = new ArrayList<Thread>();
            for (int m = 0; m < count; m++) {
                int member = m;
                threads.add(Thread.ofPlatform().start(() -> listen(processes, member, exchange, out)));
            }
            for (var thread : threads) {
                thread.join();
            }
            int code = 0;
            for (var process : processes) {
                code = Math.max(code, process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : 1);
            }
            return code;
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
    }

    /** Until the process ends; if it has not done well, the others end, too. */
    private static void listen(List<Process> processes, int member, Exchange exchange, Consumer<String> out) {
        var process = processes.get(member);
        try {
            var from = process.inputReader(StandardCharsets.UTF_8);
            for (var line = from.readLine(); line != null; line = from.readLine()) {
                if (line.startsWith(ALL)) {
                    exchange.tell(member, line.substring(ALL.length()));
                } else if (line.startsWith(SAY)) {
                    if (member == 0) {
                        out.accept(line.substring(SAY.length()));
                    }
                } else {
                    System.err.println(line);
                }
            }
            if (process.waitFor() == 0) {
                return;
            }
        } catch (IOException | InterruptedException e) {
            System.err.println("process " + (member + 1) + " of the benchmark: " + e.getMessage());
        }
        processes.forEach(Process::destroyForcibly);
    }
}
