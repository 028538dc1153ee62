package orrery.bench.nets;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import orrery.bench.Report;
import orrery.data.Data;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.ReadOptions;
import orrery.deep.net.Net;
import orrery.deep.net.Zoo;
import orrery.deep.train.Course;
import orrery.deep.train.NetLearning;
import orrery.deep.train.NetOptions;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Run;
import orrery.table.spec.Consistency;
import orrery.table.spec.UpdateRule;

/**
 * SparkNet's questions: workers that take some steps on their own before their weights are averaged, by the number of steps and of workers.
 * LeNet on mnist; what differs between rows is the consistency only.
 */
final class LocalSteps {
    private static final int[] WORKERS = {1, 2, 5};
    private static final int[] STEPS = {1, 5, 10, 50};
    private static final int CLOCKS = 500; // steps of each worker
    private static final int EXAMPLES = 16_000; // 250 steps of one worker with batches of 64, 50 of five
    private static final double DUE = 0.97; // accuracy on the training data

    private final int batch;

    LocalSteps(int batch) {
        this.batch = batch;
    }

    private record Look(long clock, double loss, double accuracy, double drift, double seconds) {}

    void table(Report report) throws IOException {
        var data = Data.withDefaults().read("mnist", ReadOptions.defaults());
        var test = Data.withDefaults()
                .readLike("mnist-test", data.schema(), ReadOptions.defaults(), true)
                .examples();
        report.say(
                CLOCKS + " steps of each worker, " + batch + " examples each; two cores, so five workers share them");
        report.say("workers  consistency  loss of the pass to step 250, to 500   drift      steps to " + DUE
                + "   seconds to it   seconds   test accuracy   MB a step, all workers");
        double size = Zoo.net("lenet").parameters() * Float.BYTES / 1e6;
        for (int workers : WORKERS) {
            row(report, data, test, workers, new Consistency.Bsp(), 2 * size * workers);
            for (int steps : STEPS) {
                row(report, data, test, workers, new Consistency.Local(steps), 2 * size * workers / steps);
            }
            row(report, data, test, workers, new Consistency.Ssp(10), 2 * size * workers);
            row(report, data, test, workers, new Consistency.Asp(), 2 * size * workers);
        }
    }

    private void row(Report report, Loaded data, Examples test, int workers, Consistency consistency, double megabytes)
            throws IOException {
        var looks = new ArrayList<Look>();
        Net net = Zoo.net("lenet");
        var all = new Loaded(first(data.examples()), data.schema(), data.reading());
        var options = new NetOptions(
                net,
                CLOCKS * batch * workers / EXAMPLES,
                batch,
                new UpdateRule.Momentum(0.01f, 0.9f, 0),
                new Course.Constant(),
                5e-4f);
        var model = new NetLearning(options)
                .prepare(all, Run.local(workers).with(consistency).listening(event -> {
                    if (event instanceof RunEvent.CutReached cut) {
                        looks.add(new Look(
                                cut.clock(),
                                cut.metrics().getOrDefault("train.loss", Double.NaN),
                                cut.metrics().getOrDefault("train.accuracy", Double.NaN),
                                cut.metrics().getOrDefault("drift", 0.0),
                                cut.elapsed().toNanos() / 1e9));
                    }
                }))
                .run()
                .model();
        double accuracy = model.score(test).getOrDefault("accuracy", Double.NaN);
        var found = looks.stream().filter(look -> look.accuracy() >= DUE).findFirst();
        var losses = List.of(at(looks, looks.size() / 2 - 1, Look::loss), at(looks, looks.size() - 1, Look::loss));
        report.row(
                String.format(
                        Locale.ROOT,
                        "%7d  %-11s  %17.4f %12.4f          %.2e   %8s       %8s     %8.2f       %.4f        %8.2f",
                        workers,
                        consistency,
                        losses.get(0),
                        losses.get(1),
                        at(looks, looks.size() - 1, Look::drift),
                        found.map(look -> String.valueOf(look.clock())).orElse("-"),
                        found.map(look -> String.format(Locale.ROOT, "%.2f", look.seconds()))
                                .orElse("-"),
                        looks.isEmpty() ? 0 : looks.getLast().seconds(),
                        accuracy,
                        megabytes),
                "name",
                "local steps",
                "workers",
                workers,
                "consistency",
                consistency.toString(),
                "losses",
                losses,
                "drift",
                at(looks, looks.size() - 1, Look::drift),
                "stepsTo",
                found.map(Look::clock).orElse(-1L),
                "secondsTo",
                found.map(Look::seconds).orElse(-1.0),
                "testAccuracy",
                accuracy,
                "megabytesAStep",
                megabytes);
    }

    private static double at(List<Look> looks, int place, java.util.function.ToDoubleFunction<Look> of) {
        return place < 0 || place >= looks.size() ? Double.NaN : of.applyAsDouble(looks.get(place));
    }

    private static Examples first(Examples all) {
        var packer = new Examples.Packer();
        var cursor = all.cursor();
        for (int n = 0; n < EXAMPLES; n++) {
            cursor.move(n);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                packer.feature(cursor.indices()[k], cursor.values()[k]);
            }
            packer.example(cursor.label(), cursor.weight());
        }
        return packer.pack(all.features());
    }
}
