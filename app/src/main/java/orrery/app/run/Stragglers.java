package orrery.app.run;

import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import orrery.engine.Job;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;

/**
 * How long workers of uneven speed take under a consistency. Computing is emulated by parking, so that 8 workers fit on
 * any machine: 3 ms give or take 5 %, in 2 % of the clocks five times that. Reads, adds and ticks are real.
 */
public final class Stragglers {
    private static final int WORKERS = 8;
    private static final int CLOCKS = 300;
    private static final double CLOCK_NANOS = 3e6;

    private Stragglers() {}

    /** What was measured. */
    public record Measured(double seconds, double waitingShare) {}

    public static Measured measure(Consistency consistency, long seed) throws IOException {
        var spec = TableSpec.dense("progress", WORKERS, 1).with(consistency);
        var stage = new Stage("uneven", CLOCKS, worker -> {
            var table = worker.session().create(spec);
            var key = new long[] {worker.index()};
            var one = new float[] {1};
            return (session, clock) -> {
                session.view(table).get(worker.index(), 0); // waits as the consistency has it
                compute(new SplittableRandom(seed * 31 + clock * WORKERS + worker.index()));
                session.add(table, key, one);
            };
        });
        var waited = new double[1];
        var outcome = new Job("stragglers", List.of(spec), List.of(stage))
                .run(Run.local(WORKERS).with(consistency).listening(event -> {
                    if (event instanceof orrery.engine.event.RunEvent.StageEnded ended) {
                        waited[0] = ended.waited().stream()
                                        .mapToLong(java.time.Duration::toNanos)
                                        .sum()
                                / 1e9;
                    }
                }));
        double seconds = outcome.elapsed().toNanos() / 1e9;
        return new Measured(seconds, waited[0] / (WORKERS * seconds));
    }

    private static void compute(SplittableRandom random) {
        double factor = (1 + 0.05 * random.nextGaussian()) * (random.nextDouble() < 0.02 ? 5 : 1);
        long end = System.nanoTime() + (long) (CLOCK_NANOS * factor);
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
