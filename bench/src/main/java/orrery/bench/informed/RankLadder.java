package orrery.bench.informed;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import org.jspecify.annotations.Nullable;
import orrery.bench.Cpu;
import orrery.bench.Crew;
import orrery.bench.Neighbours;
import orrery.data.Graph;
import orrery.table.Node;
import orrery.table.hold.Table;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;
import orrery.table.plan.Recording;
import orrery.table.spec.TableSpec;
import orrery.table.worker.Session;
import orrery.table.worker.Slots;
import orrery.wire.Faults;

/**
 * PageRank on the tables, with ever more made of what is known before. Every level computes the same ranks, under Bsp:
 * each worker reads the shares of all nodes that point to its own, and writes its own.
 */
final class RankLadder {
    private static final float DAMPING = 0.85f;
    private static final String TABLE = "shares";

    /** What is made of it. */
    enum Level {
        /** A hash table; a question per row, the next when the last is answered; changes with their keys. */
        GENERAL("L0 general key-value"),
        /** The same table; one question for all rows of a clock. */
        PREFETCH("L1 prefetch"),
        /** Rows in arrays at places known before, pushed when they have changed; owners by hash. */
        SLOTS("L2 push, slots, flat buffers"),
        /** Owners by use. */
        PLACED("L3 placement");

        final String title;

        Level(String title) {
            this.title = title;
        }
    }

    /**
     * Of one iteration of all workers, one worker a process.
     *
     * @param check a sum over the table in the end
     */
    record Cost(double cpuSeconds, double bytes, double predictedBytes, double check) {}

    private final Graph graph;
    private final int workers;
    private final int members;

    RankLadder(Graph graph, int workers, int members) {
        this.graph = graph;
        this.workers = workers;
        this.members = members;
    }

    /** Measures {@code iterations} after {@code warmUps}. */
    Cost measure(Level level, int warmUps, int iterations) throws Exception {
        var placing = level == Level.PLACED ? Placing.FEWEST_BYTES : Placing.HASH;
        boolean isPlanned = level == Level.SLOTS || level == Level.PLACED;
        var plan = isPlanned ? plan(placing) : null;
        var spec = plan != null
                ? TableSpec.dense(TABLE, graph.nodes(), 1)
                        .ordered(plan.of(TABLE).orElseThrow().order())
                : TableSpec.sparse(TABLE, 1);
        var cpu = new AtomicLong();
        var bytes = new AtomicLong();
        var checked = new DoubleAdder();
        try (var neighbours = new Neighbours(Faults.NONE)) {
            neighbours.create(spec);
            neighbours.run(workers, (session, node) -> {
                var part = new Part(session, node.table(TABLE), level);
                for (int clock = 0; clock <= warmUps + iterations; clock++) {
                    if (clock == warmUps || clock == warmUps + iterations) {
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
        return new Cost(
                all[0] / 1e9 / iterations,
                all[1] / iterations,
                plan == null ? Double.NaN : plan.bytesPerClock(),
                all[2]);
    }

    private AccessPlan plan(Placing placing) {
        var node = new Node();
        var table = node.create(TableSpec.dense(TABLE, graph.nodes(), 1));
        var recordings = new ArrayList<Recording>();
        var memberOf = new int[workers];
        for (int w = 0; w < workers; w++) {
            memberOf[w] = (int) ((long) w * members / workers);
            var recording = new Recording();
            var session = node.virtual(w, workers, recording);
            new Part(session, table, Level.SLOTS).run(1);
            session.tick();
            recordings.add(recording);
        }
        return AccessPlan.of(
                placing, members, recordings, memberOf, Map.of(TABLE, new AccessPlan.Shape(graph.nodes(), 1)));
    }

    /** One worker's part. */
    private final class Part {
        private final Session session;
        private final Table table;
        private final Level level;
        private final int first;
        private final int[] nodes;
        private final long[] ownKeys;
        private final int[] starts;
        private final int[] edges; // positions in keys, or places
        private final int[] own;
        private final long[] keys; // that are read
        private final float[] values; // of these
        private final float[] one = new float[1];
        private final float[] sums;
        private final float[] change;
        private final @Nullable Slots slots;

        Part(Session session, Table table, Level level) {
            this.session = session;
            this.table = table;
            this.level = level;
            first = boundary(session.worker());
            int last = boundary(session.worker() + 1);
            int from = graph.starts()[first];
            nodes = new int[last - first];
            ownKeys = new long[nodes.length];
            starts = new int[nodes.length + 1];
            var used = new BitSet();
            used.set(first, last);
            for (int i = 0; i < nodes.length; i++) {
                nodes[i] = first + i;
                ownKeys[i] = nodes[i];
                starts[i + 1] = graph.starts()[first + i + 1] - from;
            }
            for (int k = 0; k < starts[nodes.length]; k++) {
                used.set(graph.sources()[from + k]);
            }
            keys = used.stream().asLongStream().toArray();
            values = new float[keys.length];
            slots = level == Level.SLOTS || level == Level.PLACED ? session.slots(table, keys) : null;
            var place = new int[graph.nodes()];
            for (int i = 0; i < keys.length; i++) {
                place[(int) keys[i]] = slots == null ? i : slots.place(i);
            }
            edges = new int[starts[nodes.length]];
            for (int k = 0; k < edges.length; k++) {
                edges[k] = place[graph.sources()[from + k]];
            }
            own = new int[nodes.length];
            for (int i = 0; i < own.length; i++) {
                own[i] = place[first + i];
            }
            sums = new float[nodes.length];
            change = new float[nodes.length];
        }

        private int boundary(int worker) {
            long due = (long) (graph.edges() + graph.nodes()) * worker / workers;
            int node = 0;
            while (node < graph.nodes() && graph.starts()[node] + node < due) {
                node++;
            }
            return node;
        }

        void run(long clock) {
            float sway = 1 + 0.01f * (clock % 3); // so that ranks go on changing, as in the first iterations
            float begun = (clock == 0 ? 1 : 1 - DAMPING) * sway / graph.nodes();
            float follow = clock == 0 ? 0 : DAMPING;
            if (slots != null) {
                var view = session.view(slots);
                view.sums(edges, starts, 0, nodes.length, sums, 0);
                for (int i = 0; i < nodes.length; i++) {
                    change[i] = share(i, begun, follow) - view.get(own[i], 0);
                }
                session.outbox(table).addScaled(1, nodes, change, 0, nodes.length);
                return;
            }
            if (level == Level.PREFETCH) {
                session.gather(table, keys, values);
            } else {
                for (int i = 0; i < keys.length; i++) {
                    session.row(table, keys[i], one);
                    values[i] = one[0];
                }
            }
            for (int i = 0; i < nodes.length; i++) {
                float sum = 0;
                for (int k = starts[i]; k < starts[i + 1]; k++) {
                    sum += values[edges[k]];
                }
                sums[i] = sum;
            }
            for (int i = 0; i < nodes.length; i++) {
                change[i] = share(i, begun, follow) - values[own[i]];
            }
            if (level == Level.PREFETCH) {
                session.add(table, ownKeys, change);
            } else {
                for (int i = 0; i < nodes.length; i++) {
                    one[0] = change[i];
                    session.add(table, ownKeys, i, i + 1, one, 0);
                }
            }
        }

        private float share(int i, float begun, float follow) {
            return (begun + follow * sums[i]) / Math.max(1, graph.outDegree()[first + i]);
        }

        double sum() {
            var mine = new float[ownKeys.length];
            session.gather(table, ownKeys, mine);
            double sum = 0;
            for (int i = 0; i < mine.length; i++) {
                sum += mine[i] * (1 + i % 7); // not alike, so that a change of places shows
            }
            return sum;
        }
    }

    /** All levels. */
    static List<Level> levels() {
        return List.of(Level.values());
    }
}
