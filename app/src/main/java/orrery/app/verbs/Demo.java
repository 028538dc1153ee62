package orrery.app.verbs;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import orrery.app.flags.CacheFlags;
import orrery.app.run.Stragglers;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Run;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.SoftmaxRegression;
import orrery.table.spec.Consistency;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The first thing to run. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = "Trains a model on real data, then shows what staleness buys. Half a minute.")
public final class Demo implements Callable<Integer> {
    private static final int PASSES = 4;
    private static final long SEED = 1;

    @Mixin
    CacheFlags cache = new CacheFlags();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        var out = spec.commandLine().getOut();
        verbs(out);
        stragglers(out);
        out.println("Next:");
        out.println(
                "  ./orrery train softmax jdk-verbs --split 0.2 --consistency ssp:3   the same, kept as a run in runs/");
        out.println("  ./orrery show RUN                                                  what it learned");
        out.println("  ./orrery train lr YOUR.csv --split 0.2 --label COLUMN              your own data");
        out.println("  ./orrery data list                                                 more data");
        return 0;
    }

    private void verbs(PrintWriter out) throws IOException {
        out.println("1. What does a method do? 2 workers learn the first word of a method's name from its bytecode.");
        out.println();
        spec.commandLine().getErr().println("reading the methods of this JDK (kept for the next time) ...");
        long start = System.nanoTime();
        var all = cache.data().read("jdk-verbs", ReadOptions.defaults());
        var split = all.examples().split(0.2, SEED);
        out.printf(
                Locale.ROOT,
                "   %,d methods, %,d features, %,d non-zeros, read in %.1f s; a fifth, whole classes, held out%n",
                all.examples().size(),
                all.examples().features(),
                all.examples().nonZeros(),
                (System.nanoTime() - start) / 1e9);
        out.println();
        out.println("   pass   examples   seconds    train accuracy, on the way   test accuracy");
        var learner = new SoftmaxRegression(LinearOptions.defaults().withPasses(PASSES));
        var trained = learner.prepare(
                        new Loaded(split.train(), all.schema()),
                        Optional.of(split.test()),
                        Run.local(2).withSeed(SEED).listening(rows(out)))
                .run();
        var counts = new long[all.schema().classes().size()];
        for (long i = 0; i < split.test().size(); i++) {
            counts[(int) split.test().label(i)]++;
        }
        long most = Arrays.stream(counts).max().orElse(0);
        out.println();
        out.printf(
                Locale.ROOT,
                "   always the commonest word: %.1f %%; learned: %.1f %%, in %.1f s (%.1f s of CPU)%n%n",
                100.0 * most / split.test().size(),
                100 * trained.model().score(split.test()).get("accuracy"),
                trained.outcome().elapsed().toNanos() / 1e9,
                trained.outcome().cpu().toNanos() / 1e9);
    }

    /** A row of the table per pass: there is a cut at the end of each. */
    private static Consumer<RunEvent> rows(PrintWriter out) {
        var pass = new AtomicInteger();
        return event -> {
            if (event instanceof RunEvent.CutReached cut) {
                double before = 100 * cut.metrics().getOrDefault("progressiveAccuracy", Double.NaN);
                double after = 100 * cut.metrics().getOrDefault("validation.accuracy", Double.NaN);
                double seconds = cut.elapsed().toNanos() / 1e9;
                out.printf(
                        Locale.ROOT,
                        "   %4d   %8d   %7.2f   %29.1f %%   %11.1f %%%n",
                        pass.incrementAndGet(),
                        cut.examples(),
                        seconds,
                        before,
                        after);
                out.flush();
            }
        };
    }

    private static void stragglers(PrintWriter out) throws IOException {
        out.println(
                "2. What does staleness buy? 8 workers of which each takes five times as long for one clock in 50 (emulated by parking).");
        out.println();
        out.println("   consistency   seconds   against bsp   share of time that workers wait");
        double bsp = 0;
        for (var consistency :
                new Consistency[] {new Consistency.Bsp(), new Consistency.Ssp(1), new Consistency.Ssp(3)}) {
            var measured = Stragglers.measure(consistency, SEED);
            bsp = bsp == 0 ? measured.seconds() : bsp;
            out.printf(
                    Locale.ROOT,
                    "   %-11s   %7.2f   %11.2f   %31.1f %%%n",
                    consistency,
                    measured.seconds(),
                    measured.seconds() / bsp,
                    100 * measured.waitingShare());
        }
        out.println();
        out.println("   Under bsp all workers wait for the slowest; under ssp:3 a worker may run 3 clocks ahead.");
        out.println();
    }
}
