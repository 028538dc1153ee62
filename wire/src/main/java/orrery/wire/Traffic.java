package orrery.wire;

import java.util.concurrent.atomic.LongAdder;

/** What an endpoint has counted. Safe for use by many threads; a sum may miss what is being counted. */
public final class Traffic {
    final LongAdder framesSent = new LongAdder();
    final LongAdder bytesSent = new LongAdder();
    final LongAdder framesReceived = new LongAdder();
    final LongAdder bytesReceived = new LongAdder();
    final LongAdder framesSentAgain = new LongAdder();
    final LongAdder duplicates = new LongAdder();
    final LongAdder creditStalls = new LongAdder();
    final LongAdder creditStallNanos = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder reconnects = new LongAdder();

    /** Frames handed to links, acknowledgements and repetitions included. */
    public long framesSent() {
        return framesSent.sum();
    }

    /** Bytes of those frames, headers included, before TLS. */
    public long bytesSent() {
        return bytesSent.sum();
    }

    public long framesReceived() {
        return framesReceived.sum();
    }

    public long bytesReceived() {
        return bytesReceived.sum();
    }

    /** Frames sent once more, since they were lost or late. */
    public long framesSentAgain() {
        return framesSentAgain.sum();
    }

    /** Frames that had come before and were dropped. */
    public long duplicates() {
        return duplicates.sum();
    }

    /** How often a sender had to wait for credit. */
    public long creditStalls() {
        return creditStalls.sum();
    }

    /** Nanoseconds waited for credit, over all threads. */
    public long creditStallNanos() {
        return creditStallNanos.sum();
    }

    /** Connections that were refused: strangers, wrong runs, stale epochs, garbage. */
    public long refused() {
        return refused.sum();
    }

    /** Links opened in place of broken ones. */
    public long reconnects() {
        return reconnects.sum();
    }
}
