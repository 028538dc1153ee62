package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import orrery.table.cells.FloatShard;
import orrery.table.hold.Table;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;
import orrery.wire.Faults;

/** Local steps against their definition, written out. */
@Timeout(60)
final class LocalStepsTest {
    private static final int ROWS = 40;
    private static final int WIDTH = 3;
    private static final int CLOCKS = 24;

    private static float[] update(int worker, long clock) {
        var random = new SplittableRandom(worker * 1000L + clock);
        var update = new float[ROWS * WIDTH];
        for (int row = 0; row < ROWS; row++) {
            for (int c = 0; random.nextInt(3) == 0 && c < WIDTH; c++) {
                update[row * WIDTH + c] = (float) random.nextGaussian();
            }
        }
        return update;
    }

    private static long[] all() {
        var keys = new long[ROWS];
        Arrays.setAll(keys, i -> i);
        return keys;
    }

    /** Each worker descends alone; after each round all go on from the mean by shares. */
    private static float[] due(UpdateRule rule, int steps, double[] shares) {
        var average = new double[ROWS * WIDTH];
        var copies = new ArrayList<FloatShard>();
        var now = new AtomicLong(); // of one who steps alone
        for (int w = 0; w < shares.length; w++) {
            copies.add(new FloatShard(TableSpec.dense("due", ROWS, WIDTH).with(rule), () -> now.get() - 1));
            copies.get(w).beginStage();
        }
        for (long clock = 0; clock < CLOCKS; clock++) {
            now.set(clock);
            for (int w = 0; w < shares.length; w++) {
                var update = update(w, clock);
                for (int row = 0; row < ROWS; row++) {
                    if (!isZero(update, row)) {
                        copies.get(w).apply(row, update, row * WIDTH);
                    }
                }
            }
            if ((clock + 1) % steps == 0) {
                var next = new double[average.length];
                for (int i = 0; i < next.length; i++) {
                    next[i] = average[i];
                    for (int w = 0; w < shares.length; w++) {
                        next[i] += shares[w] * (copies.get(w).values()[0][i] - average[i]);
                    }
                }
                average = next;
                for (var copy : copies) {
                    for (int i = 0; i < next.length; i++) {
                        copy.values()[0][i] = (float) next[i];
                    }
                }
            }
        }
        var result = new float[average.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) average[i];
        }
        return result;
    }

    private static boolean isZero(float[] update, int row) {
        for (int c = 0; c < WIDTH; c++) {
            if (update[row * WIDTH + c] != 0) {
                return false;
            }
        }
        return true;
    }

    private static void work(Session session, Table table, double[] shares) {
        session.share(shares[session.worker()]);
        var values = new float[ROWS * WIDTH];
        var keys = all();
        for (long clock = 0; clock < CLOCKS; clock++) {
            session.gather(table, keys, values);
            assertThat(session.view(table).get(7, 1)).isEqualTo(values[7 * WIDTH + 1]);
            var update = update(session.worker(), clock);
            for (int row = 0; row < ROWS; row++) {
                if (!isZero(update, row)) {
                    session.add(table, new long[] {row}, Arrays.copyOfRange(update, row * WIDTH, (row + 1) * WIDTH));
                }
            }
            session.tick();
        }
    }

    @ParameterizedTest(name = "{0} nodes, {1} steps, {2}")
    @CsvSource({
        "0, 1, sgd",
        "0, 4, sgd",
        "0, 6, adagrad",
        "0, 4, adarevision",
        "1, 3, momentum",
        "2, 1, adagrad",
        "2, 4, sgd",
        "3, 6, adagrad"
    })
    void copiesAreAveragedByShares(int nodes, int steps, String name) {
        var rule = switch (name) {
            case "sgd" -> new UpdateRule.Sgd(0.1f, 0, 0);
            case "momentum" -> new UpdateRule.Momentum(0.1f, 0.9f, 0);
            default -> new UpdateRule.AdaGrad(0.3f, 1, 0, 0);
        };
        var shares = new double[] {0.5, 0.25, 0.125, 0.125};
        var spec = TableSpec.dense("copied", ROWS, WIDTH).with(rule).with(new Consistency.Local(steps));
        var seen = Collections.synchronizedList(new ArrayList<float[]>());
        if (nodes == 0) {
            var node = new Node();
            var table = node.create(spec);
            Sessions.run(node, shares.length, session -> work(session, table, shares));
            seen.add(node.values(table));
        } else {
            try (var many = new Nodes(nodes, Faults.NONE)) {
                many.create(spec);
                many.run(shares.length, (session, node) -> {
                    work(session, node.table("copied"), shares);
                    var values = new float[ROWS * WIDTH];
                    session.gather(node.table("copied"), all(), values);
                    seen.add(values);
                });
            }
        }
        var due = due(rule, steps, shares);
        for (var values : seen) {
            for (int i = 0; i < due.length; i++) {
                assertThat(values[i]).as("cell %d", i).isCloseTo(due[i], within(1e-4f));
            }
        }
    }

    @Test
    void roundsEndWhereTheyAreToldTo() {
        var local = new Consistency.Local(4).within(10);
        for (long clock = 0; clock < 40; clock++) {
            long of = clock % 10;
            assertThat(local.endsAt(clock)).as("clock %d", clock).isEqualTo(of == 3 || of == 7 || of == 9);
            assertThat(local.requiredAge(clock)).isEqualTo(clock - of % 4 - 1);
        }
    }

    /** Averaging every n clocks sends 1/n of the bytes. */
    @Test
    void bytesFallAsStepsRise() {
        var bytes = new ArrayList<Long>();
        for (int steps : List.of(1, 12)) {
            try (var nodes = new Nodes(2, Faults.NONE)) {
                nodes.create(TableSpec.dense("copied", 4000, 8)
                        .with(new UpdateRule.Sgd(0.1f, 0, 0))
                        .with(new Consistency.Local(steps)));
                nodes.run(2, (session, node) -> {
                    var table = node.table("copied");
                    var keys = new long[4000];
                    Arrays.setAll(keys, i -> i);
                    var ones = new float[4000 * 8];
                    Arrays.fill(ones, 1);
                    for (int clock = 0; clock < 24; clock++) {
                        session.view(table);
                        session.add(table, keys, ones);
                        session.tick();
                    }
                });
                bytes.add(nodes.all.stream()
                        .mapToLong(node -> node.traffic().bytesSent())
                        .sum());
            }
        }
        assertThat(bytes.get(0) / (double) bytes.get(1)).isBetween(9.0, 13.0);
    }

    @Test
    void driftIsWhatCopiesDifferBy() {
        var node = new Node();
        var table = node.create(TableSpec.dense("copied", 2, 1)
                .with(new UpdateRule.Sgd(1, 0, 0))
                .with(new Consistency.Local(2)));
        Sessions.run(node, 2, session -> {
            for (int clock = 0; clock < 2; clock++) { // one goes to 2, the other to -2, and the average stays 0
                session.view(table);
                session.add(table, new long[] {0}, new float[] {session.worker() == 0 ? -1 : 1});
                session.tick();
            }
            assertThat(session.view(table).get(0, 0)).isZero();
            assertThat(session.takeDrift()).containsExactly(4, 2);
            assertThat(session.takeDrift()).containsExactly(0, 0);
        });
    }

    @Test
    void whatCannotBeAveragedIsRefused() {
        assertThatThrownBy(() -> TableSpec.dense("s", 3, 1).ofInts().with(new Consistency.Local(2)))
                .hasMessageContaining("local steps are for tables of floats");
        assertThatThrownBy(() -> TableSpec.sparse("s", 1)
                        .with(new orrery.table.spec.UpdateRule.Ftrl(1, 1, 0, 0))
                        .with(new Consistency.Local(2)))
                .hasMessageContaining("not for ftrl");
        assertThatThrownBy(() -> Consistency.parse("local:0")).hasMessage("local steps must be 1 or more, got 0");
    }
}
