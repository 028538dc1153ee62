package orrery.engine.schedule;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a scheduler has decided.
 *
 * @param starts task to node to workers, in the order in which they begin
 * @param standings task to what it has come to, of those that go on waiting
 * @param reasons a line for each task that was looked at
 */
public record Plan(Map<Integer, Map<Integer, Integer>> starts, Map<Integer, Standing> standings, List<String> reasons) {
    public Plan {
        var copy = new LinkedHashMap<Integer, Map<Integer, Integer>>();
        starts.forEach((task, workers) -> copy.put(task, new TreeMap<>(workers)));
        starts = copy;
        standings = new TreeMap<>(standings);
        reasons = List.copyOf(reasons);
    }
}
