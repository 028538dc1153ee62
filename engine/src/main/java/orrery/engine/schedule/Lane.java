package orrery.engine.schedule;

import java.util.Map;

/**
 * One stage of a task, as it ran.
 *
 * @param task its number, from 1
 * @param stage how many stages of the task came before
 * @param ready when it could have begun, in seconds
 * @param workers node to workers
 */
public record Lane(
        int task, String name, int stage, double ready, double begin, double end, Map<Integer, Integer> workers) {
    /** How long it waited. */
    public double waited() {
        return begin - ready;
    }
}
