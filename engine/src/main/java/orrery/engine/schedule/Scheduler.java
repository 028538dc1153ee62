package orrery.engine.schedule;

/** Decides which tasks' next stages begin now, and where. A pure function: all it knows is in the view, and its seed. */
public interface Scheduler {
    /** The name by which the command line and logs know it. */
    String name();

    /** What decides between nodes that are alike. */
    long seed();

    /** What begins now. What runs goes on; what is not begun stays as it is, save for its {@link Standing}. */
    Plan plan(ClusterView view);

    /**
     * The scheduler of that name: {@code sequential}, {@code greedy} or {@code prioritized}.
     *
     * @param seed decides between nodes that are alike
     */
    static Scheduler of(String name, long seed) {
        return switch (name) {
            case "sequential" -> new Sequential(seed);
            case "greedy" -> new Greedy(seed);
            case "prioritized" -> new Prioritized(seed);
            default ->
                throw new IllegalArgumentException(
                        "a scheduler is sequential, greedy or prioritized, not '" + name + "'");
        };
    }
}
