package orrery.engine.event;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * CPU time that members of a run have spent.
 *
 * @param start until they were invited
 * @param read until they were ready, which is reading their data
 * @param work since
 */
public record Spent(Duration start, Duration read, Duration work) {
    public static final Spent NOTHING = new Spent(Duration.ZERO, Duration.ZERO, Duration.ZERO);

    /** All CPU time of this process so far. */
    public static Duration byThisProcess() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** CPU time of processes that this one has waited for, such as a launcher's; zero where the system does not say. */
    public static Duration byWaitedFor() {
        try {
            var stat = Files.readString(Path.of("/proc/self/stat"));
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1); // a name may have blanks
            return Duration.ofMillis(10 * (Long.parseLong(fields[13]) + Long.parseLong(fields[14])));
        } catch (IOException | RuntimeException e) {
            return Duration.ZERO;
        }
    }

    public Spent plus(Spent other) {
        return new Spent(start.plus(other.start), read.plus(other.read), work.plus(other.work));
    }

    public Duration all() {
        return start.plus(read).plus(work);
    }
}
