package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import orrery.table.hold.ServerFunction;
import orrery.table.hold.Table;
import orrery.table.spec.Consistency;
import orrery.table.spec.Init;
import orrery.table.spec.NonFiniteUpdateException;
import orrery.table.spec.TableSpec;
import orrery.table.spec.Update;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;

final class SessionTest {
    private Node node = new Node();

    @BeforeEach
    void begin() {
        node = new Node();
    }

    private Session one(TableSpec... specs) {
        for (var spec : specs) {
            node.create(spec);
        }
        node.begin(1, 0, Sessions.LIMIT);
        return node.session(0);
    }

    private Table table(String name) {
        var table = node.find(name);
        assertThat(table).isNotNull();
        return java.util.Objects.requireNonNull(table);
    }

    @Test
    void aViewEndsWithItsClock() {
        var session = one(TableSpec.dense("w", 10, 1));
        var view = session.view(table("w"));
        assertThat(view.get(3, 0)).isZero();
        session.tick();
        assertThatThrownBy(() -> view.get(3, 0))
                .hasMessage("a view of table 'w' was read after its tick; take a new one at each clock");
    }

    @Test
    void rowsOutsideTheTableAreNamed() {
        var session =
                one(TableSpec.dense("w", 10, 1), TableSpec.dense("m", 10, 2).with(new Consistency.Asp()));
        var asp = table("m");
        assertThatThrownBy(() -> session.gather(table("w"), new long[] {1, 10}, new float[2]))
                .hasMessage("table 'w' has rows 0 to 9, asked for row 10");
        assertThatThrownBy(() -> session.add(asp, new long[] {-1}, new float[2]))
                .hasMessage("table 'm' has rows 0 to 9, asked for row -1");
        assertThatThrownBy(() -> session.gather(table("w"), new long[] {(1L << 32) + 5}, new float[1]))
                .hasMessage("table 'w' has rows 0 to 9, asked for row 4294967301");
        assertThatThrownBy(() -> session.view(table("w")).dot(new int[] {2, 12}, new float[2], 0, 2))
                .hasMessage("a view of rows 0 to 9 of table 'w' was asked for row 12");
        assertThatThrownBy(() -> session.outbox(table("w")).addScaled(1, new int[] {11}, new float[1], 0, 1))
                .hasMessage("table 'w' has rows 0 to 9, asked for row 11");
    }

    @Test
    void arraysThatAreTooShortAreRefused() {
        var session = one(TableSpec.dense("m", 10, 3));
        assertThatThrownBy(() -> session.gather(table("m"), new long[] {1, 2}, new float[5]))
                .hasMessage("2 rows of table 'm' have 6 values, the array has room for 5");
        assertThatThrownBy(() -> session.add(table("m"), new long[] {1}, new float[2]))
                .hasMessage("1 rows of table 'm' have 3 values, the array has room for 2");
    }

    @Test
    void floatsAndIntsAreNotMixedUp() {
        var session = one(TableSpec.dense("n", 10, 1).ofInts(), TableSpec.dense("w", 10, 1));
        assertThatThrownBy(() -> session.gather(table("n"), new long[] {1}, new float[1]))
                .hasMessage("table 'n' holds ints; use an int[]");
        assertThatThrownBy(() -> session.add(table("w"), new long[] {1}, new int[1]))
                .hasMessage("table 'w' holds floats; use a float[]");
    }

    @Test
    void underBspAnUpdateIsSeenByNobodyBeforeTheTick() {
        var session = one(TableSpec.dense("w", 10, 1));
        session.add(table("w"), new long[] {3}, new float[] {5});
        assertThat(session.view(table("w")).get(3, 0)).isZero();
        session.tick();
        assertThat(session.view(table("w")).get(3, 0)).isEqualTo(5);
    }

    @Test
    void underSspOwnAddsAreSeenAtOnce() {
        var session = one(TableSpec.dense("w", 10, 1).with(new Consistency.Ssp(1)));
        session.add(table("w"), new long[] {3}, new float[] {5});
        assertThat(session.view(table("w")).get(3, 0)).isEqualTo(5);
    }

    @Test
    void notANumberIsRefusedWholeAndNamed() {
        for (var consistency : new Consistency[] {new Consistency.Bsp(), new Consistency.Asp()}) {
            node = new Node();
            var session = one(TableSpec.dense("w", 10, 2).with(consistency));
            assertThatThrownBy(() -> {
                        session.add(table("w"), new long[] {3, 4}, new float[] {1, 1, 1, Float.NaN});
                        session.tick();
                    })
                    .isInstanceOf(NonFiniteUpdateException.class)
                    .hasMessageStartingWith("table 'w': the update for row 4, column 1 is NaN");
            assertThat(node.values(table("w"))).containsOnly(0);
            assertThat(node.refusedUpdates()).isEqualTo(1);
        }
    }

    @Test
    void aTableMayDropWhatIsNotANumber() {
        for (var consistency : new Consistency[] {new Consistency.Bsp(), new Consistency.Asp()}) {
            node = new Node();
            var session = one(TableSpec.dense("w", 10, 1).with(consistency).with(TableSpec.NonFinite.DROP));
            session.add(table("w"), new long[] {3, 4}, new float[] {1, Float.POSITIVE_INFINITY});
            session.tick();
            session.add(table("w"), new long[] {3}, new float[] {7});
            session.tick();
            assertThat(session.view(table("w")).get(3, 0)).isEqualTo(7);
            assertThat(node.refusedUpdates()).isEqualTo(1);
        }
    }

    @Test
    void countsThatNoIntCanHoldAreAnError() {
        var session = one(TableSpec.dense("n", 10, 2).ofInts().with(new Consistency.Asp()));
        session.add(table("n"), new long[] {5}, new int[] {Integer.MAX_VALUE, 1});
        assertThatThrownBy(() -> session.add(table("n"), new long[] {5}, new int[] {1, 1}))
                .hasMessage("table 'n': row 5, column 0 would be 2147483648, which no int can hold");
    }

    @Test
    void countsAddUpUnderEveryConsistency() {
        for (var spec : new TableSpec[] {
            TableSpec.dense("n", 64, 2).ofInts(), TableSpec.sparse("n", 2).ofInts()
        }) {
            for (var consistency :
                    new Consistency[] {new Consistency.Bsp(), new Consistency.Ssp(1), new Consistency.Asp()}) {
                node = new Node();
                var table = node.create(spec.with(consistency));
                Sessions.run(node, 3, session -> {
                    for (int clock = 0; clock < 50; clock++) {
                        session.add(table, new long[] {clock, 7, clock}, new int[] {1, 2, 10, 20, 1, 2});
                        session.tick();
                    }
                });
                node.begin(1, 50, Sessions.LIMIT);
                var counts = new int[4];
                node.session(0).gather(table, new long[] {7, 3}, counts);
                assertThat(counts).containsExactly(3 * (50 * 10 + 2), 3 * (50 * 20 + 4), 6, 12);
            }
        }
    }

    @Test
    void aSparseTableHasMemoryForWhatWasWritten() {
        var init = new Init.Uniform(3, -1, 1);
        var session = one(TableSpec.sparse("w", 2).with(init).with(new Consistency.Asp()));
        var out = new float[2];
        session.row(table("w"), Long.MIN_VALUE, out);
        assertThat(out).containsExactly(init.at(Long.MIN_VALUE, 0), init.at(Long.MIN_VALUE, 1));
        assertThat(table("w").residentRows()).isZero();
        session.add(table("w"), new long[] {Long.MAX_VALUE}, new float[] {1, 2});
        session.row(table("w"), Long.MAX_VALUE, out);
        assertThat(out[1]).isEqualTo(init.at(Long.MAX_VALUE, 1) + 2);
        assertThat(table("w").residentRows()).isEqualTo(1);
    }

    /** Dense = sparse = whole rows = single cells = factors: different ways to say the same. */
    @RepeatedTest(30)
    void allKindsOfUpdatesAgree(RepetitionInfo seed) {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        int rows = random.nextInt(1, 300);
        int width = random.nextInt(1, 9);
        var consistency = random.nextBoolean() ? new Consistency.Bsp() : new Consistency.Asp();
        UpdateRule rule = random.nextBoolean() ? new UpdateRule.Add() : new UpdateRule.AdaGrad(0.5f, 1, 0, 0);
        var spec = TableSpec.dense("rows", rows, width).with(consistency).with(rule);
        var session = one(
                spec,
                copy(spec, "cells"),
                copy(spec, "factors"),
                new TableSpec(
                        "sparse",
                        rows,
                        width,
                        spec.type(),
                        TableSpec.Layout.SPARSE,
                        spec.init(),
                        rule,
                        consistency,
                        "default",
                        spec.nonFinite(),
                        null,
                        spec.home(),
                        spec.read(),
                        spec.keys(),
                        spec.route()));
        var u = wholeNumbers(random, rows);
        var v = wholeNumbers(random, width);
        var keys = new long[rows];
        var cells = new long[rows * width];
        var product = new float[rows * width];
        for (int i = 0; i < rows * width; i++) {
            keys[i / width] = i / width;
            cells[i] = i;
            product[i] = u[i / width] * v[i % width];
        }
        session.add(table("rows"), new Update.Dense(keys, product));
        session.add(table("sparse"), new Update.Dense(keys, product));
        session.add(table("cells"), new Update.Sparse(cells, product));
        session.add(table("factors"), new Update.Factors(u, v));
        session.tick();
        var expected = node.values(table("rows"));
        assertThat(firstDifference(node.values(table("cells")), expected)).isEqualTo(-1);
        assertThat(firstDifference(node.values(table("factors")), expected)).isEqualTo(-1);
        var gathered = new float[rows * width];
        session.gather(table("sparse"), keys, gathered);
        assertThat(firstDifference(gathered, expected)).isEqualTo(-1);
    }

    private static TableSpec copy(TableSpec spec, String name) {
        return new TableSpec(
                name,
                spec.rows(),
                spec.width(),
                spec.type(),
                spec.layout(),
                spec.init(),
                spec.rule(),
                spec.consistency(),
                spec.group(),
                spec.nonFinite(),
                spec.order(),
                spec.home(),
                spec.read(),
                spec.keys(),
                spec.route());
    }

    /** Small whole numbers: their float sums are exact. */
    private static float[] wholeNumbers(SplittableRandom random, int n) {
        var values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextInt(-20, 20);
        }
        return values;
    }

    @RepeatedTest(20)
    void outboxSumsWhatIsAddedToIt(RepetitionInfo seed) {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        int rows = random.nextInt(1, 100_000);
        int width = random.nextBoolean() ? 1 : random.nextInt(2, 30);
        var expected = new float[rows * width];
        var session = one(TableSpec.dense("w", rows, width).with(new Consistency.Ssp(0)));
        for (int clock = 0; clock < 3; clock++) {
            var outbox = session.outbox(table("w"));
            for (int i = 0; i < 50; i++) {
                var at = random.ints(20, 0, rows).toArray();
                var x = wholeNumbers(random, 20);
                var v = wholeNumbers(random, width);
                int from = random.nextInt(20);
                if (width == 1) {
                    outbox.addScaled(v[0], at, x, from, 20);
                } else {
                    outbox.addOuter(at, x, from, 20, v);
                }
                for (int k = from; k < 20; k++) {
                    for (int c = 0; c < width; c++) {
                        expected[at[k] * width + c] += x[k] * v[c];
                    }
                }
            }
            session.tick();
        }
        assertThat(firstDifference(node.values(table("w")), expected)).isEqualTo(-1);
    }

    /** By value: -0 is 0. AssertJ's own takes minutes to say how two large arrays differ. */
    private static int firstDifference(float[] a, float[] b) {
        for (int i = 0; i < Math.max(a.length, b.length); i++) {
            if (a[i] != b[i]) {
                return i;
            }
        }
        return -1;
    }

    @RepeatedTest(20)
    void viewsComputeWhatLoopsCompute(RepetitionInfo seed) {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        int rows = random.nextInt(1, 5000);
        int width = random.nextBoolean() ? 1 : random.nextInt(2, 30);
        var init = new Init.Normal(seed.getCurrentRepetition(), 0, 1);
        var session = one(TableSpec.dense("w", rows, width).with(init));
        var at = random.ints(37, 0, rows).toArray();
        var x = wholeNumbers(random, 37);
        var sum = new double[width];
        for (int k = 5; k < 37; k++) {
            for (int c = 0; c < width; c++) {
                sum[c] += (double) x[k] * init.at(at[k], c);
            }
        }
        var view = session.view(table("w"));
        var into = new float[width];
        view.addRowsTo(into, at, x, 5, 37);
        for (int c = 0; c < width; c++) {
            assertThat((double) into[c]).isCloseTo(sum[c], org.assertj.core.api.Assertions.within(1e-3));
        }
        if (width == 1) {
            assertThat((double) view.dot(at, x, 5, 37)).isCloseTo(sum[0], org.assertj.core.api.Assertions.within(1e-3));
        }
    }

    @Test
    void tablesAreCreatedAndDroppedTogether() {
        var spec = TableSpec.dense("late", 5, 1);
        node.create(TableSpec.dense("first", 1, 1));
        Sessions.run(node, 3, session -> {
            var table = session.create(spec);
            session.add(table, new long[] {session.worker()}, new float[] {1});
            session.tick();
            assertThat(session.view(table).get(2, 0)).isEqualTo(1);
            session.tick();
            session.drop(table);
            assertThatThrownBy(() -> session.view(table)).hasMessageContaining("has no table 'late'");
            session.tick();
        });
        assertThat(node.find("late")).isNull();
        assertThatThrownBy(() -> node.create(spec)) // frames that are late would count for it
                .hasMessage("table 'late' was dropped in this stage; give the next one another name");
        node.begin(3, 0, Duration.ofSeconds(1));
        assertThat(node.create(spec).name()).isEqualTo("late");
    }

    @Test
    void oneNameTwoSchemasIsAnError() {
        node.create(TableSpec.dense("w", 5, 2));
        assertThatThrownBy(() -> node.create(TableSpec.dense("w", 5, 3).with(new Consistency.Ssp(1))))
                .hasMessage("table 'w' exists, but width is 2, asked for 3; consistency is bsp, asked for ssp:1");
    }

    @Test
    void groupsHaveClocksOfTheirOwn() {
        var session = one(
                TableSpec.dense("top", 5, 1).inGroup("top"),
                TableSpec.dense("bottom", 5, 1).inGroup("bottom"));
        session.add(table("top"), new long[] {1}, new float[] {1});
        session.tick("top");
        assertThat(session.clock("top")).isEqualTo(1);
        assertThat(session.clock("bottom")).isZero();
        assertThat(node.values(table("top"))[1]).isEqualTo(1);
        assertThatThrownBy(() -> session.tick("top"))
                .hasMessageContaining("has ticked table group 'top' at clock 0 already");
        session.tick();
        assertThat(session.clock("bottom")).isEqualTo(1);
        assertThat(session.clock("top")).isEqualTo(1);
    }

    @Test
    void serverFunctionsAnswerFromTheShards() {
        var random = new SplittableRandom(5);
        var a = new float[3000];
        for (int i = 0; i < a.length; i++) {
            a[i] = random.nextInt(-50, 50);
        }
        var keys = new long[1000];
        Arrays.setAll(keys, i -> i);
        var session = one(
                TableSpec.dense("a", 1000, 3).with(new Consistency.Asp()),
                TableSpec.dense("b", 1000, 3).with(new Consistency.Asp()).with(new Init.Constant(2)),
                TableSpec.sparse("s", 3).with(new Consistency.Asp()));
        session.add(table("a"), keys, a);
        session.add(table("s"), keys, a);
        double squares = 0;
        double sum = 0;
        for (float x : a) {
            squares += x * x;
            sum += x;
        }
        assertThat(session.call(new ServerFunction.Norm(table("a")))).isEqualTo(Math.sqrt(squares));
        assertThat(session.call(new ServerFunction.Norm(table("s")))).isEqualTo(Math.sqrt(squares));
        assertThat(session.call(new ServerFunction.Dot(table("a"), table("b")))).isEqualTo(2 * sum);
        var top = session.call(new ServerFunction.TopK(table("a"), 1, 5));
        assertThat(session.call(new ServerFunction.TopK(table("s"), 1, 5))).isEqualTo(top);
        var best = Arrays.stream(keys)
                .boxed()
                .sorted(java.util.Comparator.<Long>comparingDouble(k -> -a[(int) (k * 3 + 1)])
                        .thenComparingLong(k -> k))
                .limit(5)
                .toList();
        assertThat(top).extracting(ServerFunction.TopK.Entry::key).isEqualTo(best);
    }

    @Test
    void localStateKeepsItsShape() {
        var session = one(TableSpec.dense("w", 1, 1));
        session.localFloats("momentum", 3)[1] = 5;
        assertThat(session.localFloats("momentum", 3)[1]).isEqualTo(5);
        assertThatThrownBy(() -> session.localFloats("momentum", 4))
                .hasMessage("local state 'momentum' has length 3, asked for 4");
    }

    @Test
    void concurrentWritersLoseNothing() {
        for (var spec :
                new TableSpec[] {TableSpec.dense("w", 1000, 1), TableSpec.sparse("w", 1), TableSpec.dense("w", 1000, 5)
                }) {
            node = new Node();
            var table = node.create(spec.with(new Consistency.Asp()));
            var sent = new ConcurrentHashMap<Integer, Long>();
            Sessions.run(node, 4, session -> {
                var random = new SplittableRandom(session.worker());
                var keys = new long[64];
                var values = new float[64 * spec.width()];
                Arrays.fill(values, 1);
                for (int clock = 0; clock < 2000; clock++) {
                    Arrays.setAll(keys, i -> random.nextInt(1000));
                    session.add(table, keys, values);
                    session.tick();
                }
                sent.put(session.worker(), 2000L * 64);
            });
            node.begin(1, 2000, Sessions.LIMIT);
            var session = node.session(0);
            double sum = 0;
            var row = new float[spec.width()];
            for (int r = 0; r < 1000; r++) {
                session.row(table, r, row);
                sum += row[spec.width() - 1];
            }
            assertThat(sum).isEqualTo(sent.values().stream().mapToLong(x -> x).sum());
        }
    }

    /** A worker that ticks without touching the table must leave alone what it staged the clock before. */
    @Test
    void aClockWithoutAddsDoesNotDisturbWhatIsStaged() {
        for (var spec : new TableSpec[] {TableSpec.sparse("w", 1), TableSpec.dense("w", 20_000, 1)}) {
            for (int repetition = 0; repetition < 5; repetition++) {
                node = new Node();
                var table = node.create(spec);
                var keys = new long[20_000];
                var ones = new float[20_000];
                Arrays.setAll(keys, i -> i);
                Arrays.fill(ones, 1);
                Sessions.run(node, 2, session -> {
                    for (int clock = 0; clock < 20; clock++) {
                        if (clock % 2 == 0 || session.worker() == 1) {
                            session.add(table, keys, ones);
                        }
                        session.tick();
                    }
                });
                node.begin(1, 20, Sessions.LIMIT);
                var values = new float[20_000];
                node.session(0).gather(table, keys, values);
                assertThat(values).containsOnly(30);
            }
        }
    }

    @Test
    void topOfASparseTableMayBeAskedBesideWriters() {
        var table = node.create(TableSpec.sparse("w", 1).with(new Consistency.Asp()));
        Sessions.run(node, 2, session -> {
            var random = new SplittableRandom(session.worker());
            for (int clock = 0; clock < 300; clock++) {
                if (session.worker() == 0) {
                    var top = session.call(new ServerFunction.TopK(table, 0, 3));
                    assertThat(top.size()).isLessThanOrEqualTo(3);
                } else {
                    session.add(table, random.longs(500).toArray(), new float[500]);
                }
                session.tick();
            }
        });
    }
}
