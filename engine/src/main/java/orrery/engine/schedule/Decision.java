package orrery.engine.schedule;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.engine.Parallelism;
import orrery.store.Json;

/**
 * What a scheduler has seen and what it has made of it: a line of a log, from which both can be had again.
 *
 * @param scheduler its name
 * @param seed the scheduler's
 */
public record Decision(String scheduler, long seed, ClusterView view, Plan plan) {

    /** What the scheduler says of the same view now. */
    public Plan again() {
        return Scheduler.of(scheduler, seed).plan(view);
    }

    /** One line of JSON. */
    public String line() {
        var tasks = new ArrayList<Object>();
        for (var task : view.tasks()) {
            var map = new LinkedHashMap<String, Object>();
            map.put("id", task.id());
            map.put("name", task.name());
            map.put("stage", task.stage());
            map.put("wants", task.demand().workers());
            map.put("where", task.demand().where().name());
            map.put("member", task.demand().member());
            map.put("since", task.since());
            map.put("running", words(task.running()));
            map.put("visits", words(task.visits()));
            map.put("standing", words(task.standing()));
            tasks.add(map);
        }
        var all = new LinkedHashMap<String, Object>();
        all.put("scheduler", scheduler);
        all.put("seed", seed);
        all.put("round", view.round());
        all.put("seconds", view.seconds());
        var nodes = new TreeMap<Integer, Integer>();
        view.nodes().forEach(node -> nodes.put(node.id(), node.slots()));
        all.put("nodes", words(nodes));
        all.put("tasks", tasks);
        var starts = new ArrayList<Object>(); // in their order
        plan.starts().forEach((task, workers) -> starts.add(Map.of("task", task, "workers", words(workers))));
        all.put("starts", starts);
        var standings = new LinkedHashMap<String, Object>();
        plan.standings().forEach((task, standing) -> standings.put(String.valueOf(task), words(standing)));
        all.put("standings", standings);
        all.put("reasons", plan.reasons());
        return Json.line(all);
    }

    private static Map<String, Object> words(Standing standing) {
        var map = new LinkedHashMap<String, Object>();
        map.put("refusals", standing.refusals());
        map.put("angrySince", standing.angrySince());
        map.put("reserved", words(standing.reserved()));
        return map;
    }

    private static Map<String, Object> words(Map<Integer, Integer> numbers) {
        var map = new LinkedHashMap<String, Object>();
        numbers.forEach((key, value) -> map.put(String.valueOf(key), value));
        return map;
    }

    /**
     * Reads a line.
     *
     * @param where for messages, such as {@code decisions.jsonl:17}
     * @throws IOException if it is none
     */
    public static Decision read(String line, String where) throws IOException {
        var all = Json.object(line, where);
        var nodes = new ArrayList<ClusterView.Node>();
        numbers(all.get("nodes"), where).forEach((id, slots) -> nodes.add(new ClusterView.Node(id, slots)));
        var tasks = new ArrayList<ClusterView.Task>();
        for (var entry : list(all.get("tasks"), where)) {
            var map = map(entry, where);
            tasks.add(new ClusterView.Task(
                    number(map.get("id"), where).intValue(),
                    String.valueOf(map.get("name")),
                    number(map.get("stage"), where).intValue(),
                    new Parallelism(
                            number(map.get("wants"), where).intValue(),
                            place(String.valueOf(map.get("where")), where),
                            number(map.get("member"), where).intValue()),
                    number(map.get("since"), where).doubleValue(),
                    numbers(map.get("running"), where),
                    numbers(map.get("visits"), where),
                    standing(map.get("standing"), where)));
        }
        var starts = new LinkedHashMap<Integer, Map<Integer, Integer>>();
        for (var entry : list(all.get("starts"), where)) {
            var map = map(entry, where);
            starts.put(number(map.get("task"), where).intValue(), numbers(map.get("workers"), where));
        }
        var standings = new TreeMap<Integer, Standing>();
        for (var entry : map(all.get("standings"), where).entrySet()) {
            standings.put(Integer.valueOf(entry.getKey()), standing(entry.getValue(), where));
        }
        return new Decision(
                String.valueOf(all.get("scheduler")),
                number(all.get("seed"), where).longValue(),
                new ClusterView(
                        number(all.get("round"), where).longValue(),
                        number(all.get("seconds"), where).doubleValue(),
                        nodes,
                        tasks),
                new Plan(
                        starts,
                        standings,
                        list(all.get("reasons"), where).stream()
                                .map(String::valueOf)
                                .toList()));
    }

    private static Parallelism.Where place(String name, String where) throws IOException {
        try {
            return Parallelism.Where.valueOf(name);
        } catch (IllegalArgumentException e) {
            throw new IOException(where + ": there is no place '" + name + "'", e);
        }
    }

    private static Standing standing(@Nullable Object value, String where) throws IOException {
        var map = map(value, where);
        return new Standing(
                number(map.get("refusals"), where).intValue(),
                number(map.get("angrySince"), where).longValue(),
                numbers(map.get("reserved"), where));
    }

    private static Map<Integer, Integer> numbers(@Nullable Object value, String where) throws IOException {
        var numbers = new TreeMap<Integer, Integer>();
        for (var entry : map(value, where).entrySet()) {
            numbers.put(
                    Integer.valueOf(entry.getKey()),
                    number(entry.getValue(), where).intValue());
        }
        return numbers;
    }

    private static Map<String, Object> map(@Nullable Object value, String where) throws IOException {
        if (value instanceof Map<?, ?> map) {
            var copy = new LinkedHashMap<String, Object>();
            map.forEach((k, v) -> copy.put(String.valueOf(k), v));
            return copy;
        }
        throw new IOException(where + ": no decision of a scheduler");
    }

    private static List<?> list(@Nullable Object value, String where) throws IOException {
        if (value instanceof List<?> list) {
            return list;
        }
        throw new IOException(where + ": no decision of a scheduler");
    }

    private static Number number(@Nullable Object value, String where) throws IOException {
        if (value instanceof Number number) {
            return number;
        }
        throw new IOException(where + ": no decision of a scheduler");
    }
}
