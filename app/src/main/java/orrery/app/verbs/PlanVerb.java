package orrery.app.verbs;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import orrery.app.apps.Application;
import orrery.app.apps.Applications;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.RunFlags;
import orrery.app.run.MemberCommand;
import orrery.app.run.Terminal;
import orrery.engine.launch.Processes;
import orrery.engine.train.Training;
import orrery.table.hold.MemoryPlan;
import orrery.table.hold.Tables;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;
import orrery.table.plan.TablePlan;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints what a training will touch, and what that will cost, before it runs. */
@Command(
        name = "plan",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Prints, before a training runs, what memory its tables need, which rows its workers will touch, which"
                        + " process should own them, and how many bytes go over the wire under each placement.",
        footer = {"", "Example:", "  orrery plan pagerank jdk-graph --processes 4"})
public final class PlanVerb implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "APP", description = "What to train: one of orrery train --help.")
    @SuppressWarnings("NullAway.Init")
    String app;

    @Parameters(index = "1", paramLabel = "DATA", description = "The training data, as for orrery train APP.")
    @SuppressWarnings("NullAway.Init")
    String train;

    @Mixin
    RunFlags running = new RunFlags();

    @Option(names = "--config", paramLabel = "FILE", description = "Read options from a file: lines name = value.")
    @Nullable
    String config;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private final Optional<Application.Flags> flags;

    private PlanVerb(Optional<Application> application) {
        flags = application.map(Application::flags);
    }

    /** The command with the options of an application. */
    public static CommandLine command(Optional<Application> application) {
        var plan = new PlanVerb(application);
        var command = new CommandLine(plan);
        plan.flags.ifPresent(of -> Applications.mix(
                command, of.groups().stream().map(FlagGroup::flags).toList()));
        return command;
    }

    /** Plans; what goes wrong is what would go wrong in a worker. */
    static AccessPlan plan(Training<?> training, Placing placing, int members) throws IOException {
        try {
            return training.plan(placing, members);
        } catch (RuntimeException | IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException("the virtual iteration failed: " + e.getMessage(), e);
        }
    }

    @Override
    public Integer call() throws IOException {
        Applications.of(app); // which knows the names
        var chosen = flags.orElseThrow()
                .task(option -> spec.commandLine().getParseResult().hasMatchedOption(option));
        int members = Math.max(2, running.processes);
        running.workers = Math.max(running.workers, members);
        var run = running.run() // of which nobody is started
                .with(new Processes(members, MemberCommand.of(members, running.memory()), running.terms()));
        var out = Terminal.of(spec.commandLine().getOut());
        out.println(app + " on " + train + ": " + chosen.read(train, run.seed()));
        var training = chosen.prepare(run);
        tellMemory(out, training.job().tables(), members, run.workers());
        if (!training.explained().isEmpty()) { // all its tables are used as a whole: rows need no plan
            out.println();
            training.explained().forEach(out::println);
            return 0;
        }
        for (var placing : Placing.values()) {
            tell(out, plan(chosen.prepare(run), placing, members), run.workers());
        }
        return 0;
    }

    /** What the member with the greatest need needs, with checkpoints. */
    private static void tellMemory(PrintWriter out, List<TableSpec> tables, int members, int workers) {
        var placement =
                new Placement(0, IntStream.rangeClosed(1, members).boxed().toList());
        var most = placement.members().stream()
                .map(member -> MemoryPlan.of(
                        tables,
                        placement,
                        member,
                        Math.ceilDiv(workers, members),
                        Tables.mostCopied(Runtime.getRuntime().maxMemory())))
                .max(Comparator.comparingLong(MemoryPlan::bytes))
                .orElseThrow();
        out.println("memory of each of " + members + " processes: " + most);
    }

    private static void tell(PrintWriter out, AccessPlan plan, int workers) {
        out.printf(
                Locale.ROOT,
                "%n%s: %d processes, %d workers, %d clocks a pass%n",
                name(plan.placing()),
                plan.members(),
                workers,
                plan.clocks());
        if (plan.tables().isEmpty()) {
            out.println("  no table is touched row by row: there is nothing to plan");
        }
        plan.tables().forEach(table -> tell(out, table, plan.clocks()));
        out.printf(Locale.ROOT, "  over the wire: %,.0f bytes a clock, and ticks%n", plan.bytesPerClock());
    }

    private static String name(Placing placing) {
        return switch (placing) {
            case HASH -> "hash";
            case MOST_ACCESSES -> "accesses (the process that uses a row most)";
            case FEWEST_BYTES -> "bytes (so that few go over the wire)";
        };
    }

    private static void tell(PrintWriter out, TablePlan table, int clocks) {
        long used = Arrays.stream(table.rowsUsed()).sum();
        long home = Arrays.stream(table.rowsAtHome()).sum();
        out.printf(
                Locale.ROOT,
                "  table %s: rows owned %s, used %s; %.1f %% of those used are at home%n",
                table.table(),
                list(table.rowsOwned()),
                list(table.rowsUsed()),
                used == 0 ? 100.0 : 100.0 * home / used);
        out.printf(
                Locale.ROOT,
                "    a clock: %,d rows pushed to owners, %,d sent to readers, %,d bytes%n",
                table.pushed() / Math.max(1, clocks),
                table.told() / Math.max(1, clocks),
                table.bytes() / Math.max(1, clocks));
        out.printf(
                Locale.ROOT,
                "    asked for by key at each clock, in place of pushed: %,d bytes; rows to gather adds to: %s%n",
                asked(table, table.width()) / Math.max(1, clocks),
                hot(table));
    }

    /** What the same would cost by key, asked for at each clock: a key with each question, answer and change. */
    private static long asked(TablePlan table, int width) {
        long row = (long) width * Float.BYTES;
        return table.asked() * (2 * Long.BYTES + row) + table.pushed() * (Long.BYTES + row);
    }

    private static String hot(TablePlan table) {
        var rows = table.hot().stream()
                .flatMapToInt(Arrays::stream)
                .distinct()
                .sorted()
                .toArray();
        return rows.length == 0
                ? "none"
                : rows.length + ", such as "
                        + Arrays.stream(rows).limit(5).mapToObj(String::valueOf).collect(Collectors.joining(", "));
    }

    private static String list(long[] rows) {
        return Arrays.stream(rows)
                .mapToObj(r -> String.format(Locale.ROOT, "%,d", r))
                .collect(Collectors.joining(" + "));
    }
}
