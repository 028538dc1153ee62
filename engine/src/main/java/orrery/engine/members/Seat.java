package orrery.engine.members;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.engine.launch.Members;

/** One life of a member, as the coordinator knows it. Confined to its thread, save the last words. */
final class Seat {
    final int id;
    final Members.Started process;
    final long incarnation;
    final long since; // by the clock of being awake, as all times here
    final ArrayDeque<String> lastWords; // guarded by itself
    final Map<Class<? extends Report>, Report> got =
            new LinkedHashMap<>(); // the latest of each kind that nobody has taken

    @Nullable
    InetSocketAddress address; // once it has said hello

    long memory; // bytes that it may have
    long brokenSince; // when its link broke, or 0
    boolean hasTables;
    boolean isFresh; // its tables are to be made anew
    Report.Progress progress = Report.Progress.NONE;

    Seat(int id, long incarnation, Members.Started process, long since, ArrayDeque<String> lastWords) {
        this.since = since;
        this.lastWords = lastWords;
        this.id = id;
        this.incarnation = incarnation;
        this.process = process;
    }

    String words() {
        synchronized (lastWords) {
            return lastWords.isEmpty() ? "it said nothing" : "its last words: " + String.join(" | ", lastWords);
        }
    }
}
