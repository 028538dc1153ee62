package orrery.wire;

import io.netty.channel.Channel;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * Connections that wait for admission. There are places for so many; who comes when all are taken gets that of the oldest
 * that has come least far. So those who open connections and say nothing cannot keep a member out, and members that have shown
 * what only members know have places of their own. Confined to the event loop.
 */
final class Strangers {
    /** Places of those who have shown nothing, and as many again of those who have. */
    static final int PLACES = 64;

    private final Map<Progress, SequencedSet<Channel>> waiting = new EnumMap<>(Progress.class);

    /** How far somebody has come. */
    enum Progress {
        /** Has sent nothing. */
        SILENT,
        /** Has sent something. */
        SPEAKING,
        /** Has a certificate of the run's authority, or knows the run's name. */
        EXPECTED
    }

    Strangers() {
        for (var progress : Progress.values()) {
            waiting.put(progress, new LinkedHashSet<>());
        }
    }

    private SequencedSet<Channel> at(Progress progress) {
        return waiting.getOrDefault(progress, new LinkedHashSet<>());
    }

    /** Takes one in. Returns who has to go for it, if anybody has to. */
    @Nullable
    Channel add(Channel channel) {
        at(Progress.SILENT).add(channel);
        if (at(Progress.SILENT).size() + at(Progress.SPEAKING).size() <= PLACES) {
            return null;
        }
        var silent = at(Progress.SILENT).getFirst();
        return oldest(silent.equals(channel) ? Progress.SPEAKING : Progress.SILENT);
    }

    /** One has come further. Returns who has to go for it, if anybody has to. */
    @Nullable
    Channel advanced(Channel channel, Progress to) {
        if (at(Progress.EXPECTED).contains(channel) || at(to).contains(channel) || !remove(channel)) {
            return null;
        }
        at(to).add(channel);
        return to == Progress.EXPECTED && at(to).size() > PLACES ? oldest(to) : null;
    }

    private Channel oldest(Progress of) {
        var oldest = at(of).getFirst();
        at(of).remove(oldest);
        return oldest;
    }

    /** One is admitted, or gone. Returns whether it was waiting. */
    boolean remove(Channel channel) {
        boolean was = false;
        for (var some : waiting.values()) {
            was |= some.remove(channel);
        }
        return was;
    }
}
