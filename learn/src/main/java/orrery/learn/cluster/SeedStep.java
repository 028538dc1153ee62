package orrery.learn.cluster;

import java.util.Arrays;
import java.util.SplittableRandom;
import orrery.data.Examples;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.worker.Session;

/**
 * One worker's part of drawing candidates for first centroids, by k-means|| (Bahmani et al., "Scalable K-Means++", VLDB
 * 2012): in each of a few rounds many examples are drawn at once, each in proportion to its squared distance to those
 * before. Here exactly so many a round, whose places in the table are known beforehand: all workers know where on the sum
 * of all distances each draw falls, and who has that stretch takes it. In the end the table has, by candidate, its
 * features and how much weight is nearest to it.
 *
 * <p>Clock 0 draws the first. In each round one clock takes in what was drawn, the next draws; the last weighs.
 */
final class SeedStep implements Step {
    private final Examples examples;
    private final ClusterOptions options;
    private final long first;
    private final long last;
    private final long all; // examples of all workers
    private final long seed;
    private final Worker worker;
    private final Table candidates;
    private final Table potentials; // by worker: the sum of its squared distances
    private final int width;
    private final int eachRound;
    private final float[] near; // by example, the squared distance to the nearest candidate
    private final int[] nearest; // and which it is
    private final Lanes lanes = Lanes.best();
    private float put; // what the table has of this worker's potential

    SeedStep(
            Examples examples,
            long first,
            long last,
            long all,
            ClusterOptions options,
            long seed,
            Worker worker,
            Table candidates,
            Table potentials) {
        this.examples = examples;
        this.options = options;
        this.first = first;
        this.last = last;
        this.all = all;
        this.seed = seed;
        this.worker = worker;
        this.candidates = candidates;
        this.potentials = potentials;
        width = Seeds.width(examples.features());
        eachRound = Seeds.eachRound(options.clusters(), examples.features());
        near = new float[Math.toIntExact(last - first)];
        nearest = new int[near.length];
        Arrays.fill(near, Float.MAX_VALUE);
    }

    @Override
    public void run(Session session, long clock) {
        if (clock == 0) {
            long drawn = new SplittableRandom(seed).nextLong(all);
            if (drawn >= first && drawn < last) {
                put(session, 0, drawn);
            }
            return;
        }
        int round = (int) ((clock - 1) / 2);
        if (clock % 2 == 0) {
            draw(session, round + 1);
            return;
        }
        takeIn(session, round);
        if (round == Seeds.ROUNDS) {
            weigh(session);
        } else {
            double sum = 0;
            var cursor = examples.cursor();
            for (int i = 0; i < near.length; i++) {
                cursor.move(first + i);
                sum += (double) cursor.weight() * near[i];
            }
            float change = (float) (sum - put);
            put += change;
            session.add(potentials, new long[] {worker.index()}, new float[] {change});
        }
        worker.processed(near.length);
    }

    /** The rows that a round has drawn; the first of all is before the rounds. */
    private int firstRow(int round) {
        return round == 0 ? 0 : 1 + (round - 1) * eachRound;
    }

    private void put(Session session, int row, long example) {
        var cursor = examples.cursor();
        cursor.move(example);
        var values = new float[width];
        for (int p = cursor.from(); p < cursor.to(); p++) {
            values[cursor.indices()[p]] = cursor.values()[p];
        }
        session.add(candidates, new long[] {row}, values);
    }

    /** What is nearest, now that a round's candidates are there. */
    private void takeIn(Session session, int round) {
        int from = firstRow(round);
        int to = firstRow(round + 1);
        var keys = new long[to - from];
        Arrays.setAll(keys, n -> (long) from + n);
        var rows = new float[keys.length * width];
        session.gather(candidates, keys, rows);
        int features = examples.features();
        int groups = (keys.length + Lanes.WIDTH - 1) / Lanes.WIDTH;
        var cells = new float[groups][features * Lanes.WIDTH];
        var half = new float[groups * Lanes.WIDTH];
        Arrays.fill(half, Float.MAX_VALUE);
        for (int n = 0; n < keys.length; n++) {
            double square = 0;
            for (int f = 0; f < features; f++) {
                float value = rows[n * width + f];
                cells[n / Lanes.WIDTH][f * Lanes.WIDTH + n % Lanes.WIDTH] = -value;
                square += (double) value * value;
            }
            half[n] = (float) (square / 2);
        }
        var cursor = examples.cursor();
        var out = new float[Lanes.WIDTH];
        for (int i = 0; i < near.length; i++) {
            cursor.move(first + i);
            double norm = 0;
            for (int p = cursor.from(); p < cursor.to(); p++) {
                norm += (double) cursor.values()[p] * cursor.values()[p];
            }
            for (int g = 0; g < groups; g++) {
                float score = lanes.scores(
                        cursor.indices(),
                        cursor.values(),
                        cursor.from(),
                        cursor.to(),
                        cells[g],
                        half,
                        g * Lanes.WIDTH,
                        out);
                if (norm + 2.0 * score < near[i]) {
                    int lane = 0;
                    while (out[lane] != score) {
                        lane++;
                    }
                    near[i] = (float) Math.max(0, norm + 2.0 * score);
                    nearest[i] = from + g * Lanes.WIDTH + lane;
                }
            }
        }
    }

    /** Takes those draws that fall on this worker's stretch of the sum of all squared distances. */
    private void draw(Session session, int round) {
        var keys = new long[worker.count()];
        Arrays.setAll(keys, w -> w);
        var sums = new float[keys.length];
        session.gather(potentials, keys, sums);
        double all = 0;
        double mine = 0; // where this worker's begins
        for (int w = 0; w < sums.length; w++) {
            mine = w == worker.index() ? all : mine;
            all += Math.max(0, sums[w]);
        }
        double end = mine + Math.max(0, sums[worker.index()]);
        var random = new SplittableRandom(seed + round);
        var at = new double[eachRound]; // of the draws that are this worker's
        var rows = new int[eachRound];
        int count = 0;
        for (int n = 0; n < eachRound; n++) {
            double draw = random.nextDouble() * all;
            if (draw >= mine && draw < end) {
                at[count] = draw - mine;
                rows[count++] = firstRow(round) + n;
            }
        }
        take(session, Arrays.copyOf(at, count), rows);
    }

    private void take(Session session, double[] at, int[] rows) {
        var order = new Integer[at.length];
        Arrays.setAll(order, n -> n);
        Arrays.sort(order, (a, b) -> Double.compare(at[a], at[b]));
        var cursor = examples.cursor();
        double sum = 0;
        int next = 0;
        for (int i = 0; i < near.length && next < order.length; i++) {
            cursor.move(first + i);
            sum += (double) cursor.weight() * near[i];
            while (next < order.length && (at[order[next]] < sum || i + 1 == near.length)) {
                put(session, rows[order[next++]], first + i);
            }
        }
    }

    private void weigh(Session session) {
        int count = Seeds.candidates(options.clusters(), examples.features());
        var weights = new double[count];
        var cursor = examples.cursor();
        for (int i = 0; i < near.length; i++) {
            cursor.move(first + i);
            weights[nearest[i]] += cursor.weight();
        }
        for (int n = 0; n < count; n++) {
            if (weights[n] > 0) {
                var values = new float[width];
                values[width - 1] = (float) weights[n];
                session.add(candidates, new long[] {n}, values);
            }
        }
    }
}
