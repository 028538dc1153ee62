package orrery.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * What both sides of a connection do before the first frame is believed: each proves, by challenge and response, that it
 * knows the secret of the same run (also within TLS), and says who it is.
 *
 * <pre>
 *   HELLO      run, member, incarnation, epoch, a      who connects
 *   CHALLENGE  member, incarnation, b, proof           who listens; proves that it knows a and the secret
 *   PROOF      proof                                   who connects; the same with b
 *   WELCOME    or REFUSED with the reason
 * </pre>
 *
 * <p>Until then frames are at most 1 KiB, and the connection has a limited time. Confined to the event loop.
 */
final class Handshake extends ChannelInboundHandlerAdapter {
    static final int MOST_BYTES = 1 << 10;
    private static final int VERSION = 1;
    private static final int NONCE_BYTES = 32;
    private static final int LONGEST_TEXT = 200;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Credentials credentials;
    private final Peer.Member me;
    private final boolean isServer;
    private final boolean waitsForTls;
    private final Outcome outcome;
    private final byte[] mine = new byte[NONCE_BYTES];
    private byte[] theirs = {};
    private Peer.Member other = new Peer.Member(-1, 0);
    private int awaited;
    private boolean isOver;

    /** An event: the connection is to be closed, for others that wait. */
    record PutOut(String why) {}

    /** How it ended; one of the last two is called, once. */
    interface Outcome {
        int epoch();

        /** Why {@code member} may not come in, or an empty text. Asked on the listening side. */
        String objection(Peer.Member member, int epoch);

        /** It has shown what only members know, and is not yet admitted. */
        default void isExpected(ChannelHandlerContext context) {}

        /** It is about to be admitted by the listening side: the other may act on it before {@link #admitted} is called. */
        default void welcomes(Peer.Member member) {}

        void admitted(ChannelHandlerContext context, Peer.Member member);

        /** It failed, and would fail again if {@code isFinal}: the other side refused, or is not who it should be. */
        void failed(ChannelHandlerContext context, String why, boolean isFinal);
    }

    Handshake(Credentials credentials, Peer.Member me, boolean isServer, Outcome outcome) {
        this.credentials = credentials;
        this.me = me;
        this.isServer = isServer;
        this.outcome = outcome;
        waitsForTls = credentials.isEncrypted();
        awaited = isServer ? Frame.HELLO : Frame.CHALLENGE;
        RANDOM.nextBytes(mine);
    }

    void limit(ChannelHandlerContext context, long nanos) {
        context.executor()
                .schedule(
                        () -> fail(
                                context, "no handshake within " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms", false),
                        nanos,
                        TimeUnit.NANOSECONDS);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (!waitsForTls) {
            begin(context);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof PutOut out) {
            fail(context, out.why(), false);
        } else if (event instanceof SslHandshakeCompletionEvent tls) {
            if (tls.isSuccess()) {
                outcome.isExpected(context);
                begin(context);
            } else {
                fail(context, "TLS: " + reason(tls.cause()), tls.cause() instanceof SSLException);
            }
        }
    }

    private static String reason(Throwable cause) {
        Throwable last = cause;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return last.getMessage() == null ? last.getClass().getSimpleName() : plain(last.getMessage());
    }

    private void begin(ChannelHandlerContext context) {
        if (!isServer) {
            write(
                    context,
                    Frame.ofWire(Frame.HELLO, Lane.CONTROL, 256)
                            .putInt(VERSION)
                            .putText(credentials.run())
                            .putInt(me.id())
                            .putLong(me.incarnation())
                            .putInt(outcome.epoch())
                            .putBytes(mine));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try (var frame = (Frame) message) {
            if (isOver) {
                return;
            }
            if (frame.type() == Frame.REFUSED) {
                fail(context, "refused: " + plain(frame.getText()), true);
            } else if (frame.type() != awaited) {
                refuse(context, "expected a handshake, found a " + frame);
            } else {
                switch (awaited) {
                    case Frame.HELLO -> hello(context, frame);
                    case Frame.CHALLENGE -> challenge(context, frame);
                    case Frame.PROOF -> proof(context, frame);
                    default -> welcome(context);
                }
            }
        } catch (IndexOutOfBoundsException e) {
            refuse(context, "a handshake that is cut short");
        }
    }

    private void hello(ChannelHandlerContext context, Frame frame) {
        int version = frame.getInt();
        if (version != VERSION) {
            refuse(context, "protocol version " + version + ", this is " + VERSION);
            return;
        }
        String run = frame.getText();
        other = new Peer.Member(frame.getInt(), frame.getLong());
        int epoch = frame.getInt();
        theirs = frame.getBytes(NONCE_BYTES);
        if (!run.equals(credentials.run())) {
            refuse(context, "run '" + plain(run) + "', this is another");
            return;
        }
        outcome.isExpected(context);
        String objection = outcome.objection(other, epoch);
        if (!objection.isEmpty()) {
            refuse(context, objection);
            return;
        }
        awaited = Frame.PROOF;
        write(
                context,
                Frame.ofWire(Frame.CHALLENGE, Lane.CONTROL, 256)
                        .putInt(me.id())
                        .putLong(me.incarnation())
                        .putBytes(mine)
                        .putBytes(credentials.prove("listens", theirs, mine, bytes(me), bytes(other))));
    }

    private void challenge(ChannelHandlerContext context, Frame frame) {
        other = new Peer.Member(frame.getInt(), frame.getLong());
        theirs = frame.getBytes(NONCE_BYTES);
        if (!credentials.isProof(frame.getBytes(32), "listens", mine, theirs, bytes(other), bytes(me))) {
            fail(context, "the other side does not know the run's secret", true);
            return;
        }
        awaited = Frame.WELCOME;
        write(
                context,
                Frame.ofWire(Frame.PROOF, Lane.CONTROL, 32)
                        .putBytes(credentials.prove("connects", theirs, mine, bytes(other), bytes(me))));
    }

    private void proof(ChannelHandlerContext context, Frame frame) {
        if (!credentials.isProof(frame.getBytes(32), "connects", mine, theirs, bytes(me), bytes(other))) {
            refuse(context, "does not know the run's secret");
            return;
        }
        outcome.welcomes(other);
        write(context, Frame.ofWire(Frame.WELCOME, Lane.CONTROL, 0));
        isOver = true;
        outcome.admitted(context, other);
    }

    private void welcome(ChannelHandlerContext context) {
        isOver = true;
        outcome.admitted(context, other);
    }

    private static byte[] bytes(Peer.Member member) {
        return ByteBuffer.allocate(12)
                .putInt(member.id())
                .putLong(member.incarnation())
                .array();
    }

    /** What an unknown other side says, with the printable characters of ASCII only: it goes into logs and to terminals. */
    private static String plain(String text) {
        var plain = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), LONGEST_TEXT); i++) {
            char c = text.charAt(i);
            plain.append(c >= ' ' && c <= '~' ? c : '?');
        }
        return text.length() > LONGEST_TEXT ? plain + "..." : plain.toString();
    }

    private static void write(ChannelHandlerContext context, Frame frame) {
        context.writeAndFlush(frame.sealed().take(), context.voidPromise());
    }

    private void refuse(ChannelHandlerContext context, String why) {
        if (!isOver && context.channel().isActive()) {
            write(context, Frame.ofWire(Frame.REFUSED, Lane.CONTROL, 512).putText(why));
        }
        fail(context, why, false);
    }

    private void fail(ChannelHandlerContext context, String why, boolean isFinal) {
        if (!isOver) {
            isOver = true;
            outcome.failed(context, why, isFinal);
            context.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        fail(context, "the connection was closed within the handshake", false);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        boolean isTls = cause instanceof DecoderException;
        fail(context, (isTls ? "TLS: " : "") + reason(cause), isTls);
    }
}
