package orrery.bench.informed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import org.jspecify.annotations.Nullable;
import orrery.bench.Cpu;
import orrery.bench.Crew;
import orrery.bench.Figure;
import orrery.bench.Neighbours;
import orrery.bench.Report;
import orrery.data.Examples;
import orrery.table.Node;
import orrery.table.hold.Table;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;
import orrery.table.plan.Recording;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.worker.Session;
import orrery.table.worker.Slots;
import orrery.table.worker.View;
import orrery.wire.Faults;

/**
 * Topics of documents as IterStore finds them, a clock a pass: each worker has its own documents, reads the counts of the words that
 * they have and the totals, and adds what has changed. With ever more made of what is known before. A word's topic is drawn by two
 * proposals, one from its document and one of all topics, so that a draw takes the same time whatever the number of topics, and what
 * is measured are the tables.
 */
final class TopicLadder {
    private static final String WORDS = "words";
    private static final String TOTALS = "totals";
    private static final long[] ONLY_ROW = {0};
    private static final float ALPHA = 0.05f;
    private static final float BETA = 0.01f;
    private static final int CLOCKS = 5; // with the thread's cache

    private final Examples documents;
    private final int topics;
    private final int members;

    TopicLadder(Examples documents, int topics, int members) {
        this.documents = documents;
        this.topics = topics;
        this.members = members;
    }

    /** A process a worker, under Bsp. */
    RankLadder.Cost measure(RankLadder.Level level, Placing placing, int warmUps, int clocks) throws Exception {
        boolean isPlanned = level == RankLadder.Level.SLOTS || level == RankLadder.Level.PLACED;
        var plan = isPlanned ? plan(placing) : null;
        var spec = plan != null
                ? TableSpec.dense(WORDS, documents.features(), topics)
                        .ordered(plan.of(WORDS).orElseThrow().order())
                : TableSpec.sparse(WORDS, topics);
        var cpu = new AtomicLong();
        var bytes = new AtomicLong();
        var checked = new DoubleAdder();
        try (var neighbours = new Neighbours(Faults.NONE)) {
            neighbours.create(spec);
            neighbours.create(TableSpec.dense(TOTALS, 1, topics));
            neighbours.run(members, (session, node) -> {
                var part = new Part(session, node.table(WORDS), node.table(TOTALS), level, false);
                for (int clock = 0; clock <= warmUps + clocks; clock++) {
                    if (clock == warmUps || clock == warmUps + clocks) {
                        int sign = clock == warmUps ? -1 : 1;
                        cpu.addAndGet(sign * Cpu.nanos());
                        bytes.addAndGet(sign * neighbours.bytesSent());
                    }
                    part.run(clock);
                    session.tick();
                }
                checked.add(part.sum());
            });
        }
        var all = Crew.sums((double) cpu.get(), (double) bytes.get(), checked.sum());
        return new RankLadder.Cost(
                all[0] / 1e9 / clocks, all[1] / clocks, plan == null ? Double.NaN : plan.bytesPerClock(), all[2]);
    }

    private AccessPlan plan(Placing placing) {
        var node = new Node();
        var words = node.create(TableSpec.dense(WORDS, documents.features(), topics));
        var totals = node.create(TableSpec.dense(TOTALS, 1, topics));
        var recordings = new ArrayList<Recording>();
        var memberOf = new int[members];
        for (int w = 0; w < members; w++) {
            memberOf[w] = w;
            var recording = new Recording();
            var session = node.virtual(w, members, recording);
            new Part(session, words, totals, RankLadder.Level.SLOTS, false).run(1);
            session.tick();
            recordings.add(recording);
        }
        return AccessPlan.of(
                placing,
                members,
                recordings,
                memberOf,
                Map.of(
                        WORDS,
                        new AccessPlan.Shape(documents.features(), topics),
                        TOTALS,
                        new AccessPlan.Shape(1, topics)));
    }

    /** Workers of one JVM that add each word's change to the totals at once: at the shard, or gathered by the thread. */
    void cached(Report report, int runs) throws Exception {
        report.say("");
        report.say("the totals' row, ssp:1, workers of one JVM that add each word's change to it; ms a pass");
        report.say("  workers     cpu: shard  gathered  ratio      wall: shard  gathered  ratio");
        for (int workers : new int[] {1, 2, 4}) {
            var all = new ArrayList<List<Double>>();
            for (int i = 0; i < 4; i++) {
                all.add(new ArrayList<>());
            }
            for (int run = -1; run < runs; run++) {
                double[] shard = cached(workers, false);
                double[] gathered = cached(workers, true);
                if (run >= 0) {
                    all.get(0).add(shard[0]);
                    all.get(1).add(gathered[0]);
                    all.get(2).add(shard[1]);
                    all.get(3).add(gathered[1]);
                }
            }
            var medians = all.stream().mapToDouble(Figure::median).toArray();
            report.row(
                    String.format(
                            Locale.ROOT,
                            "  %7d %14.1f %9.1f %6.2f %16.1f %9.1f %6.2f",
                            workers,
                            medians[0],
                            medians[1],
                            medians[0] / medians[1],
                            medians[2],
                            medians[3],
                            medians[2] / medians[3]),
                    "name",
                    "the totals' row",
                    "workers",
                    workers,
                    "cpuMillisAtShard",
                    medians[0],
                    "cpuMillisGathered",
                    medians[1],
                    "millisAtShard",
                    medians[2],
                    "millisGathered",
                    medians[3],
                    "runs",
                    runs);
        }
    }

    /** Returns CPU and wall milliseconds of a pass. */
    private double[] cached(int workers, boolean isGathered) throws Exception {
        var node = new Node();
        var ssp = new Consistency.Ssp(1);
        var words =
                node.create(TableSpec.dense(WORDS, documents.features(), topics).with(ssp));
        var totals = node.create(TableSpec.dense(TOTALS, 1, topics).with(ssp));
        node.begin(workers, 0, Duration.ofMinutes(5));
        var cpu = new AtomicLong();
        var wall = new AtomicLong();
        var threads = new ArrayList<Thread>();
        for (int w = 0; w < workers; w++) {
            int worker = w;
            threads.add(Thread.ofPlatform().start(() -> {
                var session = node.session(worker);
                if (isGathered) {
                    session.gatherAdds(totals, ONLY_ROW);
                }
                var part = new Part(session, words, totals, RankLadder.Level.SLOTS, true);
                for (int clock = 0; clock <= CLOCKS; clock++) {
                    if (worker == 0 && (clock == 1 || clock == CLOCKS)) { // others are a clock apart at most
                        int sign = clock == 1 ? -1 : 1;
                        cpu.addAndGet(sign * Cpu.nanos());
                        wall.addAndGet(sign * System.nanoTime());
                    }
                    part.run(clock);
                    session.tick();
                }
                session.finish();
            }));
        }
        for (var thread : threads) {
            thread.join();
        }
        return new double[] {cpu.get() / 1e6 / (CLOCKS - 1), wall.get() / 1e6 / (CLOCKS - 1)};
    }

    /** One worker's part. */
    private final class Part {
        private final Session session;
        private final Table words;
        private final Table totals;
        private final RankLadder.Level level;
        private final boolean addsAtOnce; // each word's change to the totals
        private final int[] starts; // by document, its first word; then the number of words
        private final int[] wordOf; // position in keys
        private final int[] topicOf;
        private final long[] keys;
        private final float[][] counts; // by key and topic
        private final float[][] changes;
        private final float[] flat;
        private final float[] total;
        private final float[] totalChange;
        private final int[] ofDocument; // words by topic
        private final @Nullable Slots slots;

        Part(Session session, Table words, Table totals, RankLadder.Level level, boolean addsAtOnce) {
            this.session = session;
            this.words = words;
            this.totals = totals;
            this.level = level;
            this.addsAtOnce = addsAtOnce;
            int first = Math.toIntExact(documents.size() * session.worker() / session.workers());
            int last = Math.toIntExact(documents.size() * (session.worker() + 1) / session.workers());
            var used = new BitSet();
            starts = new int[last - first + 1];
            var cursor = documents.cursor();
            for (int d = first; d < last; d++) {
                cursor.move(d);
                int size = 0;
                for (int k = cursor.from(); k < cursor.to(); k++) {
                    used.set(cursor.indices()[k]);
                    size += (int) cursor.values()[k];
                }
                starts[d - first + 1] = starts[d - first] + size;
            }
            keys = used.stream().asLongStream().toArray();
            var position = new int[documents.features()];
            for (int i = 0; i < keys.length; i++) {
                position[(int) keys[i]] = i;
            }
            wordOf = new int[starts[starts.length - 1]];
            for (int d = first, n = 0; d < last; d++) {
                cursor.move(d);
                for (int k = cursor.from(); k < cursor.to(); k++) {
                    int count = (int) cursor.values()[k];
                    Arrays.fill(wordOf, n, n + count, position[cursor.indices()[k]]);
                    n += count;
                }
            }
            topicOf = new int[wordOf.length];
            counts = new float[keys.length][topics];
            changes = new float[keys.length][topics];
            flat = new float[level == RankLadder.Level.PREFETCH ? keys.length * topics : 0];
            total = new float[topics];
            totalChange = new float[topics];
            ofDocument = new int[topics];
            slots = level == RankLadder.Level.SLOTS || level == RankLadder.Level.PLACED
                    ? session.slots(words, keys)
                    : null;
        }

        void run(long clock) {
            read();
            var random = new SplittableRandom((clock << 16) + session.worker());
            if (!session.isVirtual()) {
                for (int d = 0; d + 1 < starts.length; d++) {
                    if (clock == 0) {
                        begin(starts[d], starts[d + 1], random);
                    } else {
                        draw(starts[d], starts[d + 1], random);
                    }
                }
            }
            write();
        }

        private void read() {
            session.gather(totals, ONLY_ROW, total);
            var places = slots;
            if (places != null) {
                View view = session.view(places);
                for (int i = 0; i < keys.length; i++) {
                    view.copyRow(places.place(i), counts[i], 0);
                }
            } else if (level == RankLadder.Level.PREFETCH) {
                session.gather(words, keys, flat);
                for (int i = 0; i < keys.length; i++) {
                    System.arraycopy(flat, i * topics, counts[i], 0, topics);
                }
            } else {
                for (int i = 0; i < keys.length; i++) {
                    session.row(words, keys[i], counts[i]);
                }
            }
        }

        private void begin(int from, int to, SplittableRandom random) {
            for (int n = from; n < to; n++) {
                topicOf[n] = random.nextInt(topics);
                move(wordOf[n], -1, topicOf[n]);
            }
        }

        private void draw(int from, int to, SplittableRandom random) {
            for (int n = from; n < to; n++) {
                ofDocument[topicOf[n]]++;
            }
            int size = to - from;
            for (int n = from; n < to; n++) {
                int old = topicOf[n];
                int word = wordOf[n];
                ofDocument[old]--;
                int now = old;
                double drawn = random.nextDouble() * (size + topics * (double) ALPHA);
                int asked = drawn < size ? topicOf[from + (int) drawn] : random.nextInt(topics);
                double ratio = ofWord(word, asked, old) / ofWord(word, now, old);
                // the document's own words propose, the word itself among them
                ratio *= mass(asked)
                        / mass(now)
                        * (mass(now) + (now == old ? 1 : 0))
                        / (mass(asked) + (asked == old ? 1 : 0));
                now = random.nextDouble() < ratio ? asked : now;
                asked = random.nextInt(topics);
                ratio = ofWord(word, asked, old) * mass(asked) / (ofWord(word, now, old) * mass(now));
                now = random.nextDouble() < ratio ? asked : now;
                ofDocument[now]++;
                topicOf[n] = now;
                if (now != old) {
                    move(word, old, now);
                }
            }
            for (int n = from; n < to; n++) {
                ofDocument[topicOf[n]] = 0;
            }
        }

        private double mass(int topic) {
            return ofDocument[topic] + ALPHA;
        }

        /** The probability of a word in a topic, without the word itself, whose topic was {@code old}. */
        private double ofWord(int word, int topic, int old) {
            int own = topic == old ? 1 : 0;
            return (Math.max(0, counts[word][topic] - own) + BETA)
                    / (Math.max(0, total[topic] - own) + BETA * documents.features());
        }

        private void move(int word, int from, int to) {
            if (from >= 0) {
                counts[word][from]--;
                changes[word][from]--;
                total[from]--;
                totalChange[from]--;
            }
            counts[word][to]++;
            changes[word][to]++;
            total[to]++;
            totalChange[to]++;
            if (addsAtOnce) {
                addTotals(from, to);
            }
        }

        private void addTotals(int from, int to) {
            session.add(totals, ONLY_ROW, totalChange);
            totalChange[to] = 0;
            if (from >= 0) {
                totalChange[from] = 0;
            }
        }

        private void write() {
            var outbox = session.outbox(words);
            for (int i = 0; i < keys.length; i++) {
                outbox.addRow(keys[i], changes[i], 0);
                Arrays.fill(changes[i], 0);
            }
            session.add(totals, ONLY_ROW, totalChange);
            Arrays.fill(totalChange, 0);
        }

        /** Of what the worker reads, so that other topics show. */
        double sum() {
            read();
            double sum = 0;
            for (int i = 0; i < keys.length; i++) {
                for (int k = 0; k < topics; k++) {
                    sum += counts[i][k] * (double) ((keys[i] * 31 + k) % 101);
                }
            }
            return sum / members;
        }
    }
}
