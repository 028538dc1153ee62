package orrery.engine.schedule;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import orrery.engine.stage.Parallelism;

/** The slots that nobody has, while a round goes on, and where a stage would fit into them. */
final class FreeSlots {
    private final long seed;
    private final Map<Integer, Integer> free = new TreeMap<>(); // by node

    private FreeSlots(long seed, Map<Integer, Integer> free) {
        this.seed = seed;
        this.free.putAll(free);
    }

    /** Those that no running stage has. */
    static FreeSlots of(ClusterView view, long seed) {
        var slots = all(view, seed);
        view.tasks().forEach(task -> slots.take(task.running()));
        return slots;
    }

    /** All there are, as if nothing ran. */
    static FreeSlots all(ClusterView view, long seed) {
        var free = new TreeMap<Integer, Integer>();
        view.nodes().forEach(node -> free.put(node.id(), node.slots()));
        return new FreeSlots(seed, free);
    }

    FreeSlots copy() {
        return new FreeSlots(seed, free);
    }

    int at(int node) {
        return free.getOrDefault(node, 0);
    }

    void take(Map<Integer, Integer> workers) {
        workers.forEach((node, n) -> free.merge(node, -n, Integer::sum));
    }

    /** As {@link #take}, but only what is there: what is reserved may be in use by others for a while. */
    void hold(Map<Integer, Integer> workers) {
        workers.forEach((node, n) -> free.merge(node, -n, (is, less) -> Math.max(0, is + less)));
    }

    /** Where the task's stage would fit: node to workers. */
    Optional<Map<Integer, Integer>> fit(ClusterView.Task task) {
        var demand = task.demand();
        int n = demand.workers();
        return switch (demand.where()) {
            case EACH_MEMBER -> fit(free.keySet(), n);
            case ANYWHERE, FOUND -> spread(n);
            case NAMED -> fit(List.of(demand.member()), n);
            case WALKING -> leastVisited(task, n, true);
            case ONE_MEMBER -> leastVisited(task, n, false);
            case OF_RUN -> throw new IllegalArgumentException("a stage in a pool says how many workers it wants");
        };
    }

    private Optional<Map<Integer, Integer>> fit(Collection<Integer> nodes, int n) {
        var workers = new TreeMap<Integer, Integer>();
        nodes.forEach(node -> workers.put(node, n));
        return nodes.stream().allMatch(node -> at(node) >= n) ? Optional.of(workers) : Optional.empty();
    }

    /** As evenly as the nodes have room, so that most is left everywhere. */
    private Optional<Map<Integer, Integer>> spread(int n) {
        int all = free.values().stream().mapToInt(f -> Math.max(0, f)).sum();
        if (all < n) {
            return Optional.empty();
        }
        var left = new TreeMap<>(free);
        var workers = new TreeMap<Integer, Integer>();
        int even = Math.min(
                n / free.size(),
                free.values().stream().mapToInt(f -> Math.max(0, f)).min().orElse(0));
        int placed = 0;
        if (even > 0) {
            for (int node : free.keySet()) {
                workers.put(node, even);
                left.merge(node, -even, Integer::sum);
                placed += even;
            }
        }
        for (; placed < n; placed++) {
            int most = left.entrySet().stream()
                    .max(Map.Entry.<Integer, Integer>comparingByValue()
                            .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder())))
                    .orElseThrow()
                    .getKey();
            workers.merge(most, 1, Integer::sum);
            left.merge(most, -1, Integer::sum);
        }
        return Optional.of(workers);
    }

    /**
     * One node, of those that the task has been on least often; of the others only where it may be anywhere. Between nodes
     * that are alike the seed decides.
     */
    private Optional<Map<Integer, Integer>> leastVisited(ClusterView.Task task, int n, boolean isBound) {
        var nodes = new ArrayList<>(free.keySet());
        var ranks = new TreeMap<Integer, Long>();
        for (int node : nodes) {
            ranks.put(node, new SplittableRandom(seed * 31 + task.id() * 1009L + node).nextLong());
        }
        nodes.sort(Comparator.<Integer>comparingInt(node -> visits(task, node)).thenComparing(ranks::get));
        int least = nodes.isEmpty() ? 0 : visits(task, nodes.getFirst());
        for (int node : nodes) {
            if (at(node) >= n && (!isBound || visits(task, node) == least)) {
                return Optional.of(Map.of(node, n));
            }
        }
        return Optional.empty();
    }

    private static int visits(ClusterView.Task task, int node) {
        return task.visits().getOrDefault(node, 0);
    }

    /** Such as {@code 3 free of node 1, 0 of node 2}. */
    String describe() {
        var parts = new ArrayList<String>();
        free.forEach((node, n) -> parts.add(n + " on node " + node));
        return String.join(", ", parts);
    }

    /** Tasks whose stages no node could ever take are told when they are submitted. */
    static void check(List<ClusterView.Node> nodes, ClusterView.Task task) {
        var view = new ClusterView(0, 0, nodes, List.of());
        boolean isEverywhere = task.demand().where() != Parallelism.Where.WALKING
                || nodes.stream().allMatch(node -> node.slots() >= task.demand().workers());
        if (!isEverywhere || all(view, 0).fit(task).isEmpty()) {
            throw new IllegalArgumentException("task '" + task.name() + "', stage " + task.stage() + ": wants "
                    + task.demand() + ", and there are only " + all(view, 0).describe());
        }
    }
}
