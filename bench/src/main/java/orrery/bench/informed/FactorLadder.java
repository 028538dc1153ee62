package orrery.bench.informed;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import org.jspecify.annotations.Nullable;
import orrery.bench.Cpu;
import orrery.bench.Crew;
import orrery.bench.Neighbours;
import orrery.data.Ratings;
import orrery.table.Node;
import orrery.table.hold.Table;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;
import orrery.table.plan.Recording;
import orrery.table.spec.Init;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;
import orrery.table.worker.Slots;
import orrery.table.worker.View;
import orrery.wire.Faults;

/**
 * Matrix factorisation as IterStore does it, a clock a pass: each worker has its own users' rows, reads the rows of the
 * items that they have rated, and adds the gradients of these, to which the shard applies AdaRevision. With ever more made
 * of what is known before.
 */
final class FactorLadder {
    private static final String TABLE = "items";
    private static final float RATE = 0.03f;

    private final Ratings ratings;
    private final int rank;
    private final int workers;
    private final int members;
    private final int[] workerOf; // by user

    /** @param workerOf by user: whose it is */
    FactorLadder(Ratings ratings, int rank, int members, int[] workerOf) {
        this.ratings = ratings;
        this.rank = rank;
        this.members = members;
        workers = members;
        this.workerOf = workerOf;
    }

    /** Users in runs of the same number. */
    static int[] even(int users, int workers) {
        var workerOf = new int[users];
        Arrays.setAll(workerOf, u -> (int) ((long) u * workers / users));
        return workerOf;
    }

    RankLadder.Cost measure(RankLadder.Level level, Placing placing, int warmUps, int clocks) throws Exception {
        boolean isPlanned = level == RankLadder.Level.SLOTS || level == RankLadder.Level.PLACED;
        var plan = isPlanned ? plan(placing) : null;
        var spec = plan != null
                ? TableSpec.dense(TABLE, ratings.itemCount(), rank)
                        .ordered(plan.of(TABLE).orElseThrow().order())
                : TableSpec.sparse(TABLE, rank);
        var cpu = new AtomicLong();
        var bytes = new AtomicLong();
        var checked = new DoubleAdder();
        try (var neighbours = new Neighbours(Faults.NONE)) {
            neighbours.create(spec.with(new Init.Uniform(1, -0.1f, 0.1f)).with(new UpdateRule.AdaRevision(RATE)));
            neighbours.run(workers, (session, node) -> {
                var table = node.table(TABLE);
                var part = new Part(session, table, level);
                for (int clock = 0; clock <= warmUps + clocks; clock++) {
                    if (clock == warmUps || clock == warmUps + clocks) {
                        int sign = clock == warmUps ? -1 : 1;
                        cpu.addAndGet(sign * Cpu.nanos());
                        bytes.addAndGet(sign * neighbours.bytesSent());
                    }
                    part.run();
                    session.tick();
                }
                checked.add(part.squares());
            });
        }
        var all = Crew.sums((double) cpu.get(), (double) bytes.get(), checked.sum());
        return new RankLadder.Cost(
                all[0] / 1e9 / clocks, all[1] / clocks, plan == null ? Double.NaN : plan.bytesPerClock(), all[2]);
    }

    AccessPlan plan(Placing placing) {
        var node = new Node();
        var table = node.create(TableSpec.dense(TABLE, ratings.itemCount(), rank));
        var recordings = new ArrayList<Recording>();
        var memberOf = new int[workers];
        for (int w = 0; w < workers; w++) {
            memberOf[w] = (int) ((long) w * members / workers);
            var recording = new Recording();
            var session = node.virtual(w, workers, recording);
            new Part(session, table, RankLadder.Level.SLOTS).run();
            session.tick();
            recordings.add(recording);
        }
        return AccessPlan.of(
                placing, members, recordings, memberOf, Map.of(TABLE, new AccessPlan.Shape(ratings.itemCount(), rank)));
    }

    /** One worker's part. */
    private final class Part {
        private final Session session;
        private final Table table;
        private final RankLadder.Level level;
        private final int[] user;
        private final int[] item; // position in keys
        private final float[] value;
        private final long[] keys;
        private final float[][] users;
        private final float[][] history;
        private final float[][] items;
        private final float[][] gradients;
        private final float[] flat;
        private final @Nullable Slots slots;

        Part(Session session, Table table, RankLadder.Level level) {
            this.session = session;
            this.table = table;
            this.level = level;
            int me = session.worker();
            var mine = new ArrayList<Integer>();
            var used = new BitSet();
            for (int i = 0; i < ratings.size(); i++) {
                if (workerOf[ratings.users()[i]] == me) {
                    mine.add(i);
                    used.set(ratings.items()[i]);
                }
            }
            mine.sort(Comparator.comparingInt((Integer i) -> ratings.users()[i])); // so that a user's rows stay near
            keys = used.stream().asLongStream().toArray();
            var position = new int[ratings.itemCount()];
            for (int i = 0; i < keys.length; i++) {
                position[(int) keys[i]] = i;
            }
            user = new int[mine.size()];
            item = new int[user.length];
            value = new float[user.length];
            var random = new SplittableRandom(me);
            users = new float[ratings.userCount()][];
            history = new float[ratings.userCount()][];
            for (int k = 0; k < user.length; k++) {
                int i = mine.get(k);
                user[k] = ratings.users()[i];
                item[k] = position[ratings.items()[i]];
                value[k] = ratings.values()[i];
                if (users[user[k]] == null) {
                    users[user[k]] = new float[rank];
                    history[user[k]] = new float[rank];
                    for (int c = 0; c < rank; c++) {
                        users[user[k]][c] = 0.2f * random.nextFloat() - 0.1f;
                    }
                }
            }
            items = new float[keys.length][rank];
            gradients = new float[keys.length][rank];
            flat = new float[keys.length * rank];
            slots = level == RankLadder.Level.SLOTS || level == RankLadder.Level.PLACED
                    ? session.slots(table, keys)
                    : null;
        }

        void run() {
            read();
            for (var row : gradients) {
                Arrays.fill(row, 0);
            }
            for (int k = 0; k < user.length; k++) {
                step(users[user[k]], history[user[k]], items[item[k]], gradients[item[k]], value[k]);
            }
            write();
        }

        private void read() {
            var places = slots;
            if (places != null) {
                View view = session.view(places);
                for (int i = 0; i < keys.length; i++) {
                    view.copyRow(places.place(i), items[i], 0);
                }
            } else if (level == RankLadder.Level.PREFETCH) {
                session.gather(table, keys, flat);
                for (int i = 0; i < keys.length; i++) {
                    System.arraycopy(flat, i * rank, items[i], 0, rank);
                }
            } else {
                for (int i = 0; i < keys.length; i++) {
                    session.row(table, keys[i], items[i]);
                }
            }
        }

        private void write() {
            var outbox = session.outbox(table);
            for (int i = 0; i < keys.length; i++) {
                outbox.addRow(keys[i], gradients[i], 0);
            }
        }

        private void step(float[] p, float[] h, float[] q, float[] g, float rating) {
            float error = rating - 3 - dot(p, q);
            for (int c = 0; c < rank; c++) {
                g[c] -= error * p[c];
            }
            for (int c = 0; c < rank; c++) {
                float gradient = -error * q[c];
                h[c] += gradient * gradient;
                p[c] -= RATE * gradient / (float) Math.sqrt(h[c] + 1);
            }
        }

        /** The mean squared error of the worker's ratings, divided by the number of workers. */
        double squares() {
            read();
            double squares = 0;
            for (int k = 0; k < user.length; k++) {
                double error = value[k] - 3 - dot(users[user[k]], items[item[k]]);
                squares += error * error;
            }
            return squares / user.length / workers;
        }

        private float dot(float[] p, float[] q) {
            float a = 0, b = 0, c = 0, d = 0;
            int i = 0;
            for (; i + 3 < rank; i += 4) {
                a = Math.fma(p[i], q[i], a);
                b = Math.fma(p[i + 1], q[i + 1], b);
                c = Math.fma(p[i + 2], q[i + 2], c);
                d = Math.fma(p[i + 3], q[i + 3], d);
            }
            for (; i < rank; i++) {
                a = Math.fma(p[i], q[i], a);
            }
            return (a + b) + (c + d);
        }
    }

    /**
     * 90 of 100 ratings of a user are of items of the user's part alone, the others of a few that all share. The shape on
     * which placement pays.
     */
    static Ratings local(int users, int itemCount, int shared, int count, int parts, long seed) {
        var random = new SplittableRandom(seed);
        var user = new int[count];
        var item = new int[count];
        var value = new float[count];
        int own = (itemCount - shared) / parts;
        for (int n = 0; n < count; n++) {
            user[n] = random.nextInt(users);
            int part = (int) ((long) user[n] * parts / users);
            item[n] = random.nextInt(10) > 0
                    ? shared + part * own + (int) (own * Math.pow(random.nextDouble(), 1.5))
                    : random.nextInt(shared);
            value[n] = 1 + random.nextInt(5);
        }
        return new Ratings(List.of(), List.of(), users, itemCount, user, item, value);
    }
}
