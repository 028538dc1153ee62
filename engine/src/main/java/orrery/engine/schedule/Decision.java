package orrery.engine.schedule;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.engine.stage.Parallelism;
import orrery.store.Json;
import orrery.store.Printable;

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
        try {
            return parsed(line, where);
        } catch (IllegalArgumentException e) { // a number or a name that no decision has
            throw new IOException(where + ": is damaged: " + Printable.of(String.valueOf(e.getMessage())), e);
        }
    }

    private static Decision parsed(String line, String where) throws IOException {
        var all = Json.object(line, where);
        var nodes = new ArrayList<ClusterView.Node>();
        numbers(all.get("nodes"), where, "nodes").forEach((id, slots) -> nodes.add(new ClusterView.Node(id, slots)));
        var tasks = new ArrayList<ClusterView.Task>();
        for (var entry : Json.list(all.get("tasks"), where, "tasks")) {
            var map = Json.map(entry, where, "entry");
            tasks.add(new ClusterView.Task(
                    (int) Json.whole(map.get("id"), where, "id", Integer.MIN_VALUE, Integer.MAX_VALUE),
                    String.valueOf(map.get("name")),
                    (int) Json.whole(map.get("stage"), where, "stage", Integer.MIN_VALUE, Integer.MAX_VALUE),
                    new Parallelism(
                            (int) Json.whole(map.get("wants"), where, "wants", Integer.MIN_VALUE, Integer.MAX_VALUE),
                            place(String.valueOf(map.get("where")), where),
                            (int) Json.whole(map.get("member"), where, "member", Integer.MIN_VALUE, Integer.MAX_VALUE)),
                    Json.number(map.get("since"), where, "since").doubleValue(),
                    numbers(map.get("running"), where, "running"),
                    numbers(map.get("visits"), where, "visits"),
                    standing(map.get("standing"), where, "standing")));
        }
        var starts = new LinkedHashMap<Integer, Map<Integer, Integer>>();
        for (var entry : Json.list(all.get("starts"), where, "starts")) {
            var map = Json.map(entry, where, "entry");
            starts.put(
                    (int) Json.whole(map.get("task"), where, "task", Integer.MIN_VALUE, Integer.MAX_VALUE),
                    numbers(map.get("workers"), where, "workers"));
        }
        var standings = new TreeMap<Integer, Standing>();
        for (var entry : Json.map(all.get("standings"), where, "standings").entrySet()) {
            standings.put(Integer.valueOf(entry.getKey()), standing(entry.getValue(), where, entry.getKey()));
        }
        return new Decision(
                String.valueOf(all.get("scheduler")),
                Json.whole(all.get("seed"), where, "seed", Long.MIN_VALUE, Long.MAX_VALUE),
                new ClusterView(
                        Json.whole(all.get("round"), where, "round", Long.MIN_VALUE, Long.MAX_VALUE),
                        Json.number(all.get("seconds"), where, "seconds").doubleValue(),
                        nodes,
                        tasks),
                new Plan(
                        starts,
                        standings,
                        Json.list(all.get("reasons"), where, "reasons").stream()
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

    private static Standing standing(@Nullable Object value, String where, String key) throws IOException {
        var map = Json.map(value, where, key);
        return new Standing(
                (int) Json.whole(map.get("refusals"), where, "refusals", Integer.MIN_VALUE, Integer.MAX_VALUE),
                Json.whole(map.get("angrySince"), where, "angrySince", Long.MIN_VALUE, Long.MAX_VALUE),
                numbers(map.get("reserved"), where, "reserved"));
    }

    private static Map<Integer, Integer> numbers(@Nullable Object value, String where, String key) throws IOException {
        var numbers = new TreeMap<Integer, Integer>();
        for (var entry : Json.map(value, where, key).entrySet()) {
            numbers.put(Integer.valueOf(entry.getKey()), (int)
                    Json.whole(entry.getValue(), where, entry.getKey(), Integer.MIN_VALUE, Integer.MAX_VALUE));
        }
        return numbers;
    }
}
