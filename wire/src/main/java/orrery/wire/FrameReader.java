package orrery.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into frames. A frame that lies within one read is a slice of it; one that does not is collected
 * in a buffer of its exact size. A length that no frame can have closes the connection. Confined to the event loop.
 */
final class FrameReader extends ChannelInboundHandlerAdapter {
    private int mostBytes;
    private @Nullable ByteBuf partial; // a frame under way, or the first bytes of a length
    private int missing;

    FrameReader(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    void limit(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        var read = (ByteBuf) message;
        try {
            while (read.isReadable()) {
                if (partial != null ? !collect(context, read) : !cut(context, read)) {
                    return;
                }
            }
        } finally {
            read.release();
        }
    }

    /** Cuts one frame off, or begins to collect it. Returns whether the connection is sound. */
    private boolean cut(ChannelHandlerContext context, ByteBuf read) {
        if (read.readableBytes() < Integer.BYTES) {
            partial = context.alloc().directBuffer(Integer.BYTES, Integer.BYTES).writeBytes(read);
            missing = Integer.BYTES - partial.readableBytes();
            return true;
        }
        int length = read.getIntLE(read.readerIndex());
        if (!check(context, length)) {
            return false;
        }
        if (read.readableBytes() >= length) {
            return hand(context, read.readRetainedSlice(length));
        }
        partial = context.alloc().directBuffer(length, length);
        missing = length - read.readableBytes();
        partial.writeBytes(read);
        return true;
    }

    private boolean collect(ChannelHandlerContext context, ByteBuf read) {
        var into = partial;
        if (into == null) {
            return false;
        }
        int count = Math.min(missing, read.readableBytes());
        into.writeBytes(read, count);
        missing -= count;
        if (missing > 0) {
            return true;
        }
        if (into.capacity() == Integer.BYTES) { // the length is whole: now the frame
            int length = into.getIntLE(0);
            if (!check(context, length)) {
                return false;
            }
            var frame = context.alloc().directBuffer(length, length).writeBytes(into);
            into.release();
            partial = frame;
            missing = length - Integer.BYTES;
            return true;
        }
        partial = null;
        return hand(context, into);
    }

    private boolean check(ChannelHandlerContext context, int length) {
        if (length < Frame.HEADER_BYTES || length > mostBytes) {
            fail(
                    context,
                    "a frame of " + length + " bytes; " + Frame.HEADER_BYTES + " to " + mostBytes
                            + " are allowed here");
            return false;
        }
        return true;
    }

    private boolean hand(ChannelHandlerContext context, ByteBuf bytes) {
        var frame = Frame.received(bytes);
        if (frame == null) {
            fail(context, "a frame whose header makes no sense");
            return false;
        }
        context.fireChannelRead(frame);
        return context.channel().isOpen();
    }

    private void fail(ChannelHandlerContext context, String why) {
        context.fireExceptionCaught(new java.io.IOException(why));
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (partial != null) {
            partial.release();
            partial = null;
        }
    }
}
