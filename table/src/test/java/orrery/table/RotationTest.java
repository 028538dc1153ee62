package orrery.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import orrery.store.Storage;
import orrery.table.hold.Table;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.worker.Ring;
import orrery.table.worker.Session;
import orrery.wire.Faults;

/** Blocks that rotate are with one worker at a time, see what all have done, and are at home after a lap. */
@Timeout(120)
final class RotationTest {
    private static final int ROWS = 70;
    private static final int WIDTH = 40;
    private static final int BLOCKS = 9;

    @TempDir
    Path folder = Path.of("");

    private static TableSpec counts() {
        return TableSpec.counts("n", ROWS, WIDTH, BLOCKS);
    }

    private static TableSpec floats() {
        return TableSpec.dense("w", ROWS, 3).withWorkers().with(new Consistency.Rotating(BLOCKS));
    }

    /** Goes over laps and changes the counts of each block; the changes of the workers before must be there. */
    private static void laps(Session session, Table table, int laps, AtomicIntegerArray holders) {
        var ring = session.ring(table);
        var random = new SplittableRandom(session.worker());
        for (int lap = 0; lap < laps; lap++) {
            for (int i = 0; i < ring.blocks(); i++) {
                int block = ring.take();
                assertThat(holders.getAndSet(block, session.worker() + 1)).isZero();
                var counts = ring.counts();
                for (int row = 0; row < counts.rows(); row++) {
                    // column 0 counts visits: nobody's is lost
                    int visits = counts.count(row, 0);
                    assertThat(visits / session.workers()).isEqualTo(lap);
                    counts.add(row, 0, 1);
                    counts.add(row, 1 + random.nextInt(WIDTH - 1), 1 + session.worker());
                }
                assertThat(holders.getAndSet(block, 0)).isEqualTo(session.worker() + 1);
                ring.pass();
                if (i % 4 == 3 && i + 1 < ring.blocks()) {
                    session.tick(); // clocks may end within a lap
                }
            }
            session.tick();
        }
    }

    private static void check(Node node, Table table, int workers, int laps) {
        var row = new int[WIDTH];
        for (int r = 0; r < ROWS; r++) {
            node.gather(table, new long[] {r}, row);
            assertThat(row[0]).isEqualTo(workers * laps);
            int sum = 0;
            for (int c = 1; c < WIDTH; c++) {
                sum += row[c];
            }
            assertThat(sum).isEqualTo(laps * workers * (workers + 1) / 2);
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "3", "5", "11"})
    void workersOfOneNodePassBlocksOn(int workers) {
        var node = new Node();
        var table = node.create(counts());
        var holders = new AtomicIntegerArray(BLOCKS);
        Sessions.run(node, workers, session -> laps(session, session.table("n"), 4, holders));
        check(node, table, workers, 4);
    }

    @ParameterizedTest
    @CsvSource({"2, 2", "2, 4", "3, 3", "3, 6"})
    void membersSendBlocksOn(int members, int workers) {
        for (var faults :
                new Faults[] {Faults.NONE, Faults.parse("drop=2%,delay=1ms,duplicate=2%,reorder=5%,cut=0.2%")}) {
            try (var nodes = new Nodes(members, faults)) {
                nodes.create(counts());
                var holders = new AtomicIntegerArray(BLOCKS);
                nodes.run(workers, (session, node) -> laps(session, session.table("n"), 3, holders));
                nodes.move(2, java.util.List.of(1)); // to where they can be looked at
                check(nodes.all.getFirst(), nodes.on(0, "n"), workers, 3);
            }
        }
    }

    @Test
    void floatsRotateToo() {
        for (int members = 1; members <= 3; members++) {
            try (var nodes = new Nodes(members, Faults.NONE)) {
                var table = nodes.create(floats());
                nodes.run(3, (session, node) -> {
                    var ring = session.ring(session.table("w"));
                    for (int lap = 0; lap < 5; lap++) {
                        for (int i = 0; i < ring.blocks(); i++) {
                            int block = ring.take();
                            for (int c = 0; c < 3 * ring.rows(block); c++) {
                                ring.floats()[ring.at() + c] += ring.firstRow(block) * 3 + c;
                            }
                            ring.pass();
                        }
                        session.tick();
                    }
                });
                var out = new float[3 * ROWS];
                var keys = new long[ROWS];
                for (int r = 0; r < ROWS; r++) {
                    keys[r] = r;
                }
                nodes.all.getFirst().gather(table, keys, out);
                for (int c = 0; c < out.length; c++) {
                    assertThat(out[c]).isEqualTo(15 * c);
                }
            }
        }
    }

    /** A snapshot that is written while workers go on holds the counts of the cut. */
    @Test
    void snapshotsHaveWhatWasThereAtTheCut() throws IOException {
        var storage = Storage.local(folder);
        var node = new Node();
        node.create(counts());
        var holders = new AtomicIntegerArray(BLOCKS);
        Sessions.run(node, 2, session -> laps(session, session.table("n"), 2, holders));
        var snapshot = node.snapshot();
        Sessions.run(node, 1, session -> {
            var ring = session.ring(session.table("n"));
            for (int i = 0; i < ring.blocks(); i++) {
                ring.take();
                ring.counts().add(0, 39, 1000);
                ring.pass();
            }
            session.tick();
        });
        snapshot.write(storage, "cut");
        var again = new Node();
        var loaded = again.create(counts());
        again.load(storage, "cut");
        check(again, loaded, 2, 2);
        // others, whose blocks are not cut so
        var otherwise = new Node();
        var other = otherwise.create(TableSpec.counts("n", ROWS, WIDTH, BLOCKS));
        otherwise.load(storage, "cut");
        check(otherwise, other, 2, 2);
    }

    @Test
    void whoDoesNotHoldABlockIsRefused() {
        var node = new Node();
        var table = node.create(counts());
        Sessions.run(node, 1, session -> {
            Ring ring = session.ring(session.table("n"));
            assertThatThrownBy(ring::counts).hasMessage("worker 0 holds no block of table 'n'; it takes one before");
            assertThatThrownBy(ring::pass).isInstanceOf(IllegalStateException.class);
            ring.take();
            assertThatThrownBy(ring::take).hasMessageContaining("passes it on before it takes the next");
            assertThatThrownBy(session::tick).hasMessageContaining("ticks while it holds block 0");
            ring.pass();
            assertThatThrownBy(() -> session.gather(table, new long[] {0}, new int[WIDTH]))
                    .hasMessageContaining(
                            "a worker reads and changes the blocks that it holds (Session.ring), no others");
            session.tick();
        });
        Sessions.run(node, 2, session -> {
            if (session.worker() == 0) {
                session.ring(session.table("n")).take();
                session.ring(session.table("n")).pass();
            }
            session.tick();
        });
        assertThatThrownBy(node::snapshot).hasMessageContaining("on its way at a cut");
    }

    @Test
    void aBlockThatNobodyPassesOnIsWaitedForUntilTheLimit() {
        var node = new Node();
        node.create(counts());
        node.begin(2, 0, java.time.Duration.ofMillis(150));
        var session = node.session(1);
        var ring = session.ring(session.table("n"));
        while (ring.coming(0) != 0) {
            ring.take();
            ring.pass();
        }
        assertThatThrownBy(ring::take)
                .isInstanceOf(orrery.table.spec.WaitExpiredException.class)
                .hasMessageMatching("worker 1 waited .* s for block 0 of table 'n', which worker 0 has not passed on;"
                        + " a longer limit is set by --wait-limit");
    }

    @Test
    void specsThatCannotRotateAreRefused() {
        assertThatThrownBy(() -> TableSpec.dense("w", 10, 2).with(new Consistency.Rotating(2)))
                .hasMessageContaining("with their workers");
        assertThatThrownBy(() -> counts().with(new Consistency.Bsp())).hasMessageContaining("tables of counts rotate");
        assertThatThrownBy(() -> new Consistency.Rotating(0)).hasMessageContaining("1 to 1048576 blocks, got 0");
        assertThat(Consistency.parse("rotating:12")).isEqualTo(new Consistency.Rotating(12));
        assertThat(Consistency.parse("rotating")).hasToString("rotating:16");
    }
}
