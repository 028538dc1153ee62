package orrery.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import orrery.engine.event.Outcome;
import orrery.engine.stage.Measured;
import orrery.engine.stage.Parallelism;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Step;
import orrery.engine.stage.Task;
import orrery.engine.stage.Verdict;
import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.spec.Consistency;
import orrery.table.spec.Route;
import orrery.table.spec.TableSpec;
import orrery.table.spec.Update;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;

/** Jobs for tests, of which every difference spreads. */
final class Jobs {
    private Jobs() {}

    /** Gradients that depend on what was read; counts of a sparse table; local state that decides, too. */
    static Job mixed(Consistency consistency, long pauseMicros, Stage... more) {
        return new Job(
                "test",
                List.of(
                        TableSpec.dense("w", 300, 2)
                                .with(new UpdateRule.AdaGrad(0.1f))
                                .with(consistency),
                        TableSpec.sparse("counts", 1).ofInts().with(consistency),
                        shared(consistency)),
                more.length > 0
                        ? List.of(more)
                        : List.of(stage("a", 40, 8, pauseMicros), stage("b", 20, 7, pauseMicros)));
    }

    /** A table that all members hold, where that can be; else its owners tell of it at each clock. */
    private static TableSpec shared(Consistency consistency) {
        return TableSpec.dense("shared", 30, 3)
                .with(new UpdateRule.Momentum(0.01f, 0.9f, 0))
                .with(consistency)
                .by(consistency.staged() ? Route.PEERS : Route.OWNERS)
                .eachClock();
    }

    /** Stages with numbers of workers and places of their own. */
    static Job staged(boolean tablesAreWithWorkers, long pauseMicros) {
        var bsp = new Consistency.Bsp();
        var weights =
                TableSpec.dense("w", 300, 2).with(new UpdateRule.AdaGrad(0.1f)).with(bsp);
        var counts = TableSpec.sparse("counts", 1).ofInts().with(bsp);
        return new Job(
                "stages",
                tablesAreWithWorkers
                        ? List.of(weights.withWorkers(), counts.withWorkers(), shared(bsp))
                        : List.of(weights, counts, shared(bsp)),
                Task.of(
                                stage("wide", 10, 5, pauseMicros).with(Parallelism.anywhere(6)),
                                stage("narrow", 10, 4, pauseMicros).with(Parallelism.onOneMember(2)),
                                stage("walk", 6, 6, pauseMicros).with(Parallelism.walking(1)),
                                stage("named", 4, 4, pauseMicros).with(Parallelism.onMember(1, 3)))
                        .repeat(2)
                        .then(Task.of(stage("as ever", 5, 5, pauseMicros))));
    }

    /** Whose second worker wants ever more memory. */
    static Job greedy() {
        return new Job(
                "greedy",
                List.of(TableSpec.dense("w", 1 << 20, 4)
                        .with(new UpdateRule.AdaGrad(0.1f))
                        .byKey()),
                List.of(new Stage("hoard", 1000, 10, worker -> {
                    var hoard = new ArrayList<byte[]>();
                    return (session, clock) -> {
                        if (worker.index() == 1) {
                            hoard.add(new byte[8 << 20]);
                        }
                    };
                })));
    }

    /** Whose table is larger than two members of 256 MiB have room for. */
    static Job tooLarge() {
        return new Job(
                "too-large",
                List.of(TableSpec.dense("w", 5_000_000, 16)
                        .with(new UpdateRule.AdaGrad(0.1f))
                        .byKey()),
                List.of(new Stage("never", 10, worker -> (session, clock) -> {})));
    }

    static Stage stage(String name, long clocks, long cutEvery, long pauseMicros) {
        return new Stage(
                name,
                clocks,
                cutEvery,
                worker -> {
                    var w = worker.session().tables().get(0);
                    var counts = worker.session().tables().get(1);
                    var shared = worker.session().tables().get(2);
                    var local = worker.session().localFloats("momentum", 2);
                    var loss = worker.tally("loss");
                    Step step = (session, clock) -> {
                        if (pauseMicros > 0) {
                            TimeUnit.MICROSECONDS.sleep(pauseMicros); // as long as a step of a real job takes
                        }
                        var random = new SplittableRandom(worker.seed() * 1000 + clock * 10 + worker.index());
                        var view = session.view(w);
                        var outbox = session.outbox(w);
                        for (int i = 0; i < 40; i++) {
                            int row = random.nextInt(300);
                            local[0] = 0.9f * local[0] + view.get(row, 0) + (float) random.nextGaussian();
                            local[1] += view.get(row, 1) - local[0];
                            outbox.addRow(row, local, 0);
                            loss.add(local[0], 1);
                        }
                        addFactors(session, shared, local, random);
                        session.add(counts, new long[] {random.nextLong(50)}, new int[] {1});
                        worker.processed(40);
                    };
                    return Measured.by(worker, step, session -> Map.of("norm", norm(session.values(w))));
                },
                cut -> new Verdict(Map.of("clock", (double) cut.clock()), Verdict.Next.GO_ON, List.of()));
    }

    /** Reads a table that all members hold, and adds a gradient as factors, at some clocks with a row beside. */
    private static void addFactors(Session session, Table shared, float[] local, SplittableRandom random) {
        var row = new float[3];
        session.gather(shared, new long[] {random.nextInt(30)}, row);
        local[0] += 0.1f * row[0];
        var u = new float[2 * 30];
        var v = new float[2 * 3];
        for (int i = 0; i < u.length; i++) {
            u[i] = (float) random.nextGaussian();
        }
        for (int i = 0; i < v.length; i++) {
            v[i] = 0.1f * (float) random.nextGaussian() + 0.01f * row[i % 3];
        }
        session.add(shared, new Update.Factors(u, v));
        if (random.nextInt(4) == 0) {
            session.add(shared, new long[] {random.nextInt(30)}, row);
        }
    }

    /** A step that uses rows of one part of the table, and some that all share, by their numbers. */
    static Step byRows(Worker worker, int ofPart) {
        var w = worker.session().tables().getFirst();
        var keys = new long[20];
        var values = new float[40];
        var local = worker.session().localFloats("momentum", 40);
        return (session, clock) -> {
            var random = new SplittableRandom(1000 * clock + worker.index());
            int part = 300 / worker.count();
            for (int i = 0; i < keys.length; i++) {
                keys[i] = i < 16 ? (long) ofPart * part + random.nextInt(part) : random.nextInt(10);
            }
            session.gather(w, keys, values);
            for (int i = 0; i < values.length; i++) {
                local[i] = 0.9f * local[i] + 0.1f * values[i] + (float) random.nextGaussian();
            }
            session.add(w, keys, local);
        };
    }

    private static double norm(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }

    static float[] weights(Outcome outcome) {
        return outcome.node().values(outcome.node().tables().getFirst());
    }
}
