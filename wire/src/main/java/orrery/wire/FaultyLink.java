package orrery.wire;

import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A link that loses, doubles, delays and reorders what it is given, and breaks: see {@link Faults}. */
final class FaultyLink implements Link {
    private final Link link;
    private final Faults faults;
    private final Executor loop;
    private final Ticker ticker;
    private final SplittableRandom random;
    private final Uplink uplink;
    private @Nullable Frame overtaken; // guarded by this, as all below

    /** What all links of an endpoint share under a rate limit. */
    static final class Uplink {
        private long freeAt = Long.MIN_VALUE; // when the last byte has passed

        synchronized long pass(long now, long bytes, long bytesPerSecond) {
            freeAt = Math.max(freeAt, now) + bytes * 1_000_000_000L / bytesPerSecond;
            return freeAt;
        }
    }

    /** @param number which link of its endpoint this is: each has a weather of its own */
    FaultyLink(Link link, Faults faults, int number, Executor loop, Ticker ticker, Uplink uplink) {
        this.uplink = uplink;
        this.link = link;
        this.faults = faults;
        this.loop = loop;
        this.ticker = ticker;
        random = new SplittableRandom(faults.seed() * 0x9e3779b97f4a7c15L + number);
    }

    @Override
    public synchronized void send(Frame frame) {
        if (random.nextDouble() < faults.cut()) {
            frame.close();
            link.close("cut on purpose");
        } else if (random.nextDouble() < faults.drop()) {
            frame.close();
        } else if (overtaken == null && random.nextDouble() < faults.reorder()) {
            overtaken = frame;
            ticker.schedule(loop, TimeUnit.MILLISECONDS.toNanos(5), this::letGo); // if nothing comes to overtake it
        } else {
            if (random.nextDouble() < faults.duplicate()) {
                pass(frame.again());
            }
            pass(frame);
            letGo();
        }
    }

    private synchronized void letGo() {
        var late = overtaken;
        overtaken = null;
        if (late != null) {
            pass(late);
        }
    }

    private void pass(Frame frame) {
        long now = ticker.nanos();
        long at = now + faults.delay().toNanos();
        if (faults.bytesPerSecond() > 0) {
            at = uplink.pass(now, frame.bytes(), faults.bytesPerSecond())
                    + faults.delay().toNanos();
        }
        if (at == now) {
            link.send(frame);
        } else {
            ticker.schedule(loop, at - now, () -> link.send(frame));
        }
    }

    @Override
    public void close(String why) {
        link.close(why);
    }

    @Override
    public boolean isOpen() {
        return link.isOpen();
    }

    @Override
    public String where() {
        return link.where();
    }
}
