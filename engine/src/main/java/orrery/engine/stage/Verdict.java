package orrery.engine.stage;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What follows from a cut. A value: what it says is done by the engine, once, and again in the same way when the run goes
 * back before the cut and comes to it a second time.
 *
 * @param metrics beside those that workers have tallied
 * @param next whether the job goes on
 * @param writes what is written to tables before the workers go on, in this order
 */
public record Verdict(Map<String, Double> metrics, Next next, List<Write> writes) {
    /** Nothing more is measured, and the workers go on. */
    public static final Verdict GO_ON = new Verdict(Map.of(), Next.GO_ON, List.of());

    /** There is nothing more to do: the job ends well at this cut. */
    public static final Verdict FINISH = new Verdict(Map.of(), Next.FINISH, List.of());

    /** Whether the job goes on. */
    public enum Next {
        GO_ON,
        FINISH
    }

    /** A change of tables at a cut. */
    public sealed interface Write {
        /** A dense table takes the values of another one of the same shape; on each member those that it owns. */
        record Copy(String from, String to) implements Write {}
    }

    public Verdict {
        metrics = new LinkedHashMap<>(metrics); // in their order
        writes = List.copyOf(writes);
    }

    /** Both, one after the other; the job goes on only if both say so. */
    public Verdict and(Verdict other) {
        var all = new LinkedHashMap<>(metrics);
        all.putAll(other.metrics);
        var both = new java.util.ArrayList<>(writes);
        both.addAll(other.writes);
        return new Verdict(all, next == Next.FINISH ? next : other.next, both);
    }
}
