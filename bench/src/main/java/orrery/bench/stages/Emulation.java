package orrery.bench.stages;

import java.util.Optional;
import java.util.function.Consumer;
import orrery.bench.Emulated;
import orrery.data.Loaded;
import orrery.engine.Job;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LogisticRegression;
import orrery.learn.linear.SvrgOptions;

/**
 * SVRG as it is, whose workers are each as fast as a core of a slower machine: a step that has computed parks until as long
 * has passed as {@code nanosPerTouch} for each feature of each example that it touches. So more workers than cores can be
 * at work; what they do to one another (locks, waiting, ticks) is real.
 *
 * @param nanosPerTouch 0 to let the machine be what it is
 */
record Emulation(Loaded data, SvrgOptions options, double nanosPerTouch) {
    private static final int TOUCHES_OF_FULL = 2; // of an example's features: a product, a sum
    private static final int TOUCHES_OF_STEP = 4; // three products, a sum

    /**
     * What a run took.
     *
     * @param seconds until the last stage had ended
     * @param workerSeconds of each stage its seconds times its workers, summed up
     * @param objective after the last epoch but one
     * @param workers of the steps in the last epoch
     */
    record Taken(double seconds, double workerSeconds, double objective, int workers) {}

    Taken run(Parallelism full, Parallelism stochastic) throws Exception {
        var svrg = new LogisticRegression(LinearOptions.defaults())
                .prepare(data, Optional.empty(), options.with(full, stochastic), Run.local(1));
        var listener = new Listener();
        var stages = svrg.job().stages().stream().map(this::slowed).toList();
        var outcome = new Job("emulated", svrg.job().tables(), stages)
                .run(Run.local(1).listening(listener));
        return new Taken(outcome.elapsed().toNanos() / 1e9, listener.workerSeconds, listener.objective, listener.last);
    }

    /** Adds up what stages take. */
    private static final class Listener implements Consumer<RunEvent> {
        double workerSeconds;
        double objective;
        int last;
        private int workers;
        private long since;

        @Override
        public void accept(RunEvent event) {
            switch (event) {
                case RunEvent.StageStarted started -> {
                    since = System.nanoTime();
                    workers = started.workers();
                    if (started.stage().startsWith("stochastic")) {
                        last = workers;
                    }
                }
                case RunEvent.Resized resized -> {
                    account();
                    workers = resized.after();
                    last = workers;
                }
                case RunEvent.StageEnded _ -> account();
                case RunEvent.CutReached cut
                when cut.stage().startsWith("full") ->
                    objective = cut.metrics().get("loss") + cut.metrics().get("penalty");
                default -> {}
            }
        }

        private void account() {
            long now = System.nanoTime();
            workerSeconds += workers * ((now - since) / 1e9);
            since = now;
        }
    }

    private Stage slowed(Stage stage) {
        if (nanosPerTouch == 0 || stage.name().startsWith("fold")) {
            return stage;
        }
        long examples = data.examples().size();
        double perExample = (double) data.examples().nonZeros() / examples * nanosPerTouch;
        boolean isFull = stage.name().startsWith("full");
        return new Stage(
                stage.name(),
                stage.clocks(),
                stage.cutEvery(),
                worker -> {
                    var step = stage.body().open(worker);
                    double mine = isFull
                            ? TOUCHES_OF_FULL * (double) examples / worker.count()
                            : TOUCHES_OF_STEP * (double) options.batch() / worker.count();
                    return (session, clock) -> {
                        long end = System.nanoTime() + (long) (mine * perExample);
                        step.run(session, clock);
                        Emulated.until(end);
                    };
                },
                stage.atCut(),
                stage.parallelism(),
                stage.stopEvery());
    }
}
