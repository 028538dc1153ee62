package orrery.engine.stage;

import java.util.ArrayList;
import java.util.List;

/**
 * Stages that follow one another, each with its own number of workers (FlexPS, section 3), such as {@code
 * Task.of(full.with(Parallelism.anywhere(100)), stochastic.with(Parallelism.anywhere(10))).repeat(10)}. What a stage has
 * written to the tables the next one reads from its first clock on.
 *
 * @param stages in their order
 */
public record Task(List<Stage> stages) {
    public Task {
        stages = List.copyOf(stages);
    }

    public static Task of(Stage... stages) {
        return new Task(List.of(stages));
    }

    /** The same so many times; the stages' names tell the times apart, from 1. */
    public Task repeat(int times) {
        if (times < 1) {
            throw new IllegalArgumentException("a task is done 1 time or more, asked for " + times);
        }
        var all = new ArrayList<Stage>();
        for (int time = 1; time <= times; time++) {
            for (var stage : stages) {
                all.add(stage.named(stage.name() + " " + time));
            }
        }
        return new Task(all);
    }

    /** These stages, and then the other's. */
    public Task then(Task other) {
        var all = new ArrayList<>(stages);
        all.addAll(other.stages);
        return new Task(all);
    }
}
