package orrery.engine.schedule;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import orrery.engine.stage.Parallelism;

/** Tasks on a cluster in virtual time: what a scheduler would do, and what would come of it. Deterministic. */
public final class Simulation {
    private Simulation() {}

    /**
     * A task that is submitted at some time.
     *
     * @param at seconds
     * @param stages in their order, one at least
     */
    public record Submission(String name, double at, List<Work> stages) {
        public Submission {
            stages = List.copyOf(stages);
            if (stages.isEmpty()) {
                throw new IllegalArgumentException("task '" + name + "' has no stages");
            }
        }
    }

    /**
     * A stage.
     *
     * @param seconds how long it takes once it has its workers
     */
    public record Work(Parallelism demand, double seconds) {}

    /** What happened. */
    public record Result(List<Lane> lanes) {
        public Result {
            lanes = List.copyOf(lanes);
        }

        /** When the last task ended. */
        public double makespan() {
            return lanes.stream().mapToDouble(Lane::end).max().orElse(0);
        }

        /** How long a task waited for its stages to begin, in the mean over tasks. */
        public double meanWait() {
            long tasks = lanes.stream().mapToInt(Lane::task).distinct().count();
            return lanes.stream().mapToDouble(Lane::waited).sum() / Math.max(1, tasks);
        }

        /** The longest that a stage waited. */
        public double longestWait() {
            return lanes.stream().mapToDouble(Lane::waited).max().orElse(0);
        }
    }

    private record Event(double at, long number, Runnable action) {}

    /**
     * Runs to the end of the last task.
     *
     * @param log hears each decision
     */
    public static Result run(
            Scheduler scheduler, List<ClusterView.Node> nodes, List<Submission> tasks, Consumer<Decision> log) {
        var board = new Board(scheduler, nodes);
        var events =
                new PriorityQueue<Event>(Comparator.comparingDouble(Event::at).thenComparingLong(Event::number));
        var work = new ArrayList<ArrayDeque<Work>>(); // by task
        long[] number = {0};
        for (var task : tasks.stream()
                .sorted(Comparator.comparingDouble(Submission::at))
                .toList()) {
            events.add(new Event(task.at(), number[0]++, () -> {
                board.submit(
                        task.name(), task.stages().stream().map(Work::demand).toList(), task.at());
                work.add(new ArrayDeque<>(task.stages()));
            }));
        }
        while (!events.isEmpty()) {
            double now = events.element().at();
            while (!events.isEmpty() && events.element().at() == now) { // what happens at once is seen at once
                events.remove().action().run();
            }
            var decision = board.round(now);
            log.accept(decision);
            for (int task : decision.plan().starts().keySet()) {
                double seconds = work.get(task - 1).remove().seconds();
                events.add(new Event(now + seconds, number[0]++, () -> board.ended(task, now + seconds)));
            }
        }
        if (!board.isDone()) {
            throw new IllegalStateException(scheduler.name() + " leaves tasks that it never begins");
        }
        return new Result(board.lanes());
    }
}
