package orrery.engine.schedule;

import java.util.Map;
import java.util.TreeMap;

/**
 * What a waiting task has come to; kept between rounds by who asks, so that schedulers are pure.
 *
 * @param refusals rounds in which it could not begin, since it last began
 * @param angrySince the round in which it lost patience, or -1
 * @param reserved node to slots that are kept for it
 */
public record Standing(int refusals, long angrySince, Map<Integer, Integer> reserved) {
    /** What a task has that has not been refused. */
    public static final Standing NEW = new Standing(0, -1, Map.of());

    public Standing {
        reserved = new TreeMap<>(reserved);
    }

    /** Whether it has lost patience. */
    public boolean isAngry() {
        return angrySince >= 0;
    }
}
