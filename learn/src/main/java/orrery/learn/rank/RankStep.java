package orrery.learn.rank;

import java.util.Arrays;
import java.util.BitSet;
import orrery.data.Graph;
import orrery.engine.Step;
import orrery.engine.Worker;
import orrery.table.Session;
import orrery.table.Slots;
import orrery.table.Table;
import orrery.table.View;

/**
 * One worker's part of an iteration: the ranks of a run of nodes, from the shares of all that point to them. Reads each
 * share once per edge, writes its own nodes only.
 */
final class RankStep implements Step {
    /** Of the state, a row per worker: what it adds to the sum over all. */
    static final int CHANGE = 0;

    static final int DEAD_ENDS = 1;
    static final int ITERATIONS = 2;
    static final int STATE_COLUMNS = 3;

    private final Graph graph;
    private final PageRankOptions options;
    private final BitSet seeds;
    private final Worker worker;
    private final Table shares;
    private final Table state;
    private final int first; // of the worker's nodes
    private final int last; // the one after
    private final int[] nodes; // first to last
    private final int[] starts; // of the nodes' edges
    private final int[] edges; // the places of their sources
    private final float[] weights; // beside them, if edges have weights
    private final int[] own; // the places of the nodes
    private final Slots slots;
    private final float[] sums;
    private final float[] change; // of each node's share
    private final long[] stateRows;
    private final float[] states;
    private final double even; // what each node gets where a walk begins anew

    RankStep(Graph graph, PageRankOptions options, BitSet seeds, Worker worker, Table shares, Table state) {
        this.graph = graph;
        this.options = options;
        this.seeds = seeds;
        this.worker = worker;
        this.shares = shares;
        this.state = state;
        first = boundary(graph, worker.index(), worker.count());
        last = boundary(graph, worker.index() + 1, worker.count());
        int count = last - first;
        nodes = new int[count];
        for (int i = 0; i < count; i++) {
            nodes[i] = first + i;
        }
        int from = graph.starts()[first];
        starts = new int[count + 1];
        for (int i = 0; i <= count; i++) {
            starts[i] = graph.starts()[first + i] - from;
        }
        var used = new BitSet(graph.nodes());
        used.set(first, last);
        for (int k = 0; k < starts[count]; k++) {
            used.set(graph.sources()[from + k]);
        }
        long[] keys = used.stream().asLongStream().toArray();
        slots = worker.session().slots(shares, keys);
        var place = new int[graph.nodes()];
        for (int i = 0; i < keys.length; i++) {
            place[(int) keys[i]] = slots.place(i);
        }
        edges = new int[starts[count]];
        for (int k = 0; k < edges.length; k++) {
            edges[k] = place[graph.sources()[from + k]];
        }
        weights = graph.isWeighted() ? Arrays.copyOfRange(graph.weights(), from, from + edges.length) : new float[0];
        own = new int[count];
        for (int i = 0; i < count; i++) {
            own[i] = place[first + i];
        }
        sums = new float[count];
        change = new float[count];
        stateRows = new long[worker.count()];
        for (int w = 0; w < stateRows.length; w++) {
            stateRows[w] = w;
        }
        states = new float[stateRows.length * STATE_COLUMNS];
        even = 1.0 / (seeds.isEmpty() ? graph.nodes() : seeds.cardinality());
    }

    /** The first node of a worker: each has about as many edges and nodes together. */
    private static int boundary(Graph graph, int worker, int workers) {
        long all = (long) graph.edges() + graph.nodes();
        long due = all * worker / workers;
        int low = 0;
        int high = graph.nodes();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if ((long) graph.starts()[middle] + middle < due) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private double begun(int node) {
        return seeds.isEmpty() || seeds.get(node) ? even : 0;
    }

    /** What comes to each node from those that point to it. */
    private void sums(View view) {
        if (!graph.isWeighted()) {
            view.sums(edges, starts, 0, nodes.length, sums, 0);
            return;
        }
        for (int i = 0; i < nodes.length; i++) {
            sums[i] = view.dot(edges, weights, starts[i], starts[i + 1]);
        }
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
        var view = session.view(slots);
        double all = 0;
        double dead = 0;
        if (clock > 0) {
            sums(view);
        }
        double d = clock == 0 ? 0 : options.damping();
        double fromDeadEnds = d * deadEnds + (1 - d);
        for (int i = 0; i < nodes.length; i++) {
            double strength = graph.outStrength(first + i);
            double rank = d * sums[i] + fromDeadEnds * begun(first + i);
            float before = view.get(own[i], 0);
            float now = (float) (strength == 0 ? rank : rank / strength);
            all += Math.abs(now - before) * (strength == 0 ? 1 : strength);
            dead += strength == 0 ? now : 0;
            change[i] = now - before;
        }
        session.outbox(shares).addScaled(1, nodes, change, 0, nodes.length);
        var outbox = session.outbox(state);
        outbox.addCell(worker.index(), CHANGE, (float) all - states[mine + CHANGE]);
        outbox.addCell(worker.index(), DEAD_ENDS, (float) dead - states[mine + DEAD_ENDS]);
        outbox.addCell(worker.index(), ITERATIONS, clock == 0 ? 0 : 1);
        worker.processed(edges.length);
    }
}
