package orrery.bench.stages;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import orrery.bench.Neighbours;
import orrery.engine.Job;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Task;
import orrery.table.spec.Consistency;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;
import orrery.table.worker.View;
import orrery.wire.Faults;

/** How long a model is on its way from a stage to the next: handed over as it is, or through tables. */
final class HandOver {
    static final int FLOATS = 10_000_000;
    private static final int WIDTH = 10;
    private static final int STAGES = 6; // the first are of the compiler

    private HandOver() {}

    private static TableSpec spec() {
        return TableSpec.dense("model", FLOATS / WIDTH, WIDTH).with(new Consistency.Asp());
    }

    /** From one stage's last clock to the next one's first, in one JVM: the least of some, in seconds. */
    static double directHere() throws Exception {
        return here(worker -> {
            var model = worker.session().tables().getFirst();
            return (session, clock) -> {
                session.view(model).get(0, 0);
                if (clock == 0) {
                    began.set(System.nanoTime());
                }
            };
        });
    }

    /** The same where each stage's worker has a model of its own, fetched at its begin and written back at its end. */
    static double throughTablesHere() throws Exception {
        return here(worker -> {
            var model = worker.session().tables().getFirst();
            var mine = new float[FLOATS];
            var before = new float[FLOATS];
            return (session, clock) -> {
                if (clock == 0) {
                    copy(session.view(model), mine);
                    System.arraycopy(mine, 0, before, 0, FLOATS);
                    began.set(System.nanoTime());
                }
                if (clock == 1) {
                    ended.set(System.nanoTime());
                    for (int i = 0; i < FLOATS; i++) {
                        mine[i] += 1;
                        before[i] = mine[i] - before[i];
                    }
                    var outbox = session.outbox(model);
                    for (int row = 0; row < FLOATS / WIDTH; row++) {
                        outbox.addRow(row, before, row * WIDTH);
                    }
                }
            };
        });
    }

    private static void copy(View from, float[] to) {
        for (int row = 0; row < FLOATS / WIDTH; row++) {
            from.copyRow(row, to, row * WIDTH);
        }
    }

    private static final AtomicLong began = new AtomicLong();
    private static final AtomicLong ended = new AtomicLong();

    private static double here(Stage.Body body) throws Exception {
        long[] last = {0};
        double[] best = {Double.POSITIVE_INFINITY};
        int[] stages = {0};
        var stage = new Stage("stage", 2, body).with(Parallelism.onOneMember(1));
        ended.set(0);
        new Job("hand-over", List.of(spec().withWorkers()), Task.of(stage).repeat(STAGES))
                .run(Run.local(1).listening(event -> {
                    if (event instanceof RunEvent.StageEnded) {
                        if (++stages[0] > 2) {
                            best[0] = Math.min(best[0], (began.get() - last[0]) / 1e9);
                        }
                        last[0] = ended.get() == 0 ? System.nanoTime() : ended.get();
                    }
                }));
        return best[0];
    }

    /** On two processes of a crew: what takes the model from the one to the other. In seconds; all processes call this. */
    static double direct() throws Exception {
        try (var nodes = new Neighbours(Faults.NONE)) {
            nodes.create(spec().withWorkers());
            nodes.move(new Placement(2, List.of(1, 2), List.of(1)));
            double least = Double.POSITIVE_INFINITY;
            for (int i = 0; i < STAGES; i++) {
                var next = new Placement(3 + i, List.of(1, 2), List.of(i % 2 == 0 ? 2 : 1));
                long start = System.nanoTime();
                int came = nodes.move(next);
                if (came > 0) {
                    least = Math.min(least, (System.nanoTime() - start) / 1e9);
                }
            }
            return least;
        }
    }

    /** The same through a table that both share: pushed by a worker of the first, pulled by one of the second. */
    static double throughTables() throws Exception {
        double[] least = {Double.POSITIVE_INFINITY};
        try (var nodes = new Neighbours(Faults.NONE)) {
            nodes.create(spec().with(new Consistency.Bsp()));
            nodes.run(2, (session, node) -> {
                var model = node.table("model");
                var values = new float[FLOATS];
                for (int i = 0; i < FLOATS; i++) {
                    values[i] = i % 7;
                }
                for (int i = 0; i < STAGES; i++) {
                    session.tick();
                    session.view(model).get(0, 0); // both begin together
                    long start = System.nanoTime();
                    if (session.worker() == 0) {
                        var outbox = session.outbox(model);
                        for (int row = 0; row < FLOATS / WIDTH; row++) {
                            outbox.addRow(row, values, row * WIDTH);
                        }
                    }
                    session.tick();
                    if (session.worker() == 1) {
                        copy(session.view(model), values);
                        least[0] = Math.min(least[0], (System.nanoTime() - start) / 1e9);
                    }
                }
            });
        }
        return Double.isInfinite(least[0]) ? 0 : least[0]; // of the one that pulls
    }
}
