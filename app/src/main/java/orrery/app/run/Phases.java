package orrery.app.run;

import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import orrery.engine.event.Spent;

/**
 * Where the time of a command goes: seconds of the clock, and of CPU, those of a run's members among them. One phase
 * follows another; the first command of a JVM has the start of the JVM as its first. Confined to one thread.
 */
public final class Phases {
    private static final AtomicBoolean HAS_STARTED = new AtomicBoolean();

    private final Map<String, Time> phases = new LinkedHashMap<>();
    private String phase = "start";
    private long since; // of the phase, by the clock
    private long cpuBefore;

    private record Time(long nanos, long cpuNanos) {
        Time plus(Time other) {
            return new Time(nanos + other.nanos, cpuNanos + other.cpuNanos);
        }
    }

    public Phases() {
        since = System.nanoTime();
        cpuBefore = Spent.byThisProcess().toNanos();
        if (HAS_STARTED.compareAndSet(false, true)) {
            long began = ManagementFactory.getRuntimeMXBean().getStartTime();
            since -= TimeUnit.MILLISECONDS.toNanos(Math.max(0, System.currentTimeMillis() - began));
            boolean hasLauncher = Boolean.getBoolean("orrery.launcher"); // and it has built nothing
            cpuBefore = hasLauncher ? -Spent.byWaitedFor().toNanos() : 0;
        }
    }

    /** What follows belongs to a phase. */
    public void next(String name) {
        long now = System.nanoTime();
        long cpu = Spent.byThisProcess().toNanos();
        add(phase, now - since, cpu - cpuBefore);
        since = now;
        cpuBefore = cpu;
        phase = name;
    }

    /** Adds what members have spent meanwhile. */
    public void add(Spent members) {
        add("start", 0, members.start().toNanos());
        add("read", 0, members.read().toNanos());
        add("train", 0, members.work().toNanos());
    }

    private void add(String name, long nanos, long cpuNanos) {
        phases.merge(name, new Time(nanos, cpuNanos), Time::plus);
    }

    /** All seconds until the last {@link #next}. */
    public double seconds() {
        return phases.values().stream().mapToLong(Time::nanos).sum() / 1e9;
    }

    /** All seconds of CPU until then. */
    public double cpuSeconds() {
        return phases.values().stream().mapToLong(Time::cpuNanos).sum() / 1e9;
    }

    /** By phase, its seconds. */
    public Map<String, Object> toMap() {
        var all = new LinkedHashMap<String, Object>();
        phases.forEach((name, time) ->
                all.put(name, Map.of("seconds", time.nanos() / 1e9, "cpuSeconds", time.cpuNanos() / 1e9)));
        return all;
    }

    @Override
    public String toString() {
        return phases.entrySet().stream()
                .map(entry -> String.format(
                        Locale.ROOT,
                        "%s %.2f s (%.2f)",
                        entry.getKey(),
                        entry.getValue().nanos() / 1e9,
                        entry.getValue().cpuNanos() / 1e9))
                .collect(Collectors.joining(", "));
    }
}
