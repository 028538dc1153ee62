package orrery.table.push;

import org.jspecify.annotations.Nullable;
import orrery.table.mail.Messages;
import orrery.wire.Frame;
import orrery.wire.Peer;

/** What one peer is given, frame by frame, as it has credit. Confined to the node's thread. */
public abstract class Answer {
    public final Peer to;
    private @Nullable Frame frame; // made, but without credit as yet

    public Answer(Peer to) {
        this.to = to;
    }

    /** Makes the next frame, flagged {@link Messages#LAST} if none follows. */
    public abstract Frame next();

    /** Sends what there is credit for. Returns whether that was all. */
    public final boolean send() {
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
    public final void forget() {
        var now = frame;
        if (now != null) {
            frame = null;
            now.close();
        }
    }
}
