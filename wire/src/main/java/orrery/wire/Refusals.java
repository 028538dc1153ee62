package orrery.wire;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Logs who was refused, at most once a second, with how many it were. Confined to the event loop. */
final class Refusals {
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Consumer<String> log;
    private boolean hasLogged;
    private long loggedAt;
    private long since; // refused and not logged
    private String latest = "";

    Refusals(Consumer<String> log) {
        this.log = log;
    }

    /** Somebody was refused. */
    void add(String from, String why, long now) {
        since++;
        latest = from + ": " + why;
        look(now);
    }

    /** Called from time to time. */
    void look(long now) {
        if (since == 0 || (hasLogged && now - loggedAt < PAUSE_NANOS)) {
            return;
        }
        log.accept(
                since == 1
                        ? "refused a connection from " + latest
                        : "refused " + since + " connections, the latest from " + latest);
        hasLogged = true;
        loggedAt = now;
        since = 0;
    }
}
