package orrery.bench.capacity;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import orrery.bench.Report;
import orrery.engine.launch.Processes;
import orrery.store.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench capacity}. */
@Command(
        name = "capacity",
        mixinStandardHelpOptions = true,
        description =
                "Models larger than a member's heap: trained, kept, resumed on another number of members; and what memory"
                        + " was planned against what was needed. Five minutes.")
public final class CapacityBench implements Callable<Integer> {
    private static final long HEAP = 256L << 20;
    private static final int WIDTH = 16;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Option(names = "--only", paramLabel = "REGEX", description = "Run only the shapes whose name matches.")
    String only = ".*";

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        try (var report = Report.of(spec, json)) {
            report.say("flags of each process: " + String.join(" ", Program.flags(large("", 2, 1.2))));
            for (var shape : List.of(large("1.2 heaps", 2, 1.2), large("2.4 heaps", 4, 2.4))) {
                if (shape.name().matches(only)) {
                    capacity(report, shape);
                }
            }
            for (var shape : planned()) {
                if (shape.name().matches(only)) {
                    plan(report, shape);
                }
            }
        }
        return 0;
    }

    /** A table of so many times what one member may have, with the rule's state. */
    private static Shape large(String name, int members, double heaps) {
        long rows = (long) (heaps * HEAP / (2 * WIDTH * Float.BYTES));
        int workers = members * (members + 1); // evenly on as many members and on one more
        return new Shape(name, members, workers, rows, WIDTH, "adagrad", "bsp", false, HEAP);
    }

    private static List<Shape> planned() {
        long mebi = 1 << 20;
        return List.of(
                new Shape("adagrad by key, 2 members", 2, 2, mebi, 16, "adagrad", "bsp", false, HEAP),
                new Shape("adam by key, 3 members", 3, 3, mebi, 16, "adam", "bsp", false, HEAP),
                new Shape("add by key, ssp:1, 4 members", 4, 4, 4 * mebi, 16, "add", "ssp:1", false, HEAP),
                new Shape("adagrad by views, 2 members", 2, 2, mebi, 12, "adagrad", "bsp", true, HEAP),
                new Shape("local:3, 2 members", 2, 2, mebi / 4, 16, "adagrad", "local:3", true, HEAP),
                new Shape("adagrad, threads", 0, 2, mebi, 16, "adagrad", "bsp", true, 2 * HEAP));
    }

    /** Trains all of it, then once more in two parts, the second on another number of members, then where there is room for all. */
    private void capacity(Report report, Shape shape) throws Exception {
        var whole = run(shape, "run", shape);
        var half = run(shape, "stop", shape);
        var rest = run(shape, "resume", shape.on(shape.members() + 1));
        var alone = run(
                shape,
                "run",
                new Shape(
                        shape.name(),
                        0,
                        shape.workers(),
                        shape.rows(),
                        shape.width(),
                        shape.rule(),
                        shape.consistency(),
                        false,
                        6 * HEAP));
        long most = Math.max(
                Math.max(number(whole, "resident"), number(rest, "resident")),
                Math.max(number(whole, "coordinator"), number(rest, "coordinator")));
        boolean isSame = Objects.equals(whole.get("read"), alone.get("read"))
                && Objects.equals(rest.get("read"), alone.get("read"));
        report.row(
                String.format(
                        Locale.ROOT,
                        "%s on %d members of %d MiB: values and state %d MiB; %s, then %s on %d; most resident: members %d and %d MiB, coordinator %d MiB; %s what one process of %d MiB computes",
                        shape.name(),
                        shape.members(),
                        HEAP >> 20,
                        shape.bytes() >> 20,
                        half.get("status"),
                        rest.get("status"),
                        shape.members() + 1,
                        number(whole, "resident") >> 20,
                        number(rest, "resident") >> 20,
                        number(whole, "coordinator") >> 20,
                        isSame ? "equal to" : "NOT",
                        (6 * HEAP) >> 20),
                "name",
                shape.name(),
                "members",
                shape.members(),
                "heapBytes",
                HEAP,
                "bytes",
                shape.bytes(),
                "mostResident",
                most,
                "equalBits",
                isSame);
    }

    private void plan(Report report, Shape shape) throws Exception {
        var ran = run(shape, "run", shape);
        double planned = number(ran, "planned") - number(ran, "snapshots"); // copies are gone when it is measured
        double live = number(ran, "live");
        report.row(
                String.format(
                        Locale.ROOT,
                        "%-30s planned %5.0f MiB, live %5.0f MiB: %.3f",
                        shape.name(),
                        planned / (1 << 20),
                        live / (1 << 20),
                        planned / live),
                "name",
                shape.name(),
                "planned",
                planned,
                "live",
                live,
                "ratio",
                planned / live);
    }

    private static long number(Map<String, Object> of, String name) {
        return of.get(name) instanceof Number number ? number.longValue() : 0;
    }

    private Path folder = Path.of("");

    /** Runs the program in a process of that heap; a run that is resumed finds what the one before it has left. */
    private Map<String, Object> run(Shape of, String what, Shape shape) throws Exception {
        if (!what.equals("resume")) {
            forget();
            folder = Files.createTempDirectory("orrery-capacity");
        }
        var arguments = new ArrayList<>(List.of(folder.toString(), what));
        arguments.addAll(shape.words());
        var process = new ProcessBuilder(Processes.again(Program.flags(shape), Program.class.getName(), arguments))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(of.name() + ", " + what + ": ended with status " + process.exitValue());
        }
        if (!what.equals("stop")) {
            forget();
        }
        var lines = said.lines().filter(line -> line.startsWith("{")).toList();
        return Json.object(lines.getLast(), "what the program says");
    }

    private void forget() throws IOException {
        if (!folder.toString().isEmpty() && Files.exists(folder)) {
            try (var all = Files.walk(folder)) {
                for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
