package orrery.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import orrery.table.Node;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

/** Here, not in table, because a module of ours would have to read the JVM's management for it. */
final class AllocationTest {
    @Test
    void aSessionAllocatesNothingInTheSteadyState() {
        var node = new Node();
        var dense = node.create(
                TableSpec.dense("w", 5000, 1).with(new UpdateRule.AdaGrad(1)).with(new Consistency.Ssp(1)));
        var sparse = node.create(TableSpec.sparse("s", 4).with(new Consistency.Ssp(1)));
        node.begin(1, 0, Duration.ofSeconds(10));
        var session = node.session(0);
        var keys = new long[200];
        var rows = new int[200];
        Arrays.setAll(keys, i -> i * 7 % 5000);
        Arrays.setAll(rows, i -> i * 7 % 5000);
        var values = new float[800];
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = 0;
        int clocks = 20_000;
        for (int clock = 0; clock < clocks; clock++) {
            if (clock == clocks / 2) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            session.gather(dense, keys, values);
            session.outbox(dense).addScaled(2, rows, values, 0, 200);
            session.view(dense).dot(rows, values, 0, 200);
            session.gather(sparse, keys, values);
            session.add(sparse, keys, values);
            session.tick();
        }
        long perClock = (threads.getCurrentThreadAllocatedBytes() - before) / (clocks / 2);
        assertThat(perClock).isZero();
    }
}
