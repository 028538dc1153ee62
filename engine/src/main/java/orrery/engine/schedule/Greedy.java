package orrery.engine.schedule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Every stage that fits, in the order in which tasks were submitted (FlexPS, section 6). A task that wants much may wait
 * for ever.
 *
 * @param seed decides between nodes that are alike
 */
public record Greedy(long seed) implements Scheduler {
    @Override
    public String name() {
        return "greedy";
    }

    @Override
    public Plan plan(ClusterView view) {
        var free = FreeSlots.of(view, seed);
        var starts = new LinkedHashMap<Integer, Map<Integer, Integer>>();
        var reasons = new ArrayList<String>();
        for (var task : view.tasks()) {
            if (task.isReady()) {
                var workers = free.fit(task);
                reasons.add(task.name() + (workers.isPresent() ? " begins: it fits" : " does not fit"));
                workers.ifPresent(fit -> {
                    free.take(fit);
                    starts.put(task.id(), fit);
                });
            }
        }
        return new Plan(starts, Map.of(), reasons);
    }
}
