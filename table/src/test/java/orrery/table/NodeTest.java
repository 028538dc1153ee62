package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import orrery.store.Storage;
import orrery.table.hold.ServerFunction;
import orrery.table.spec.Consistency;
import orrery.table.spec.Init;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

final class NodeTest {
    @TempDir
    Path folder = Path.of("");

    private static Node node(UpdateRule rule) {
        var node = new Node();
        node.create(TableSpec.dense("dense", 3000, 3).with(rule));
        node.create(TableSpec.sparse("sparse", 2).with(rule));
        node.create(TableSpec.sparse("counts", 4).ofInts());
        return node;
    }

    private static void work(Node node, long from, long to) {
        Sessions.run(node, 3, from, Sessions.LIMIT, session -> {
            for (long clock = from; clock < to; clock++) {
                var random = new SplittableRandom(clock * 31 + session.worker());
                var keys = random.longs(50, 0, 3000).distinct().toArray();
                var values = new float[keys.length * 3];
                session.gather(node.tables().get(0), keys, values);
                for (int i = 0; i < values.length; i++) {
                    values[i] += (float) random.nextGaussian();
                }
                session.add(node.tables().get(0), keys, values);
                session.add(node.tables().get(1), keys, Arrays.copyOf(values, keys.length * 2));
                session.add(node.tables().get(2), keys, new int[keys.length * 4]);
                session.tick();
            }
        });
    }

    /** Half the clocks, saved, loaded elsewhere, the other half: the same bits as without a break. */
    @RepeatedTest(6)
    void stateIsKeptToTheLastBit(RepetitionInfo seed) throws IOException {
        UpdateRule rule = java.util.List.of(
                        new UpdateRule.Add(),
                        new UpdateRule.AdaGrad(0.1f),
                        new UpdateRule.Adam(0.1f),
                        new UpdateRule.AdaRevision(0.1f),
                        new UpdateRule.Ftrl(0.1f, 1, 0.1f, 0),
                        new UpdateRule.Momentum(0.1f, 0.5f, 0))
                .get(seed.getCurrentRepetition() - 1);
        var whole = node(rule);
        work(whole, 0, 20);
        var first = node(rule);
        work(first, 0, 10);
        var storage = Storage.local(folder);
        first.save(storage, "cut");
        var second = node(rule);
        second.load(storage, "cut");
        work(second, 10, 20);
        assertThat(second.values(second.tables().get(0)))
                .containsExactly(whole.values(whole.tables().get(0)));
        var keys = new long[3000];
        Arrays.setAll(keys, i -> i);
        var a = new float[6000];
        var b = new float[6000];
        whole.begin(1, 20, Sessions.LIMIT);
        second.begin(1, 20, Sessions.LIMIT);
        whole.session(0).gather(whole.tables().get(1), keys, a);
        second.session(0).gather(second.tables().get(1), keys, b);
        assertThat(b).containsExactly(a);
    }

    @Test
    void anotherTablesStateIsRefused() throws IOException {
        var node = new Node();
        node.create(TableSpec.dense("w", 10, 1));
        node.save(Storage.local(folder), "cut");
        var other = new Node();
        other.create(TableSpec.dense("w", 11, 1));
        assertThatThrownBy(() -> other.load(Storage.local(folder), "cut"))
                .hasMessageContaining("w.table.safetensors: was saved as")
                .hasMessageContaining("rows=10")
                .hasMessageContaining("rows=11");
    }

    @Test
    void underBspValuesDependOnUpdatesAlone() {
        for (int workers : new int[] {2, 5}) {
            float[] before = null;
            for (int repetition = 0; repetition < 5; repetition++) {
                var node = new Node();
                var table = node.create(TableSpec.dense("w", 200_000, 1).with(new UpdateRule.AdaGrad(0.1f)));
                Sessions.run(node, workers, session -> {
                    var random = new SplittableRandom(session.worker());
                    for (int clock = 0; clock < 30; clock++) {
                        var view = session.view(table);
                        var outbox = session.outbox(table);
                        for (int i = 0; i < 500; i++) {
                            int row = random.nextInt(200_000);
                            outbox.addCell(row, 0, view.get(row, 0) + (float) random.nextGaussian());
                        }
                        session.tick();
                    }
                });
                var values = node.values(table);
                if (before != null) {
                    assertThat(values).containsExactly(before);
                }
                before = values;
            }
        }
    }

    @Test
    void specsSayWhatIsWrong() {
        assertThatThrownBy(() -> TableSpec.dense("a b", 1, 1)).hasMessageContaining("a table's name");
        assertThatThrownBy(() -> TableSpec.dense("w", 0, 1)).hasMessage("table 'w' must have 1 row or more, got 0");
        assertThatThrownBy(() -> TableSpec.dense("w", 1, 0))
                .hasMessage("table 'w' must have 1 to 1048576 columns, got 0");
        assertThatThrownBy(() -> TableSpec.dense("w", 1, 1).ofInts().with(new UpdateRule.Sgd(1)))
                .hasMessageContaining("holds ints, which only add");
        assertThatThrownBy(() ->
                        TableSpec.dense("w", 1, 1).with(new Init.Constant(1)).with(new UpdateRule.Ftrl(1, 1, 0, 0)))
                .hasMessageContaining("starts at zero");
        assertThatThrownBy(() -> new Consistency.Ssp(-1)).hasMessage("staleness must be 0 or more, got -1");
        assertThatThrownBy(() -> Consistency.parse("ssp"))
                .hasMessageContaining(
                        "bsp, ssp:STALENESS (such as ssp:3), essp:STALENESS, sparse-ssp:STALENESS:SPECULATION, local:STEPS, rotating, rotating:BLOCKS or asp, got 'ssp'");
    }

    @Test
    void firstValuesAreAFunctionOfTheCell() {
        var uniform = new Init.Uniform(7, -2, 3);
        var normal = new Init.Normal(7, 5, 2);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < 20_000; i++) {
            assertThat(uniform.at(i, 1)).isBetween(-2f, 3f).isEqualTo(uniform.at(i, 1));
            double x = normal.at(i, 3);
            sum += x;
            squares += (x - 5) * (x - 5);
        }
        assertThat(sum / 20_000).isBetween(4.95, 5.05);
        assertThat(Math.sqrt(squares / 20_000)).isBetween(1.95, 2.05);
    }

    @Test
    void theNormOfASparseTableIsTheSameOnEveryRun() {
        Double before = null;
        for (int repetition = 0; repetition < 6; repetition++) {
            var node = new Node();
            var table = node.create(TableSpec.sparse("w", 3));
            Sessions.run(node, 3, session -> {
                var random = new SplittableRandom(session.worker());
                for (int clock = 0; clock < 10; clock++) {
                    var keys = random.longs(3000, 0, 5000).toArray();
                    var values = new float[9000];
                    for (int i = 0; i < values.length; i++) {
                        values[i] = (float) random.nextGaussian();
                    }
                    session.add(table, keys, values);
                    session.tick();
                }
            });
            double norm = node.call(new ServerFunction.Norm(table));
            if (before != null) {
                assertThat(norm).isEqualTo(before);
            }
            before = norm;
        }
    }

    @Test
    void aTableThatWorkersCreateIsLoadedWhenTheyDo() throws IOException {
        var spec = TableSpec.dense("late", 4, 1).with(new Init.Constant(3));
        var node = new Node();
        node.create(spec);
        node.save(Storage.local(folder), "cut");
        var other = new Node();
        other.load(Storage.local(folder), "cut");
        other.begin(1, 7, Sessions.LIMIT);
        assertThat(other.values(other.create(spec))).containsOnly(3);
    }
}
