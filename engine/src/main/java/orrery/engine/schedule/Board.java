package orrery.engine.schedule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import orrery.engine.stage.Parallelism;

/**
 * Which tasks there are and what they wait for: what a scheduler is shown, and what becomes of its plans. The same for
 * real jobs and in virtual time. Confined to one thread, or guarded by its owner.
 */
final class Board {
    private final Scheduler scheduler;
    private final List<ClusterView.Node> nodes;
    private final Map<Integer, Entry> tasks = new LinkedHashMap<>(); // that have not left
    private final List<Lane> lanes = new ArrayList<>();
    private int submitted;
    private long rounds;

    private static final class Entry {
        final int id;
        final String name;
        final List<Parallelism> demands;
        final Map<Integer, Integer> visits = new TreeMap<>();
        int stage;
        double ready;
        double begin;
        Map<Integer, Integer> running = Map.of();
        Standing standing = Standing.NEW;

        /** Whether it has done all its stages; one that loses a member then may have to do some again. */
        boolean isDone() {
            return stage == demands.size();
        }

        Entry(int id, String name, List<Parallelism> demands, double ready) {
            this.id = id;
            this.name = name;
            this.demands = demands;
            this.ready = ready;
        }
    }

    Board(Scheduler scheduler, List<ClusterView.Node> nodes) {
        this.scheduler = scheduler;
        this.nodes = List.copyOf(nodes);
    }

    /**
     * Takes in a task. Returns its number.
     *
     * @param demands what its stages want
     * @throws IllegalArgumentException if a stage would never fit
     */
    int submit(String name, List<Parallelism> demands, double now) {
        var entry = new Entry(submitted + 1, name, List.copyOf(demands), now);
        for (; entry.stage < demands.size(); entry.stage++) {
            FreeSlots.check(nodes, view(entry));
        }
        entry.stage = 0;
        submitted++;
        if (!demands.isEmpty()) {
            tasks.put(entry.id, entry);
        }
        return entry.id;
    }

    private ClusterView.Task view(Entry of) {
        return new ClusterView.Task(
                of.id,
                of.name,
                of.stage,
                of.demands.get(of.stage),
                of.running.isEmpty() ? of.ready : of.begin,
                of.running,
                of.visits,
                of.standing);
    }

    /** Asks the scheduler, and does what it says. */
    Decision round(double now) {
        var waiting = tasks.values().stream().filter(task -> !task.isDone());
        var view = new ClusterView(rounds++, now, nodes, waiting.map(this::view).toList());
        var plan = scheduler.plan(view);
        plan.standings().forEach((task, standing) -> {
            var entry = tasks.get(task);
            if (entry != null) {
                entry.standing = standing;
            }
        });
        plan.starts().forEach((task, workers) -> {
            var entry = tasks.get(task);
            if (entry == null || !entry.running.isEmpty()) {
                throw new IllegalStateException(scheduler.name() + " begins task " + task + ", which does not wait");
            }
            entry.running = workers;
            entry.begin = now;
            entry.standing = Standing.NEW;
            workers.keySet().forEach(node -> entry.visits.merge(node, 1, Integer::sum));
        });
        checkRoom();
        return new Decision(scheduler.name(), scheduler.seed(), view, plan);
    }

    private void checkRoom() {
        for (var node : nodes) {
            int used = tasks.values().stream()
                    .mapToInt(task -> task.running.getOrDefault(node.id(), 0))
                    .sum();
            if (used > node.slots()) {
                throw new IllegalStateException(scheduler.name() + " has put " + used + " workers on node " + node.id()
                        + ", which has " + node.slots() + " slots");
            }
        }
    }

    /** The task's stage has ended. */
    void ended(int task, double now) {
        var entry = tasks.get(task);
        if (entry == null || entry.running.isEmpty()) {
            return;
        }
        lanes.add(new Lane(task, entry.name, entry.stage, entry.ready, entry.begin, now, entry.running));
        entry.running = Map.of();
        entry.ready = now;
        entry.stage++;
    }

    /** The task's next stage is another than was thought. Returns whether it is. */
    boolean rewind(int task, int stage, double now) {
        var entry = tasks.get(task);
        if (entry == null || entry.stage == stage) {
            return false;
        }
        entry.stage = stage;
        entry.ready = now;
        entry.running = Map.of();
        return true;
    }

    /** The task is over, whatever it still had to do. */
    void left(int task, double now) {
        ended(task, now);
        tasks.remove(task);
    }

    /** Whether all have done all their stages. */
    boolean isDone() {
        return tasks.values().stream().allMatch(Entry::isDone);
    }

    /** The stages that have ended, in the order of their ends. */
    List<Lane> lanes() {
        return List.copyOf(lanes);
    }
}
