package orrery.table;

import org.jspecify.annotations.Nullable;
import orrery.wire.Frame;
import orrery.wire.Peer;

/** What one peer is given, frame by frame, as it has credit. Confined to the node's thread. */
abstract sealed class Answer permits Reply, Subscription {
    final Peer to;
    private @Nullable Frame frame; // made, but without credit as yet

    Answer(Peer to) {
        this.to = to;
    }

    /** Makes the next frame, flagged {@link Messages#LAST} if none follows. */
    abstract Frame next();

    /** Sends what there is credit for. Returns whether that was all. */
    final boolean send() {
        while (true) {
            var now = frame == null ? next() : frame;
            boolean isLast = (now.flags() & Messages.LAST) != 0;
            frame = null;
            if (!to.offer(now)) {
                frame = now;
                return false;
            }
            if (isLast) {
                return true;
            }
        }
    }

    /** Nobody waits for it any more. */
    final void forget() {
        var now = frame;
        if (now != null) {
            frame = null;
            now.close();
        }
    }
}
