package orrery.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import orrery.engine.event.RunEvent;

/** What a run takes once it is under way: CPU time of the process and wall time, from its first cut to its last. */
public final class BetweenCuts implements Consumer<RunEvent> {
    private final List<Long> cpu = new ArrayList<>();
    private final List<Long> wall = new ArrayList<>();

    @Override
    public void accept(RunEvent event) {
        if (event instanceof RunEvent.CutReached) {
            cpu.add(Cpu.nanos());
            wall.add(System.nanoTime());
        }
    }

    /** Of CPU and wall. */
    public record Seconds(double cpu, double wall) {}

    /** A clock, a pass, an iteration: whatever there are so many of from one cut to the next. */
    public Seconds each(int perCut) {
        double count = 1e9 * perCut * (cpu.size() - 1);
        return new Seconds((cpu.getLast() - cpu.getFirst()) / count, (wall.getLast() - wall.getFirst()) / count);
    }

    /** CPU seconds of one where a cut was reached soonest. */
    public double least(int perCut) {
        long least = Long.MAX_VALUE;
        for (int i = 1; i < cpu.size(); i++) {
            least = Math.min(least, cpu.get(i) - cpu.get(i - 1));
        }
        return least / 1e9 / perCut;
    }
}
