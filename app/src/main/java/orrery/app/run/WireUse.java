package orrery.app.run;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import orrery.engine.event.RunEvent;

/**
 * Bytes that the processes of a run send to each other in a clock, as they have counted them from cut to cut. Rows that are
 * asked for the first time, leases and what the coordinator measures are among them.
 */
public final class WireUse implements Consumer<RunEvent> {
    private final int processes;
    private final Map<Integer, Long> atCut = new HashMap<>(); // by member: sent up to the cut that is on
    private long cut = -1;
    private long firstClock = -1;
    private long firstBytes;
    private long lastClock = -1;
    private long lastBytes;

    public WireUse(int processes) {
        this.processes = processes;
    }

    @Override
    public synchronized void accept(RunEvent event) {
        switch (event) {
            case RunEvent.CutReached reached -> {
                cut = reached.clock();
                atCut.clear();
            }
            case RunEvent.Counted counted
            when cut >= 0 && counted.member() > 0 -> { // with the cut each tells its counts
                atCut.putIfAbsent(counted.member(), counted.counts().getOrDefault("bytesSent", 0L));
                if (atCut.size() == processes) {
                    at(cut, atCut.values().stream().mapToLong(Long::longValue).sum());
                    cut = -1;
                }
            }
            case RunEvent.Planned _, RunEvent.MemberLost _, RunEvent.Rescaled _ ->
                firstClock = -1; // what follows differs
            default -> {}
        }
    }

    private void at(long clock, long bytes) {
        if (firstClock < 0) {
            firstClock = clock;
            firstBytes = bytes;
        }
        lastClock = clock;
        lastBytes = bytes;
    }

    /** Empty if there were too few cuts to tell. */
    public synchronized OptionalDouble bytesPerClock() {
        return firstClock >= 0 && lastClock > firstClock
                ? OptionalDouble.of((lastBytes - firstBytes) / (double) (lastClock - firstClock))
                : OptionalDouble.empty();
    }
}
