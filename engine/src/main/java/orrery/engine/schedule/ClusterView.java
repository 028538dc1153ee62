package orrery.engine.schedule;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import orrery.engine.stage.Parallelism;

/**
 * What a scheduler sees.
 *
 * @param round how many views came before this one
 * @param seconds since the first task was submitted
 * @param nodes in the order of their numbers
 * @param tasks that have not ended, in the order in which they were submitted
 */
public record ClusterView(long round, double seconds, List<Node> nodes, List<Task> tasks) {
    public ClusterView {
        nodes = List.copyOf(nodes);
        tasks = List.copyOf(tasks);
    }

    /**
     * A machine.
     *
     * @param id from 1
     * @param slots how many workers can be on it at once
     */
    public record Node(int id, int slots) {}

    /**
     * A task that has not ended: its stage that runs, or is to run next.
     *
     * @param id from 1, in the order in which tasks were submitted
     * @param name for reasons
     * @param stage how many of its stages have ended
     * @param demand how many workers the stage wants, and where
     * @param since when the stage became ready, or began
     * @param running node to workers, empty if the stage waits
     * @param visits node to how many stages of the task have been there
     * @param standing what came of earlier rounds
     */
    public record Task(
            int id,
            String name,
            int stage,
            Parallelism demand,
            double since,
            Map<Integer, Integer> running,
            Map<Integer, Integer> visits,
            Standing standing) {
        public Task {
            running = new TreeMap<>(running);
            visits = new TreeMap<>(visits);
        }

        /** Whether its stage waits. */
        public boolean isReady() {
            return running.isEmpty();
        }
    }

    /** Slots of all nodes. */
    public int slots() {
        return nodes.stream().mapToInt(Node::slots).sum();
    }
}
