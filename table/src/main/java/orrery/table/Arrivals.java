package orrery.table;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What has come from the workers of other nodes to the tables of one group: each push once, by its identity (worker,
 * clock, part), and each clock completed when all its parts are here, in whatever order they and the tick come. Remembers
 * open clocks only. Confined to the node's thread.
 */
final class Arrivals {
    private final Clocks clocks;
    private final long[] completed;
    private final Map<Long, BitSet>[] parts;
    private final ArrayDeque<long[]>[] ticks; // (clock, parts), in their order
    private final Map<Long, List<Runnable>>[] held; // updates of clocks that are to be applied whole

    @SuppressWarnings({"unchecked", "rawtypes"}) // arrays of generics
    Arrivals(Clocks clocks, long[] completed) {
        this.clocks = clocks;
        this.completed = completed;
        parts = new Map[completed.length];
        ticks = new ArrayDeque[completed.length];
        held = new Map[completed.length];
        for (int w = 0; w < completed.length; w++) {
            parts[w] = new HashMap<>();
            ticks[w] = new ArrayDeque<>();
            held[w] = new HashMap<>();
        }
    }

    /** Whether the part is new; if so it counts as here. */
    boolean isNew(int worker, long clock, int part) {
        if (clock <= completed[worker]) {
            return false;
        }
        var of = parts[worker].computeIfAbsent(clock, c -> new BitSet());
        if (of.get(part)) {
            return false;
        }
        of.set(part);
        return true;
    }

    /** Keeps an update until its clock is whole. */
    void hold(int worker, long clock, Runnable update) {
        held[worker].computeIfAbsent(clock, c -> new ArrayList<>()).add(update);
    }

    /** A worker says that it has completed a clock, of which this node gets so many parts. */
    void tick(int worker, long clock, int count) {
        var waiting = ticks[worker];
        if (clock > completed[worker] && (waiting.isEmpty() || waiting.getLast()[0] < clock)) {
            waiting.add(new long[] {clock, count});
        }
    }

    /** Completes the clocks of a worker whose parts are all here, and says if there were any. After parts are applied. */
    boolean advance(int worker) {
        boolean any = false;
        for (var tick = ticks[worker].peek(); tick != null; tick = ticks[worker].peek()) {
            var here = parts[worker].get(tick[0]);
            if ((here == null ? 0 : here.cardinality()) < tick[1]) {
                return any;
            }
            any = true;
            ticks[worker].remove();
            parts[worker].remove(tick[0]);
            completed[worker] = tick[0];
            held[worker].getOrDefault(tick[0], List.of()).forEach(Runnable::run);
            held[worker].remove(tick[0]);
            clocks.tick(worker, tick[0]);
        }
        return any;
    }

    int workers() {
        return completed.length;
    }
}
