package orrery.learn.rank;

import java.util.Arrays;
import java.util.BitSet;
import orrery.data.Graph;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.table.hold.Table;
import orrery.table.worker.Session;
import orrery.table.worker.Slots;
import orrery.table.worker.View;

/**
 * One worker's part of an iteration: the ranks of a run of nodes, from the shares of all that point to them. Reads each
 * share once per edge, writes its own nodes only. Shares are copied into the order of how often they are read: those of the
 * few nodes that point to many stay in the cache.
 */
final class RankStep implements Step {
    /** Of the state, a row per worker: what it adds to the sum over all. */
    static final int CHANGE = 0;

    static final int DEAD_ENDS = 1;
    static final int ITERATIONS = 2;
    static final int STATE_COLUMNS = 3;

    private static final long NODE = 8; // what a node costs, in edges
    private static final int MOST = 4096; // reads of a node that its order depends on

    private final PageRankOptions options;
    private final BitSet seeds;
    private final Worker worker;
    private final Table shares;
    private final Table state;
    private final int first; // of the worker's nodes
    private final int last; // the one after
    private final int[] nodes; // first to last
    private final Incoming incoming; // from where the shares of their sources are among the values
    private final float[] sums; // of what comes to the nodes
    private final int edgeCount;
    private final int[] own; // where the nodes' own shares are
    private final double[] strengths; // of the nodes; 0 of dead ends
    private final Slots slots;
    private final int[] places; // by key of the slots: the row
    private final int[] positions; // and where its share is among the values
    private final float[] values; // shares, the most read first
    private final float[] change; // of each node's share
    private final long[] stateRows;
    private final float[] states;
    private double all; // that the last iteration changed
    private double dead; // what dead ends have after it
    private final double even; // what each node gets where a walk begins anew

    RankStep(Graph graph, PageRankOptions options, BitSet seeds, Worker worker, Table shares, Table state) {
        this.options = options;
        this.seeds = seeds;
        this.worker = worker;
        this.shares = shares;
        this.state = state;
        first = boundary(graph, worker.index(), worker.count());
        last = boundary(graph, worker.index() + 1, worker.count());
        int count = last - first;
        nodes = run(first, count);
        int from = graph.starts()[first];
        int[] starts = shifted(graph.starts(), first, count + 1, from);
        int[] reads = reads(graph.sources(), from, starts[count], graph.nodes());
        int[] keys = used(reads, first, last);
        slots = worker.session().slots(shares, longs(keys));
        places = places(slots, keys.length);
        positions = mostReadFirst(keys, reads);
        values = new float[keys.length];
        int[] position = byNode(keys, positions, graph.nodes());
        int[] edges = taken(position, graph.sources(), from, starts[count]);
        float[] weights =
                graph.isWeighted() ? Arrays.copyOfRange(graph.weights(), from, from + edges.length) : new float[0];
        incoming = Incoming.of(starts, edges, weights, keys.length);
        sums = new float[count];
        edgeCount = edges.length;
        own = Arrays.copyOfRange(position, first, last);
        strengths = new double[count];
        for (int i = 0; i < count; i++) {
            strengths[i] = graph.outStrength(first + i);
        }
        change = new float[count];
        stateRows = new long[worker.count()];
        for (int w = 0; w < stateRows.length; w++) {
            stateRows[w] = w;
        }
        states = new float[stateRows.length * STATE_COLUMNS];
        even = 1.0 / (seeds.isEmpty() ? graph.nodes() : seeds.cardinality());
    }

    /** The first node of a worker: each has about as much to do. */
    private static int boundary(Graph graph, int worker, int workers) {
        long due = (graph.edges() + NODE * graph.nodes()) * worker / workers;
        int low = 0;
        int high = graph.nodes();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (graph.starts()[middle] + NODE * middle < due) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    // One loop each: a job may be over in less time than it takes to compile them all together

    private static int[] run(int first, int count) {
        var run = new int[count];
        for (int i = 0; i < count; i++) {
            run[i] = first + i;
        }
        return run;
    }

    private static int[] shifted(int[] from, int at, int count, int by) {
        var shifted = new int[count];
        for (int i = 0; i < count; i++) {
            shifted[i] = from[at + i] - by;
        }
        return shifted;
    }

    /** By node, how often its share is read. */
    private static int[] reads(int[] sources, int from, int count, int nodes) {
        var reads = new int[nodes];
        for (int k = from; k < from + count; k++) {
            reads[sources[k]]++;
        }
        return reads;
    }

    /** The nodes that are read, or the worker's own; ascending. */
    private static int[] used(int[] reads, int first, int last) {
        var used = new int[reads.length];
        int count = 0;
        for (int v = 0; v < reads.length; v++) {
            if (reads[v] > 0 || (v >= first && v < last)) {
                used[count++] = v;
            }
        }
        return Arrays.copyOf(used, count);
    }

    private static long[] longs(int[] keys) {
        var longs = new long[keys.length];
        for (int i = 0; i < keys.length; i++) {
            longs[i] = keys[i];
        }
        return longs;
    }

    private static int[] places(Slots slots, int count) {
        var places = new int[count];
        for (int i = 0; i < count; i++) {
            places[i] = slots.place(i);
        }
        return places;
    }

    private static int[] byNode(int[] keys, int[] positions, int nodes) {
        var byNode = new int[nodes];
        for (int i = 0; i < keys.length; i++) {
            byNode[keys[i]] = positions[i];
        }
        return byNode;
    }

    private static int[] taken(int[] position, int[] sources, int from, int count) {
        var taken = new int[count];
        for (int k = 0; k < count; k++) {
            taken[k] = position[sources[from + k]];
        }
        return taken;
    }

    private double begun(int node) {
        return seeds.isEmpty() || seeds.get(node) ? even : 0;
    }

    /** By key, where it comes if those that are read most come first; equals, and all beyond MOST, as they are. */
    private static int[] mostReadFirst(int[] keys, int[] reads) {
        var ends = new int[MOST + 2];
        for (int key : keys) {
            ends[MOST - Math.min(reads[key], MOST) + 1]++;
        }
        for (int n = 1; n < ends.length; n++) {
            ends[n] += ends[n - 1];
        }
        var positions = new int[keys.length];
        for (int i = 0; i < keys.length; i++) {
            positions[i] = ends[MOST - Math.min(reads[keys[i]], MOST)]++;
        }
        return positions;
    }

    @Override
    public void run(Session session, long clock) {
        session.gather(state, stateRows, states);
        double changed = 0;
        double deadEnds = 0;
        double iterations = 0;
        for (int at = 0; at < states.length; at += STATE_COLUMNS) {
            changed += states[at + CHANGE];
            deadEnds += states[at + DEAD_ENDS];
            iterations += states[at + ITERATIONS];
        }
        int mine = worker.index() * STATE_COLUMNS;
        if (iterations > 0 && changed <= options.tolerance()) {
            return; // all workers see the same sums
        }
        read(session.view(slots));
        all = 0;
        dead = 0;
        double d = clock == 0 ? 0 : options.damping();
        move(d, d * deadEnds + (1 - d));
        session.outbox(shares).addScaled(1, nodes, change, 0, nodes.length);
        var outbox = session.outbox(state);
        outbox.addCell(worker.index(), CHANGE, (float) all - states[mine + CHANGE]);
        outbox.addCell(worker.index(), DEAD_ENDS, (float) dead - states[mine + DEAD_ENDS]);
        outbox.addCell(worker.index(), ITERATIONS, clock == 0 ? 0 : 1);
        worker.processed(edgeCount);
    }

    private void read(View view) {
        for (int i = 0; i < places.length; i++) {
            values[positions[i]] = view.get(places[i], 0);
        }
    }

    /** Finds each node's share, by how much it changes, and what all of them add to the sums. */
    private void move(double damping, double begins) {
        if (damping > 0) {
            incoming.sum(values, sums);
        }
        for (int i = 0; i < nodes.length; i++) {
            double strength = strengths[i];
            double rank = begins * begun(first + i) + damping * sums[i];
            float before = values[own[i]];
            float now = (float) (strength == 0 ? rank : rank / strength);
            all += Math.abs(now - before) * (strength == 0 ? 1 : strength);
            dead += strength == 0 ? now : 0;
            change[i] = now - before;
        }
    }
}
