package orrery.engine.schedule;

import java.util.List;
import java.util.Map;

/**
 * One stage at a time, of the task that was submitted first (FlexPS, section 6).
 *
 * @param seed decides between nodes that are alike
 */
public record Sequential(long seed) implements Scheduler {
    @Override
    public String name() {
        return "sequential";
    }

    @Override
    public Plan plan(ClusterView view) {
        if (view.tasks().isEmpty()) {
            return new Plan(Map.of(), Map.of(), List.of());
        }
        var first = view.tasks().getFirst();
        if (!first.isReady()) {
            return new Plan(Map.of(), Map.of(), List.of(first.name() + " runs, and is alone"));
        }
        var workers = FreeSlots.of(view, seed).fit(first);
        return workers.map(fit ->
                        new Plan(Map.of(first.id(), fit), Map.of(), List.of(first.name() + " begins: it is the first")))
                .orElseGet(() -> new Plan(Map.of(), Map.of(), List.of(first.name() + " does not fit")));
    }
}
