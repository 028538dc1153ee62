package orrery.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A connection, after both sides have admitted each other. Frames wait in a queue per lane until the socket takes them,
 * so that an urgent one overtakes bulk; small ones are copied together, since a system call (or a TLS record) each would
 * cost more than they do.
 */
final class TcpLink extends ChannelInboundHandlerAdapter implements Link {
    private static final int SMALL_BYTES = 2 << 10;
    private static final int BATCH_BYTES = 16 << 10; // what fits into a TLS record
    private static final long GATHER_NANOS = 20_000; // least time between two writes of few bytes
    private static final int FEW_BYTES = 512;

    private final Channel channel;
    private final Receiver receiver;
    private final Ticker ticker;
    private final List<Queue<Frame>> lanes = Stream.<Queue<Frame>>generate(ConcurrentLinkedQueue::new)
            .limit(Lane.COUNT)
            .toList();
    private final AtomicBoolean isScheduled = new AtomicBoolean();
    private volatile boolean isClosed;
    private boolean isReading; // confined to the event loop, as all below
    private boolean wasTold;
    private long drained; // when frames were last written,
    private int found; // and how many bytes of them
    private String why = "the other side closed the connection";

    TcpLink(Channel channel, Receiver receiver, Ticker ticker) {
        this.ticker = ticker;
        this.channel = channel;
        this.receiver = receiver;
    }

    @Override
    public void send(Frame frame) {
        lanes.get(frame.lane().number).add(frame);
        if (isClosed) {
            forget();
        } else if (isScheduled.compareAndSet(false, true)) {
            channel.eventLoop().execute(this::drainUnlessReading);
        }
    }

    /**
     * While frames come in, their answers wait for each other: {@link #channelReadComplete} sends them together. And when
     * the last write found few bytes and is only just past, the sender is in the middle of sending more: the loop goes
     * round once more, and reads what has come, instead of a system call for each and a sender that has to wake it each
     * time.
     */
    private void drainUnlessReading() {
        if (isReading) {
            return;
        }
        if (found < FEW_BYTES && ticker.nanos() - drained < GATHER_NANOS) {
            channel.eventLoop().execute(this::drainUnlessReading);
        } else {
            drain();
        }
    }

    private void drain() {
        isScheduled.set(false); // first: what is added from here on is seen below, or scheduled anew
        ByteBuf batch = null;
        int sum = 0;
        while (channel.isWritable()) {
            var frame = poll();
            if (frame == null) {
                break;
            }
            var bytes = frame.take();
            sum += bytes.readableBytes();
            if (bytes.readableBytes() > SMALL_BYTES) {
                batch = write(batch);
                channel.write(bytes, channel.voidPromise());
            } else {
                if (batch == null || batch.writableBytes() < bytes.readableBytes()) {
                    write(batch);
                    batch = channel.alloc().directBuffer(BATCH_BYTES, BATCH_BYTES);
                }
                batch.writeBytes(bytes);
                bytes.release();
            }
        }
        write(batch);
        channel.flush();
        if (sum > 0) {
            drained = ticker.nanos();
            found = sum;
        }
        if (isClosed) {
            forget();
        }
    }

    private @Nullable ByteBuf write(@Nullable ByteBuf batch) {
        if (batch != null) {
            channel.write(batch, channel.voidPromise());
        }
        return null;
    }

    private @Nullable Frame poll() {
        for (var lane : lanes) {
            var frame = lane.poll();
            if (frame != null) {
                return frame;
            }
        }
        return null;
    }

    private void forget() {
        for (var frame = poll(); frame != null; frame = poll()) {
            frame.close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        isReading = true;
        var frame = (Frame) message;
        if (isClosed) {
            frame.close();
        } else {
            receiver.receive(this, frame);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        receiver.paused(this);
        isReading = false;
        drain();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (channel.isWritable()) {
            drain();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        tellClosed();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        why = String.valueOf(cause.getMessage());
        channel.close();
    }

    private void tellClosed() {
        isClosed = true;
        forget();
        if (!wasTold) {
            wasTold = true;
            receiver.closed(this, why);
        }
    }

    @Override
    public void close(String reason) {
        channel.eventLoop().execute(() -> {
            if (channel.isOpen()) {
                why = reason;
                channel.close();
            }
        });
    }

    @Override
    public boolean isOpen() {
        return !isClosed && channel.isActive();
    }

    @Override
    public String where() {
        var address = String.valueOf(channel.remoteAddress());
        return address.startsWith("/") ? address.substring(1) : address;
    }
}
