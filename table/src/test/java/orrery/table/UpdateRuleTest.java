package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import orrery.table.spec.Consistency;
import orrery.table.spec.RateSchedule;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

/** Every rule against its formula in doubles, cell by cell, by every way into a table. */
final class UpdateRuleTest {
    private static final int ROWS = 700;
    private static final int CLOCKS = 12;

    static Stream<UpdateRule> rules() {
        return Stream.of(
                new UpdateRule.Add(),
                new UpdateRule.Sgd(0.1f),
                new UpdateRule.Sgd(0.1f, 0.02f, 0.3f),
                new UpdateRule.Momentum(0.1f, 0.9f, 0.01f),
                new UpdateRule.AdaGrad(0.3f),
                new UpdateRule.AdaGrad(0.3f, 1, 0.01f, 0.1f),
                new UpdateRule.AdaRevision(0.4f),
                new UpdateRule.Adam(0.05f),
                new UpdateRule.Adam(0.05f, 0.8f, 0.95f, 1e-6f, 0.1f),
                new UpdateRule.Ftrl(0.5f, 1, 0.02f, 0.1f),
                new UpdateRule.Decaying(new UpdateRule.Sgd(0.1f), CLOCKS),
                new UpdateRule.Decaying(new UpdateRule.Sgd(0.1f, 0.02f, 0.3f), CLOCKS),
                new UpdateRule.Decaying(new UpdateRule.Momentum(0.1f, 0.9f, 0.01f), CLOCKS),
                new UpdateRule.Decaying(new UpdateRule.AdaGrad(0.3f), CLOCKS),
                new UpdateRule.Decaying(new UpdateRule.AdaGrad(0.3f, 1, 0.01f, 0.1f), CLOCKS),
                new UpdateRule.Decaying(new UpdateRule.AdaRevision(0.4f), CLOCKS),
                new UpdateRule.Decaying(new UpdateRule.Sgd(0.1f), new RateSchedule.Cosine(CLOCKS)),
                new UpdateRule.Decaying(new UpdateRule.Momentum(0.1f, 0.9f, 0), new RateSchedule.Steps(2, 0.5)),
                new UpdateRule.Decaying(new UpdateRule.AdaGrad(0.3f), new RateSchedule.Inverse(0.1, 0.75)),
                new UpdateRule.Decaying(new UpdateRule.Adam(0.05f), 2 * CLOCKS));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void denseTables(UpdateRule rule) {
        for (int width : new int[] {1, 3, 20}) {
            check(TableSpec.dense("w", ROWS, width).with(rule), rule, width);
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void sparseTables(UpdateRule rule) {
        for (int width : new int[] {1, 3, 20}) {
            check(TableSpec.sparse("w", width).with(rule), rule, width);
        }
    }

    private static void check(TableSpec spec, UpdateRule rule, int width) {
        for (var consistency : List.of(new Consistency.Bsp(), new Consistency.Ssp(2), new Consistency.Asp())) {
            var node = new Node();
            var table = node.create(spec.with(consistency));
            node.begin(1, 0, Sessions.LIMIT);
            var session = node.session(0);
            var random = new SplittableRandom(17);
            var oracle = new Oracle(rule, width);
            for (int clock = 0; clock < CLOCKS; clock++) {
                var keys = random.longs(40, 0, ROWS).distinct().toArray();
                var gradient = new float[keys.length * width];
                for (int i = 0; i < gradient.length; i++) {
                    gradient[i] = (float) random.nextGaussian();
                }
                session.add(table, keys, gradient);
                session.tick();
                oracle.clock(keys, gradient);
            }
            var row = new float[width];
            for (int r = 0; r < ROWS; r++) {
                session.row(table, r, row);
                for (int c = 0; c < width; c++) {
                    assertThat(row[c]).isCloseTo((float) oracle.w[r * width + c], within(2e-4f));
                }
            }
        }
    }

    /** The formulas, as the papers and the rules' own documentation give them. */
    private static final class Oracle {
        final UpdateRule rule;
        UpdateRule now; // at the rate of the clock under way
        long clocks;
        final int width;
        final double[] w, a, b, c, d;
        final int[] steps = new int[ROWS];

        Oracle(UpdateRule rule, int width) {
            this.rule = rule;
            now = rule;
            this.width = width;
            int n = ROWS * width;
            w = new double[n];
            a = new double[n];
            b = new double[n];
            c = new double[n];
            d = new double[n];
        }

        void clock(long[] keys, float[] gradient) {
            if (rule instanceof UpdateRule.Decaying decaying) {
                double left = switch (decaying.schedule()) {
                    case RateSchedule.Linear(long all) -> 1 - (double) clocks / all;
                    case RateSchedule.Cosine(long all) -> (1 + Math.cos(Math.PI * clocks / all)) / 2;
                    case RateSchedule.Steps(long every, double factor) -> Math.pow(factor, clocks / every);
                    case RateSchedule.Inverse(double gamma, double power) -> 1 / Math.pow(1 + gamma * clocks, power);
                };
                now = decaying.rule().withRate((float) (decaying.rate() * left));
            }
            clocks++;
            System.arraycopy(c, 0, d, 0, c.length); // AdaRevision: sumOld := sum, on all rows
            for (int k = 0; k < keys.length; k++) {
                int row = (int) keys[k];
                steps[row]++;
                for (int j = 0; j < width; j++) {
                    cell(row * width + j, gradient[k * width + j], steps[row]);
                }
            }
        }

        private static double shrink(double x, double by) {
            return Math.signum(x) * Math.max(0, Math.abs(x) - by);
        }

        private void cell(int i, double g, int step) {
            switch (now) {
                case UpdateRule.Decaying _ -> throw new IllegalStateException();
                case UpdateRule.Add() -> w[i] += g;
                case UpdateRule.Sgd(float rate, float l1, float l2) ->
                    w[i] = shrink(w[i] - rate * (g + l2 * w[i]), rate * l1);
                case UpdateRule.Momentum(float rate, float momentum, float l2) -> {
                    a[i] = momentum * a[i] + g + l2 * w[i];
                    w[i] -= rate * a[i];
                }
                case UpdateRule.AdaGrad(float rate, float damping, float l1, float l2) -> {
                    double x = g + l2 * w[i];
                    a[i] += x * x;
                    double eta = rate / Math.sqrt(a[i] + damping);
                    w[i] = shrink(w[i] - eta * x, eta * l1);
                }
                case UpdateRule.AdaRevision(float rate) -> {
                    double x = -g;
                    double back = c[i] - d[i];
                    double etaOld = rate / Math.sqrt(b[i] + 1);
                    a[i] += x * x + 2 * x * back;
                    b[i] = Math.max(a[i], b[i]);
                    double eta = rate / Math.sqrt(b[i] + 1);
                    w[i] += eta * x + (eta - etaOld) * back;
                    c[i] += x;
                }
                case UpdateRule.Adam(float rate, float beta1, float beta2, float damping, float l2) -> {
                    double x = g + l2 * w[i];
                    a[i] = beta1 * a[i] + (1 - beta1) * x;
                    b[i] = beta2 * b[i] + (1 - beta2) * x * x;
                    double mean = a[i] / (1 - Math.pow(beta1, step));
                    double square = b[i] / (1 - Math.pow(beta2, step));
                    w[i] -= rate * mean / (Math.sqrt(square) + damping);
                }
                case UpdateRule.Ftrl(float alpha, float beta, float l1, float l2) -> {
                    double sigma = (Math.sqrt(b[i] + g * g) - Math.sqrt(b[i])) / alpha;
                    a[i] += g - sigma * w[i];
                    b[i] += g * g;
                    w[i] = Math.abs(a[i]) <= l1
                            ? 0
                            : -(a[i] - Math.signum(a[i]) * l1) / ((beta + Math.sqrt(b[i])) / alpha + l2);
                }
            }
        }
    }

    /** The part of AdaRevision that AdaGrad lacks: two workers' gradients of one clock, the second computed without the first. */
    @Test
    void adaRevisionCorrectsForGradientsThatItsWorkerHadNotSeen() {
        var node = new Node();
        var table = node.create(
                TableSpec.dense("w", 1, 1).with(new UpdateRule.AdaRevision(1)).with(new Consistency.Bsp()));
        Sessions.run(node, 2, session -> {
            session.outbox(table).addCell(0, 0, session.worker() == 0 ? -2 : -3);
            session.tick();
        });
        // first: z = 4, eta = 1/sqrt(5), w = 2/sqrt(5); second: b = 2, z = 4 + 9 + 12 = 25, eta = 1/sqrt(26)
        double first = 2 / Math.sqrt(5);
        double second = 3 / Math.sqrt(26) + (1 / Math.sqrt(26) - 1 / Math.sqrt(5)) * 2;
        assertThat(node.values(table)[0]).isCloseTo((float) (first + second), within(1e-6f));
    }

    @Test
    void aRuleSeesOneMergedUpdatePerWorkerClockAndRow() {
        var node = new Node();
        var merged = node.create(
                TableSpec.dense("w", 4, 1).with(new UpdateRule.AdaGrad(1)).with(new Consistency.Asp()));
        node.begin(1, 0, Sessions.LIMIT);
        var session = node.session(0);
        session.add(merged, new long[] {1, 1, 1}, new float[] {1, 2, 3});
        session.add(merged, new long[] {1}, new float[] {4});
        session.tick();
        assertThat(session.view(merged).get(1, 0)).isCloseTo(-1, within(1e-6f)); // one step of size 1, not four
    }

    @Test
    void rulesRefuseWhatTheyCannotMean() {
        assertThatThrownBy(() -> new UpdateRule.Sgd(0)).hasMessage("sgd: rate must be above 0, got 0.0");
        assertThatThrownBy(() -> new UpdateRule.Momentum(1, 1, 0))
                .hasMessage("momentum: momentum must be at least 0 and below 1, got 1.0");
        assertThatThrownBy(() -> new UpdateRule.Ftrl(1, 1, -1, 0)).hasMessage("ftrl: l1 must be 0 or more, got -1.0");
        assertThatThrownBy(() -> new UpdateRule.AdaGrad(Float.NaN))
                .hasMessage("adagrad: rate must be above 0, got NaN");
    }

    @Test
    void planesAreNamedOnce() {
        rules().forEach(rule -> {
            var names = rule.planes().stream().map(UpdateRule.Plane::name).toList();
            assertThat(names).doesNotHaveDuplicates();
        });
    }
}
