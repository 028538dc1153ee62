package orrery.table.mail;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import orrery.table.clock.Clocks;

/**
 * What has come from the workers of other nodes to the tables of one group: each push once, by its identity (worker,
 * clock, part), and each clock completed when all its parts are here, in whatever order they and the tick come. Remembers
 * open clocks only. Confined to the node's thread.
 */
public final class Arrivals {
    private final Clocks clocks;
    private final long[] completed;
    private final Map<Long, BitSet>[] parts;
    private final ArrayDeque<Tick>[] ticks; // in their order
    private final Map<Long, List<Runnable>>[] held; // updates of clocks that are to be applied whole

    private int led; // of those ticks, how many go with another

    /**
     * A worker says that it has completed a clock.
     *
     * @param parts that this node gets of it
     * @param leader the worker whose tick brought this one, and is completed before it; -1 if it came by itself
     * @param leadersClock which of its clocks
     */
    private record Tick(long clock, int parts, int leader, long leadersClock) {}

    @SuppressWarnings({"unchecked", "rawtypes"}) // arrays of generics
    public Arrivals(Clocks clocks, long[] completed) {
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
    public boolean isNew(int worker, long clock, int part) {
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
    public void hold(int worker, long clock, Runnable update) {
        held[worker].computeIfAbsent(clock, c -> new ArrayList<>()).add(update);
    }

    /** A worker says that it has completed a clock, of which this node gets so many parts. */
    public void tick(int worker, long clock, int count) {
        if (isNews(worker, clock)) {
            ticks[worker].add(new Tick(clock, count, -1, 0));
        }
    }

    /** The same of a worker whose updates are among the parts of {@code leader}'s clock. */
    public void tickWith(int leader, long leadersClock, int worker, long clock) {
        if (isNews(worker, clock)) {
            ticks[worker].add(new Tick(clock, 0, leader, leadersClock));
            led++;
        }
    }

    private boolean isNews(int worker, long clock) {
        var waiting = ticks[worker];
        return clock > completed[worker]
                && (waiting.isEmpty() || waiting.getLast().clock() < clock);
    }

    /** Completes the clocks of a worker whose parts are all here, and says if there were any. After parts are applied. */
    public boolean advance(int worker) {
        boolean any = complete(worker);
        for (boolean more = any; more && led > 0; ) {
            more = false;
            for (int other = 0; other < ticks.length; other++) {
                more |= complete(other);
            }
        }
        return any;
    }

    private boolean complete(int worker) {
        boolean any = false;
        for (var tick = ticks[worker].peek(); tick != null && isWhole(worker, tick); tick = ticks[worker].peek()) {
            any = true;
            led -= tick.leader() < 0 ? 0 : 1;
            ticks[worker].remove();
            parts[worker].remove(tick.clock());
            completed[worker] = tick.clock();
            held[worker].getOrDefault(tick.clock(), List.of()).forEach(Runnable::run);
            held[worker].remove(tick.clock());
            clocks.tick(worker, tick.clock());
        }
        return any;
    }

    private boolean isWhole(int worker, Tick tick) {
        var here = parts[worker].get(tick.clock());
        return (here == null ? 0 : here.cardinality()) >= tick.parts()
                && (tick.leader() < 0 || completed[tick.leader()] >= tick.leadersClock());
    }

    public int workers() {
        return completed.length;
    }
}
