package orrery.bench.factor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import orrery.bench.BetweenCuts;
import orrery.bench.Cpu;
import orrery.bench.Figure;
import orrery.bench.Report;
import orrery.data.Ratings;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Run;
import orrery.learn.factor.FactorOptions;
import orrery.learn.factor.MatrixFactorization;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code orrery bench factor}. */
@Command(
        name = "factor",
        mixinStandardHelpOptions = true,
        description =
                "Factorising generated ratings of the shape of Netflix': updates per CPU second against a bare loop,"
                        + " and the error pass by pass.")
public final class FactorBench implements Callable<Integer> {
    @Option(names = "--ratings", paramLabel = "N", description = "So many (default: ${DEFAULT-VALUE}).")
    int count = 7_350_000;

    @Option(names = "--passes", paramLabel = "N", description = "For the error (default: ${DEFAULT-VALUE}).")
    int passes = 15;

    @Option(names = "--rate", paramLabel = "X", description = "Learning rate (default: ${DEFAULT-VALUE}).")
    float rate = 0.04f;

    @Option(names = "--decay", paramLabel = "X", description = "Per pass (default: ${DEFAULT-VALUE}).")
    float decay = 0.9f;

    @Option(names = "--l2", paramLabel = "X", description = "Penalty (default: ${DEFAULT-VALUE}).")
    float l2 = 0.05f;

    @Option(names = "--runs", paramLabel = "N", description = "Interleaved runs (default: ${DEFAULT-VALUE}).")
    int runs = 5;

    @Option(names = "--json", description = "Print the figures as a JSON array, and nothing else.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        try (var report = Report.of(spec, json)) {
            report(report);
        }
        return 0;
    }

    private void report(Report report) throws Exception {
        var generated = Generated.netflix(48_019, 17_770, count, 1);
        var split = generated.ratings().split(0.05, 1);
        report.say(split.train() + "; test: " + split.test());
        report.row(
                String.format(Locale.ROOT, "the truth itself errs by %.4f", generated.rmseOfTruth()),
                "name",
                "rmse of the truth",
                "rmse",
                generated.rmseOfTruth());
        var options = new FactorOptions(64, passes, rate, decay, l2, FactorOptions.Method.SGD);
        var errors = new ArrayList<Double>();
        new MatrixFactorization(options)
                .prepare(split.train(), Optional.of(split.test()), Run.local(2).listening(event -> {
                    if (event instanceof RunEvent.CutReached cut) {
                        errors.add(cut.metrics().getOrDefault("validation.rmse", Double.NaN));
                    }
                }))
                .run();
        for (int pass = 0; pass < errors.size(); pass++) {
            report.row(
                    String.format(Locale.ROOT, "pass %2d  test rmse %.4f", pass + 1, errors.get(pass)),
                    "name",
                    "pass",
                    "pass",
                    pass + 1,
                    "rmse",
                    errors.get(pass));
        }
        iterStore(report);
        var figures = new ArrayList<Figure>();
        speed(split.train(), figures);
        report.figures(figures);
    }

    /** The shape that IterStore's own generator makes: 0.51 CPU seconds an epoch there, 48.5 MB in six clocks. */
    private void iterStore(Report report) throws Exception {
        var ratings = Generated.of(20_000, 4_000, 200_000, 8, 0.5, 0.8, 1).ratings();
        var options = new FactorOptions(500, 8, 0.03f, 1, 0.0001f, FactorOptions.Method.ADA_REVISION);
        var cpu = new ArrayList<Long>();
        var squares = new ArrayList<Double>();
        new MatrixFactorization(options)
                .prepare(ratings, Optional.empty(), Run.local(2).listening(event -> {
                    if (event instanceof RunEvent.CutReached cut) {
                        cpu.add(Cpu.nanos());
                        squares.add(cut.metrics().getOrDefault("train.mse", Double.NaN) * ratings.size());
                    }
                }))
                .run();
        var epochs = new ArrayList<Double>();
        for (int e = 2; e < cpu.size(); e++) {
            epochs.add((cpu.get(e) - cpu.get(e - 1)) / 1e9);
        }
        report.row(
                String.format(
                        Locale.ROOT,
                        "20,000 x 4,000, 200,000 ratings, rank 500, AdaRevision, 2 workers: %.3f CPU-s an epoch, squared"
                                + " error by epoch %s",
                        Figure.median(epochs),
                        squares.stream()
                                .map(s -> String.format(Locale.ROOT, "%.0f", s))
                                .toList()),
                "name",
                "20,000 x 4,000, rank 500, AdaRevision",
                "cpuSecondsPerEpoch",
                Figure.median(epochs),
                "squaredErrors",
                squares);
    }

    private void speed(Ratings train, List<Figure> figures) throws Exception {
        var bare = new ArrayList<Double>();
        var ours = new ArrayList<Double>();
        var wallOne = new ArrayList<Double>();
        var wallTwo = new ArrayList<Double>();
        double updates = train.size() / 1e6;
        var plain = new PlainFactors(train, 64);
        for (int run = -1; run < runs; run++) {
            double ofBare = Cpu.seconds(plain::pass);
            var one = measure(train, 1);
            var two = measure(train, 2);
            if (run >= 0) {
                bare.add(updates / ofBare);
                ours.add(updates / one.cpu());
                wallOne.add(one.wall());
                wallTwo.add(two.wall());
            }
        }
        figures.add(Figure.more(
                "mf, rank 64, one worker",
                "M updates/CPU-s",
                Figure.median(ours),
                Figure.median(bare),
                "bare loop over arrays",
                runs,
                "CPU time of a pass once a run is under way; all JVM threads count"));
        figures.add(Figure.less(
                "mf, a pass, two workers",
                "s",
                Figure.median(wallTwo),
                Figure.median(wallOne),
                "one worker",
                runs,
                "wall time depends on who else uses the machine"));
    }

    /** A pass, in the mean of those after the first. */
    private static BetweenCuts.Seconds measure(Ratings train, int workers) throws Exception {
        var cuts = new BetweenCuts();
        var options = new FactorOptions(64, 4, 0.01f, 0.9f, 0.05f, FactorOptions.Method.SGD);
        new MatrixFactorization(options)
                .prepare(train, Optional.empty(), Run.local(workers).listening(cuts))
                .run();
        return cuts.each(1);
    }
}
