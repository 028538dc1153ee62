package orrery.app.run;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.Consumer;
import orrery.engine.event.RunEvent;

/**
 * Shows how a run gets on: on a terminal one line that is redrawn, with rate and time left; otherwise lines at doubling
 * intervals, so that a log stays short.
 */
public final class Progress implements Consumer<RunEvent> {
    private final Terminal err;
    private final boolean isTerminal;
    private final String counted;
    private double nextLineAt = 1; // seconds
    private boolean isLineOpen;
    private long firstClock;

    /** @param counted what a training goes through, in the plural */
    public Progress(PrintWriter err, boolean isTerminal, String counted) {
        this.counted = counted;
        this.err = Terminal.of(err);
        this.isTerminal = isTerminal;
    }

    /** Whether standard error is a terminal: the launcher script looks. */
    public static boolean isTerminal() {
        return Boolean.getBoolean("orrery.tty");
    }

    @Override
    public void accept(RunEvent event) {
        switch (event) {
            case RunEvent.StageStarted started -> firstClock = started.clock();
            case RunEvent.Progressed progress -> progressed(progress);
            case RunEvent.CutReached cut -> cut(cut);
            case RunEvent.MemoryPlanned planned -> line(memory(planned));
            case RunEvent.Resumed resumed ->
                line("goes on at clock " + resumed.clock() + " from " + resumed.checkpoint());
            case RunEvent.CheckpointPassedOver passed -> line("warning: skipping a checkpoint: " + passed.why());
            case RunEvent.MemberLost lost -> line(lost.why());
            case RunEvent.Continued on ->
                line("goes on at clock " + on.clock() + "; the blocks of member " + on.member() + " are as they were "
                        + on.clocksLost() + " clocks ago");
            case RunEvent.Planned planned ->
                line(String.format(
                        Locale.ROOT,
                        "planned by the first pass: %,.0f bytes a clock, and ticks",
                        planned.plan().bytesPerClock()));
            case RunEvent.Rescaled rescaled ->
                line("goes on with " + rescaled.members() + " members, " + rescaled.blocksMoved() + " blocks moved");
            case RunEvent.Resized resized ->
                line(resized.stage() + ": goes on with " + resized.after() + " workers instead of " + resized.before());
            case RunEvent.MemberSaid _, RunEvent.Counted _ -> {}
            case RunEvent.WorkerFailed _, RunEvent.Ended _ -> endLine();
            case RunEvent.Started _, RunEvent.Checkpointed _, RunEvent.StageEnded _ -> {}
        }
    }

    private static String memory(RunEvent.MemoryPlanned planned) {
        return (planned.members() == 0 ? "memory: " : "memory of each of " + planned.members() + " members: ")
                + planned.plan() + ", of " + (planned.limit() >> 20) + " MiB";
    }

    private void progressed(RunEvent.Progressed progress) {
        double seconds = progress.elapsed().toNanos() / 1e9;
        if (isTerminal) {
            err.clearLine();
            err.print(describe(progress, seconds));
            err.flush();
            isLineOpen = true;
        } else if (seconds >= nextLineAt) {
            err.println(describe(progress, seconds));
            while (nextLineAt <= seconds) {
                nextLineAt *= 2;
            }
        }
    }

    private String describe(RunEvent.Progressed progress, double seconds) {
        long done = progress.clock() - firstClock;
        long left = progress.clocks() - progress.clock();
        String remaining = done == 0 ? "?" : seconds(seconds * left / done);
        return String.format(
                Locale.ROOT,
                "%s: clock %,d of %,d (%d %%), %,.0f %s/s, %s left",
                progress.stage(),
                progress.clock(),
                progress.clocks(),
                progress.clocks() == 0 ? 100 : 100 * progress.clock() / progress.clocks(),
                progress.examples() / Math.max(seconds, 1e-3),
                counted,
                remaining);
    }

    private void cut(RunEvent.CutReached cut) {
        var text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s: clock %,d, %,d %s, %s",
                cut.stage(),
                cut.clock(),
                cut.examples(),
                counted,
                seconds(cut.elapsed().toNanos() / 1e9)));
        cut.metrics().forEach((name, value) -> {
            if (!name.contains(".baseline")) { // which is the same at each cut
                text.append(", ").append(name).append(' ').append(Shown.number(value));
            }
        });
        line(text.toString());
    }

    private static String seconds(double seconds) {
        return seconds < 120
                ? String.format(Locale.ROOT, "%.1f s", seconds)
                : String.format(Locale.ROOT, "%d min %02d s", (long) seconds / 60, (long) seconds % 60);
    }

    private void line(String text) {
        endLine();
        err.println(text);
    }

    private void endLine() {
        if (isLineOpen) {
            err.clearLine();
            isLineOpen = false;
        }
    }
}
