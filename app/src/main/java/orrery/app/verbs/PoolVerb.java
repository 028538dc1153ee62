package orrery.app.verbs;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import orrery.app.flags.UsageException;
import orrery.app.run.Exit;
import orrery.app.run.Terminal;
import orrery.engine.schedule.Decision;
import orrery.engine.schedule.Lane;
import orrery.engine.schedule.Pool;
import orrery.engine.schedule.Scheduler;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs many jobs that share this machine. */
@Command(
        name = "pool",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Runs a file of jobs that share slots, stage by stage, under a scheduler, and shows their lanes.",
        footer = {
            "",
            "A line of the file is a job: seconds after the start, then a train command, such as",
            "  0    train lr a.libsvm --solver svrg --workers 2",
            "  1.5  train pagerank jdk-graph --workers 1",
            "What is after a # is passed over."
        })
public final class PoolVerb implements Callable<Integer> {
    private static final int COLUMNS = 72;

    @Parameters(index = "0", arity = "0..1", paramLabel = "JOBS", description = "The file of jobs.")
    @Nullable
    Path jobs;

    @Option(
            names = "--scheduler",
            paramLabel = "S",
            description = "sequential, greedy or prioritized (default: ${DEFAULT-VALUE}).")
    String scheduler = "prioritized";

    @Option(
            names = "--slots",
            paramLabel = "N",
            description = "Workers that a node can have at once (default: as many as there are processors).")
    int slots = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description = "Nodes; if more than 1, each job has a process on each (default: ${DEFAULT-VALUE}).")
    int nodes = 1;

    @Option(names = "--seed", paramLabel = "N", description = "Decides between nodes that are alike (default: 1).")
    long seed = 1;

    @Option(
            names = "--log",
            paramLabel = "FILE",
            description = "Where decisions go, a line each (default: JOBS with .decisions.jsonl).")
    @Nullable
    Path log;

    @Option(
            names = "--replay",
            paramLabel = "FILE",
            description = "Runs nothing: repeats the decisions in a log, and prints those that differ.")
    @Nullable
    Path replay;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** A line of the file. */
    record Line(double at, String name, List<String> arguments) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (replay != null) {
            return replay(replay);
        }
        if (jobs == null) {
            throw new UsageException("JOBS is missing: which file of jobs?");
        }
        if (slots < 1 || nodes < 1) {
            throw new UsageException("--slots and --nodes must be 1 or more, got " + slots + " and " + nodes);
        }
        var lines = read(jobs);
        var decisions = log == null ? jobs.resolveSibling(jobs.getFileName() + ".decisions.jsonl") : log;
        Files.deleteIfExists(decisions);
        var out = Terminal.of(spec.commandLine().getOut());
        var pool = new Pool(scheduler(), Pool.nodes(nodes, slots), decision -> told(decision, decisions, out));
        var results = new ArrayList<Result>();
        for (var line : lines) {
            results.add(new Result(line, pool, nodes));
        }
        for (var result : results) {
            result.thread.join();
        }
        return tell(out, pool.lanes(), results, decisions);
    }

    private Scheduler scheduler() {
        try {
            return Scheduler.of(scheduler, seed);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--scheduler: " + e.getMessage());
        }
    }

    // The file

    private static List<Line> read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new FileNotFoundException(file + ": no such file");
        }
        var lines = new ArrayList<Line>();
        int number = 0;
        for (var text : Files.readAllLines(file)) {
            number++;
            var words = words(text);
            if (!words.isEmpty()) {
                lines.add(line(words, file + ":" + number, lines.size() + 1));
            }
        }
        if (lines.isEmpty()) {
            throw new UsageException(file + ": there are no jobs in it");
        }
        return lines;
    }

    private static Line line(List<String> words, String where, int number) {
        double at;
        try {
            at = Double.parseDouble(words.getFirst());
        } catch (NumberFormatException e) {
            throw new UsageException(where + ": expected seconds after the start, found '" + words.getFirst() + "'");
        }
        if (!(at >= 0) || words.size() < 3 || !words.get(1).equals("train")) {
            throw new UsageException(
                    where + ": expected SECONDS train APP ..., found '" + String.join(" ", words) + "'");
        }
        return new Line(at, number + " " + words.get(2), List.copyOf(words.subList(2, words.size())));
    }

    /** Words between blanks, or between quotes. */
    static List<String> words(String line) {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        boolean isIn = false;
        char quote = 0;
        for (char c : (line + " ").toCharArray()) {
            if (quote == 0 && c == '#' && !isIn) {
                break;
            }
            if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
                isIn = true;
            } else if (c == quote && quote != 0) {
                quote = 0;
            } else if (quote == 0 && Character.isWhitespace(c)) {
                if (isIn) {
                    words.add(word.toString());
                    word.setLength(0);
                }
                isIn = false;
            } else {
                word.append(c);
                isIn = true;
            }
        }
        return words;
    }

    // A job

    /** A job that runs, or has run. */
    private static final class Result {
        final Line line;
        final Thread thread;
        volatile int status = Exit.FAILED;
        volatile String said = "";

        Result(Line line, Pool pool, int nodes) {
            this.line = line;
            thread = Thread.ofPlatform().name("pool-" + line.name()).start(() -> run(pool, nodes));
        }

        private void run(Pool pool, int nodes) {
            var text = new StringWriter();
            try {
                TimeUnit.NANOSECONDS.sleep((long) (line.at() * 1e9));
                var command = Complaints.configured(Train.command(ConfigFile.application(line.arguments())));
                Train train = command.getCommand();
                train.pooled = new Train.Pooled(pool, line.name(), nodes);
                train.keeping.quiet = true;
                var writer = new PrintWriter(text, true);
                status = command.setOut(writer)
                        .setErr(writer)
                        .execute(line.arguments().toArray(String[]::new));
            } catch (InterruptedException e) {
                text.append("interrupted");
            } catch (Throwable e) { // such as a lack of memory: the other jobs go on
                text.append("orrery: ").append(String.valueOf(e));
            } finally {
                said = text.toString().strip();
            }
        }
    }

    // Telling

    private static void told(Decision decision, Path log, PrintWriter out) {
        try {
            Files.writeString(
                    log,
                    decision.line() + "\n",
                    StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(log + ": " + e.getMessage(), e);
        }
        for (var task : decision.view().tasks()) {
            var workers = decision.plan().starts().get(task.id());
            if (workers != null) {
                out.printf(
                        Locale.ROOT,
                        "%8.2f s  %s: stage %d begins, %s%n",
                        decision.view().seconds(),
                        task.name(),
                        task.stage() + 1,
                        words(
                                workers.values().stream()
                                        .mapToInt(Integer::intValue)
                                        .sum(),
                                workers.size()));
            }
        }
        out.flush();
    }

    private static String words(int workers, int nodes) {
        return workers + (workers == 1 ? " worker" : " workers") + (nodes == 1 ? "" : " on " + nodes + " nodes");
    }

    private static int tell(PrintWriter out, List<Lane> lanes, List<Result> results, Path decisions) {
        double end = lanes.stream().mapToDouble(Lane::end).max().orElse(0);
        int width = results.stream().mapToInt(r -> r.line.name().length()).max().orElse(0);
        out.println();
        int failed = 0;
        for (var result : results) {
            var mine = lanes.stream()
                    .filter(lane -> lane.name().equals(result.line.name()))
                    .toList();
            double waited = mine.stream().mapToDouble(Lane::waited).sum();
            out.printf(
                    Locale.ROOT, "%-" + width + "s |%s| waited %.2f s%n", result.line.name(), chart(mine, end), waited);
            failed += result.status == 0 ? 0 : 1;
        }
        out.printf(Locale.ROOT, "%-" + width + "s  0%" + (COLUMNS - 1) + ".2f s%n", "", end);
        out.printf(
                Locale.ROOT,
                "# at work, . waiting; all done after %.2f s, mean wait of a job %.2f s; decisions in %s%n",
                end,
                lanes.stream().mapToDouble(Lane::waited).sum() / Math.max(1, results.size()),
                decisions);
        for (var result : results) {
            out.println();
            out.println(result.line.name() + (result.status == 0 ? "" : ", which failed with status " + result.status));
            result.said.lines().forEach(line -> out.println("  " + line));
        }
        return failed == 0 ? 0 : Exit.FAILED;
    }

    private static String chart(List<Lane> lanes, double end) {
        var chart = new char[COLUMNS];
        Arrays.fill(chart, ' ');
        for (var lane : lanes) {
            fill(chart, lane.ready(), lane.begin(), end, '.');
            fill(chart, lane.begin(), lane.end(), end, '#');
        }
        return new String(chart);
    }

    private static void fill(char[] chart, double from, double to, double end, char with) {
        int first = (int) (from / end * chart.length);
        int last = Math.min(chart.length, (int) Math.ceil(to / end * chart.length));
        for (int i = first; i < last; i++) {
            if (with == '#' || chart[i] == ' ') {
                chart[i] = with;
            }
        }
    }

    // Again

    private int replay(Path file) throws IOException {
        var out = Terminal.of(spec.commandLine().getOut());
        int number = 0;
        int different = 0;
        for (var line : Files.readAllLines(file)) {
            number++;
            var decision = Decision.read(line, file + ":" + number);
            var again = decision.again();
            if (!again.equals(decision.plan())) {
                different++;
                out.println(file + ":" + number + ": was " + decision.plan().starts() + ", now " + again.starts());
            }
        }
        out.println(number + " decisions, " + (different == 0 ? "all the same" : different + " different"));
        return different == 0 ? 0 : Exit.FAILED;
    }
}
