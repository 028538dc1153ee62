package orrery.bench.stages;

import java.util.Arrays;
import orrery.bench.Cpu;
import orrery.bench.Neighbours;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.wire.Faults;

/** What it saves that the workers of a process push together: two processes, two workers each, a model that all change. */
final class Joint {
    static final int ROWS = 1_000_000;
    private static final int CLOCKS = 30;

    private Joint() {}

    /** Megabytes that this process sends a clock, and its CPU milliseconds. All processes of the crew call this. */
    static double[] run(boolean isApart) throws Exception {
        try (var nodes = new Neighbours(Faults.NONE)) {
            var ssp = new Consistency.Ssp(0);
            nodes.create(TableSpec.dense("model", ROWS, 1).with(ssp));
            if (isApart) { // beside a table that does not add up, each worker of a group pushes alone
                nodes.create(TableSpec.dense("rates", 2, 1).with(ssp).with(new UpdateRule.AdaGrad(1)));
            }
            long before = nodes.bytesSent();
            double cpu = Cpu.seconds(() -> nodes.run(4, (session, node) -> {
                var model = node.table("model");
                var change = new float[ROWS];
                var rows = new int[ROWS];
                Arrays.setAll(rows, i -> i);
                Arrays.fill(change, 1e-3f);
                for (int clock = 0; clock < CLOCKS; clock++) {
                    session.view(model).get(0, 0);
                    session.outbox(model).addScaled(1, rows, change, 0, ROWS);
                    session.tick();
                }
            }));
            return new double[] {(nodes.bytesSent() - before) / 1e6 / CLOCKS, 1e3 * cpu / CLOCKS};
        }
    }
}
