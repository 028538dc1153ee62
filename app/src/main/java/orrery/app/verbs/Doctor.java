package orrery.app.verbs;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import orrery.app.run.Exit;
import orrery.app.run.RunFolder;
import orrery.app.run.Terminal;
import orrery.data.Cache;
import orrery.data.Catalogue;
import orrery.engine.Job;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.table.spec.TableSpec;
import orrery.wire.Endpoint;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Looks at what Orrery stands on. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Checks JDK, memory, folders and tools, and runs a small job.")
public final class Doctor implements Callable<Integer> {
    private static final Runtime.Version LEAST = Runtime.Version.parse("25.0.3");

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private int ills;

    @Override
    public Integer call() {
        var out = Terminal.of(spec.commandLine().getOut());
        var version = Runtime.version();
        say(
                out,
                "JDK",
                version + " " + System.getProperty("java.vm.vendor"),
                version.compareToIgnoreOptional(LEAST) >= 0
                        ? ""
                        : "older than " + LEAST + ", whose predecessors corrupt pinned arrays under G1");
        say(out, "processors", String.valueOf(Runtime.getRuntime().availableProcessors()), "");
        long heap = Runtime.getRuntime().maxMemory() >> 20;
        say(out, "heap", heap + " MiB at most", heap < 512 ? "small; give the JVM more" : "");
        say(out, "wire", Endpoint.means(), "");
        say(out, "cache", Cache.defaultFolder().toString(), writable(Cache.defaultFolder()));
        say(out, "runs", RunFolder.ALL.toAbsolutePath().toString(), writable(RunFolder.ALL.toAbsolutePath()));
        var catalogue = new Catalogue(Cache.defaultFolder());
        for (var entry : catalogue.entries()) {
            say(
                    out,
                    "data",
                    entry.name()
                            + (catalogue.isHere(entry) ? "" : ", not fetched (orrery data get " + entry.name() + ")"),
                    "");
        }
        say(out, "npm", hasNpm() ? "here" : "not here; only 'orrery data get' needs it", "");
        selfTest(out);
        out.println(ills == 0 ? "all is well" : ills + " to look at");
        return ills == 0 ? 0 : Exit.FAILED;
    }

    private void say(PrintWriter out, String what, String is, String ill) {
        out.printf(Locale.ROOT, "%-11s %s%s%n", what, is, ill.isEmpty() ? "" : "  <-- " + ill);
        ills += ill.isEmpty() ? 0 : 1;
    }

    /** What keeps the folder from being written to; empty if nothing does. */
    private static String writable(Path folder) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            return "is a file";
        }
        var nearest = folder;
        while (nearest != null && !Files.exists(nearest)) {
            nearest = nearest.getParent();
        }
        return nearest != null && Files.isWritable(nearest) ? "" : "cannot be written to";
    }

    private static boolean hasNpm() {
        String path = System.getenv("PATH");
        if (path != null) {
            for (var folder : path.split(java.io.File.pathSeparator, -1)) {
                if (Files.isExecutable(Path.of(folder, "npm"))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Two workers add ones to a table for a thousand clocks. */
    private void selfTest(PrintWriter out) {
        var table = TableSpec.dense("ones", 8, 1);
        var keys = new long[] {0, 1, 2, 3, 4, 5, 6, 7};
        var ones = new float[] {1, 1, 1, 1, 1, 1, 1, 1};
        var stage = new Stage("count", 1000, worker -> {
            var mine = worker.session().create(table);
            return (session, clock) -> session.add(mine, keys, ones);
        });
        try {
            var outcome = new Job("doctor", java.util.List.of(table), java.util.List.of(stage)).run(Run.local(2));
            var values = outcome.node().values(outcome.node().tables().getFirst());
            boolean isRight = true;
            for (float value : values) {
                isRight &= value == 2000;
            }
            say(
                    out,
                    "self-test",
                    "2 workers, 1,000 clocks, " + outcome.elapsed().toMillis() + " ms",
                    isRight ? "" : "wrong sums: " + java.util.Arrays.toString(values));
        } catch (IOException | RuntimeException e) {
            say(out, "self-test", "failed", String.valueOf(e.getMessage()));
        }
    }
}
