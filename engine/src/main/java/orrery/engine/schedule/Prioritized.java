package orrery.engine.schedule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Whoever was refused most often is asked first; a task that was refused five times loses patience, and slots are kept for
 * it until it fits (FlexPS, section 6). Who lost patience first gets first. So nobody starves: a stage waits at most for
 * five ends of stages, and then for one stage of each task that lost patience before it.
 *
 * <p>Otherwise than published, what is kept are as many slots as the task wants, not whole nodes: there one impatient task
 * that may be anywhere drains the whole cluster.
 *
 * @param seed decides between nodes that are alike
 */
public record Prioritized(long seed) implements Scheduler {
    /** Refusals after which a task loses patience. */
    public static final int PATIENCE = 5;

    @Override
    public String name() {
        return "prioritized";
    }

    @Override
    public Plan plan(ClusterView view) {
        var round = new Round(view);
        var ready = view.tasks().stream().filter(ClusterView.Task::isReady).toList();
        ready.stream()
                .filter(task -> task.standing().isAngry())
                .sorted(Comparator.comparingLong(task -> task.standing().angrySince()))
                .forEach(round::insist);
        ready.stream()
                .filter(task -> !task.standing().isAngry())
                .sorted(Comparator.comparingInt(task -> -task.standing().refusals()))
                .forEach(round::offer);
        return new Plan(round.starts, round.standings, round.reasons);
    }

    private final class Round {
        private final ClusterView view;
        private final FreeSlots free; // that are not kept for anybody
        private final FreeSlots unreserved; // as if nothing ran
        final Map<Integer, Map<Integer, Integer>> starts = new LinkedHashMap<>();
        final Map<Integer, Standing> standings = new TreeMap<>();
        final ArrayList<String> reasons = new ArrayList<>();

        Round(ClusterView view) {
            this.view = view;
            free = FreeSlots.of(view, seed);
            unreserved = FreeSlots.all(view, seed);
        }

        /** A task that has lost patience: begins, or has slots kept for it, if there are any that are not kept yet. */
        void insist(ClusterView.Task task) {
            var workers = free.fit(task);
            if (workers.isPresent()) {
                begin(task, workers.get(), "it was waited for");
                return;
            }
            var old = task.standing();
            var reserved = old.reserved().isEmpty() ? reservation(task) : Optional.of(old.reserved());
            reserved.ifPresent(slots -> {
                free.hold(slots);
                unreserved.take(slots);
            });
            standings.put(task.id(), new Standing(old.refusals() + 1, old.angrySince(), reserved.orElseGet(Map::of)));
            reasons.add(task.name() + " waits; "
                    + reserved.map(slots -> "kept for it: " + words(slots)).orElse("others are before it"));
        }

        /** Where the slots are to be kept: where most of them are free already. */
        private Optional<Map<Integer, Integer>> reservation(ClusterView.Task task) {
            var ideal = unreserved.fit(task);
            if (ideal.isEmpty() || !task.demand().isAnywhere()) {
                return ideal;
            }
            var nodes = new ArrayList<>(view.nodes());
            nodes.sort(Comparator.<ClusterView.Node>comparingInt(node -> -free.at(node.id())));
            var slots = new TreeMap<Integer, Integer>();
            int left = task.demand().workers();
            for (var node : nodes) {
                int some = Math.min(left, unreserved.at(node.id()));
                if (some > 0) {
                    slots.put(node.id(), some);
                    left -= some;
                }
            }
            return Optional.of(slots);
        }

        void offer(ClusterView.Task task) {
            var workers = free.fit(task);
            if (workers.isPresent()) {
                begin(task, workers.get(), "it fits");
                return;
            }
            int refusals = task.standing().refusals() + 1;
            if (refusals >= PATIENCE) {
                standings.put(task.id(), new Standing(refusals, view.round(), Map.of()));
                reasons.add(task.name() + " does not fit, and loses patience");
            } else {
                standings.put(task.id(), new Standing(refusals, -1, Map.of()));
                reasons.add(task.name() + " does not fit, " + refusals + " of " + PATIENCE + " times");
            }
        }

        private void begin(ClusterView.Task task, Map<Integer, Integer> workers, String why) {
            free.take(workers);
            starts.put(task.id(), workers);
            reasons.add(task.name() + " begins: " + why);
        }

        private String words(Map<Integer, Integer> slots) {
            var parts = new ArrayList<String>();
            slots.forEach((node, n) -> parts.add(n + " on node " + node));
            return String.join(", ", parts);
        }
    }
}
