package orrery.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** CPU time of the whole process: what other processes on the machine do hardly shows in it. */
public final class Cpu {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private Cpu() {}

    public static long nanos() {
        return SYSTEM.getProcessCpuTime();
    }

    /** Something that may throw. */
    @FunctionalInterface
    public interface Action {
        void run() throws Exception;
    }

    /** CPU seconds that an action takes. */
    public static double seconds(Action action) throws Exception {
        long before = nanos();
        action.run();
        return (nanos() - before) / 1e9;
    }
}
