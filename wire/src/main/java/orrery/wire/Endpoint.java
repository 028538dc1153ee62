package orrery.wire;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.OpenSsl;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where frames of this process come in and go out: listens on an ephemeral port, connects to others, and admits only
 * members of its run. Its one event loop delivers everything that comes in; {@link Receiver} must not block it. Safe for
 * use by many threads.
 */
public final class Endpoint implements AutoCloseable {
    private static final System.Logger log = System.getLogger(Endpoint.class.getName());
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long LONGEST_STEP_NANOS =
            TimeUnit.MILLISECONDS.toNanos(200); // of a clock that stops with the JVM
    private static final RecvByteBufAllocator READS = new AdaptiveRecvByteBufAllocator(4 << 10, 64 << 10, 512 << 10);
    private static final WriteBufferWaterMark WRITES = new WriteBufferWaterMark(256 << 10, 1 << 20);
    private static final int BACKLOG = 1024; // connections that the system keeps until they are taken
    private static final long FIRST_HANDSHAKE_NANOS =
            TimeUnit.SECONDS.toNanos(5); // of who connects; then twice as long
    private static final long LONGEST_HANDSHAKE_NANOS =
            TimeUnit.SECONDS.toNanos(60); // places are given to others before
    private static final long FIRST_BACKOFF_MILLIS = 10;
    private static final long LAST_BACKOFF_MILLIS = 500;

    private final Credentials credentials;
    private final Peer.Member me;
    private final Settings settings;
    private final Receiver receiver;
    private final TlsContexts tls;
    private final IoEventLoopGroup group;
    private final EventLoop loop;
    private final boolean isEpoll;
    private final Map<Integer, Peer> peers = new ConcurrentHashMap<>();
    private final Set<Peer.Member> gone = ConcurrentHashMap.newKeySet(); // a life that has ended does not come back
    private final Traffic traffic = new Traffic();
    private final Strangers strangers = new Strangers(); // confined to the event loop
    private final Refusals refusals =
            new Refusals(line -> log.log(System.Logger.Level.WARNING, line)); // confined to the event loop
    private final FaultyLink.Uplink uplink = new FaultyLink.Uplink();
    private final Ticker ticker;
    private long lookedAt; // confined to the event loop
    private volatile long awakeNanos;
    private int links; // confined to the event loop
    private volatile @Nullable Channel server;
    private volatile int epoch;
    private volatile boolean isClosed;

    /** Who hears of it all; called by the event loop, one call at a time. */
    public interface Receiver {
        /** A frame has come, to be closed by the receiver, at once or later; {@link Frame#from} says from whom. */
        void receive(Frame frame);

        /** A link to the peer is open: the first, or one in place of a broken one. */
        default void connected(Peer peer) {}

        /** The link to the peer is broken; it may come back, unless {@link Peer#hasEnded}. */
        default void disconnected(Peer peer, String why) {}

        /** Somebody was turned away. */
        default void refused(String from, String why) {}
    }

    /**
     * How an endpoint behaves.
     *
     * @param host the address that it listens on
     * @param creditBytes most bytes under way to one peer that it has not closed
     * @param faults bad weather on all that is sent
     * @param world the time and the network that it lives in
     */
    public record Settings(String host, long creditBytes, Faults faults, World world) {
        public Settings {
            if (creditBytes < Frame.MOST_BYTES) {
                throw new IllegalArgumentException(
                        "credit must be " + Frame.MOST_BYTES + " bytes or more, got " + creditBytes);
            }
        }

        /** On loopback, 8 MiB of credit, fair weather. */
        public static final Settings DEFAULT = new Settings("127.0.0.1", 8L << 20, Faults.NONE, World.REAL);

        public Settings with(Faults faults) {
            return new Settings(host, creditBytes, faults, world);
        }

        public Settings withCredit(long bytes) {
            return new Settings(host, bytes, faults, world);
        }

        /** The same on another address, in another world. */
        public Settings on(String address, World other) {
            return new Settings(address, creditBytes, faults, other);
        }
    }

    /**
     * An endpoint that does not listen yet.
     *
     * @param id this member's number
     * @param incarnation which life of that member this is; larger for later ones
     */
    public Endpoint(Credentials credentials, int id, long incarnation, Settings settings, Receiver receiver) {
        this.credentials = credentials;
        this.settings = settings;
        this.receiver = receiver;
        ticker = settings.world().ticker();
        lookedAt = ticker.nanos();
        me = new Peer.Member(id, incarnation);
        tls = new TlsContexts(credentials);
        isEpoll = Epoll.isAvailable();
        group = new MultiThreadIoEventLoopGroup(
                1,
                new DefaultThreadFactory("wire-" + id, true),
                isEpoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        loop = group.next();
        ticker.schedule(loop, LOOK_NANOS, this::look);
    }

    /** Loads what the first endpoint needs: native code, mostly. Later is early enough; sooner, it is out of the way. */
    public static void makeReady() {
        if (Epoll.isAvailable() && OpenSsl.isAvailable()) {
            log.log(System.Logger.Level.DEBUG, means());
        }
    }

    /** By what endpoints of this JVM speak. */
    public static String means() {
        return (OpenSsl.isAvailable() ? "TLS by " + OpenSsl.versionString() : "TLS by the JDK") + ", "
                + (Epoll.isAvailable() ? "epoll" : "NIO");
    }

    /** Looks after the peers, and has itself called again, whatever happens: leases go by it. */
    private void look() {
        try {
            long now = ticker.nanos();
            long before = awakeNanos;
            awakeNanos = before + Math.min(now - lookedAt, LONGEST_STEP_NANOS);
            lookedAt = now;
            refusals.look(now);
            peers.values().forEach(this::look);
        } finally {
            if (!isClosed) {
                ticker.schedule(loop, LOOK_NANOS, this::look);
            }
        }
    }

    private void look(Peer peer) {
        try {
            peer.look();
        } catch (RuntimeException | Error e) { // such as a lack of memory
            log.log(System.Logger.Level.ERROR, "cannot look after " + peer, e);
        }
    }

    /**
     * Nanoseconds in which this endpoint has listened; a clock for silence. It stops while the process is stopped, or too busy
     * to listen: then nobody is silent, it is this end that does not hear.
     */
    public long awakeNanos() {
        return awakeNanos;
    }

    /** Listens on an ephemeral port and returns it. */
    public InetSocketAddress listen() throws IOException {
        return switch (settings.world().network()) {
            case Network.Sockets _ -> listenOnSocket();
            case Network.InJvm jvm -> jvm.listen(this);
        };
    }

    private InetSocketAddress listenOnSocket() throws IOException {
        try {
            var channel = new ServerBootstrap()
                    .group(group)
                    .channel(isEpoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                    .option(ChannelOption.SO_BACKLOG, BACKLOG)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childOption(ChannelOption.RECVBUF_ALLOCATOR, READS)
                    .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WRITES)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            openIncoming(channel);
                        }
                    })
                    .bind(settings.host(), 0)
                    .sync()
                    .channel();
            server = channel;
            return (InetSocketAddress) channel.localAddress();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while it began to listen", e);
        } catch (RuntimeException e) {
            throw new IOException("cannot listen on " + settings.host() + ": " + e.getMessage(), e);
        }
    }

    /** Somebody connects to us; who has waited longest for admission may have to go for it. */
    private void openIncoming(Channel channel) {
        putOut(strangers.add(channel));
        channel.pipeline().addLast(new Noticing());
        open(channel, true, new Incoming(), LONGEST_HANDSHAKE_NANOS);
    }

    private void putOut(@Nullable Channel channel) {
        if (channel != null) { // its handshake says that it has failed
            channel.pipeline()
                    .fireUserEventTriggered(new Handshake.PutOut(
                            "more than " + Strangers.PLACES + " connections wait for admission; this is the oldest"));
        }
    }

    /** Notices that a stranger has sent something. */
    private final class Noticing extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            putOut(strangers.advanced(context.channel(), Strangers.Progress.SPEAKING));
            context.pipeline().remove(this);
            context.fireChannelRead(message);
        }
    }

    private void open(Channel channel, boolean isServer, Handshake.Outcome outcome, long limitNanos) {
        if (credentials.isEncrypted()) {
            channel.pipeline().addLast(tls.handler(channel.alloc(), isServer, limitNanos));
        }
        var handshake = new Handshake(credentials, me, isServer, outcome);
        channel.pipeline().addLast(new FrameReader(Handshake.MOST_BYTES), handshake);
        handshake.limit(channel.pipeline().lastContext(), limitNanos);
    }

    private void refused(Channel channel, String why) {
        String from = String.valueOf(channel.remoteAddress());
        traffic.refused.increment();
        refusals.add(from, why, ticker.nanos());
        receiver.refused(from, why);
    }

    /** Somebody connects to us. */
    private final class Incoming implements Handshake.Outcome {
        @Override
        public int epoch() {
            return epoch;
        }

        @Override
        public String objection(Peer.Member member, int theirEpoch) {
            if (theirEpoch - epoch < 0) {
                return "epoch " + theirEpoch + " is over, this is " + epoch;
            }
            if (gone.contains(member)) {
                return "this life of member " + member.id() + " has ended here";
            }
            var known = peers.get(member.id());
            return known != null && member.incarnation() < known.incarnation()
                    ? "a later life of member " + member.id() + " has come already"
                    : "";
        }

        @Override
        public void isExpected(ChannelHandlerContext context) {
            putOut(strangers.advanced(context.channel(), Strangers.Progress.EXPECTED));
        }

        @Override
        public void welcomes(Peer.Member member) {
            peerOf(member); // who is connected is known here, too, from then on
        }

        @Override
        public void admitted(ChannelHandlerContext context, Peer.Member member) {
            strangers.remove(context.channel());
            admit(context.channel(), member);
        }

        @Override
        public void failed(ChannelHandlerContext context, String why, boolean isFinal) {
            strangers.remove(context.channel());
            refused(context.channel(), why);
        }
    }

    /** The connection speaks for the member from here on. */
    private Peer admit(Channel channel, Peer.Member member) {
        var peer = peerOf(member);
        var attachment = new Attachment(peer);
        var link = new TcpLink(channel, attachment, ticker);
        channel.pipeline().get(FrameReader.class).limit(Frame.MOST_BYTES);
        channel.pipeline().replace(Handshake.class, "link", link);
        attach(peer, attachment, link);
        return peer;
    }

    private void attach(Peer peer, Attachment attachment, Link link) {
        var outer = settings.faults().equals(Faults.NONE)
                ? link
                : new FaultyLink(link, settings.faults(), links++, loop, ticker, uplink);
        attachment.link = outer;
        var replaced = peer.attach(outer);
        if (replaced != null) {
            replaced.close("replaced by another link");
        }
        receiver.connected(peer);
    }

    /** What a link does for its peer. */
    private final class Attachment implements Link.Receiver {
        private final Peer peer;
        private @Nullable Link link; // as the peer has it; confined to the event loop

        Attachment(Peer peer) {
            this.peer = peer;
        }

        @Override
        public void receive(Link from, Frame frame) {
            peer.receive(frame);
        }

        @Override
        public void paused(Link from) {
            peer.paused();
        }

        @Override
        public void closed(Link closed, String why) {
            var mine = link;
            if (mine != null && peer.detach(mine) && !peer.hasEnded() && !isClosed) {
                receiver.disconnected(peer, why);
                var way = ways.get(peer);
                if (way != null) {
                    way.again();
                }
            }
        }
    }

    void deliver(Peer from, Frame frame) {
        try {
            receiver.receive(frame);
        } catch (RuntimeException e) { // the receiver has not closed it, or has lost it: the peer makes no sense
            log.log(System.Logger.Level.ERROR, from + " is dropped: it sent a frame that cannot be handled", e);
            end(from, "it sent a frame that cannot be handled: " + e);
        }
    }

    // Connecting

    private final Map<Peer, Way> ways = new ConcurrentHashMap<>();

    /**
     * Connects to a member and waits until both sides have admitted each other. When the link breaks later it is opened
     * again, until {@link #end}.
     *
     * @throws IOException if there is nobody, it is somebody else, or one of the sides refuses the other
     */
    public Peer connect(int id, InetSocketAddress address, Duration limit) throws IOException, InterruptedException {
        return switch (settings.world().network()) {
            case Network.Sockets _ -> connectBySocket(id, address, limit);
            case Network.InJvm jvm -> jvm.connect(this, id, address, limit);
        };
    }

    private Peer connectBySocket(int id, InetSocketAddress address, Duration limit)
            throws IOException, InterruptedException {
        var way = new Way(id, address, ticker.nanos() + limit.toNanos());
        way.open();
        if (!ticker.join(way.first, limit.toNanos())) {
            way.isOver = true;
            throw new IOException("member " + id + " at " + address + " was not reached within " + limit.toMillis()
                    + " ms: " + way.why);
        }
        try {
            return way.first.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    boolean isMember(int id) {
        return me.id() == id;
    }

    Ticker ticker() {
        return ticker;
    }

    /** A way to a member: connects, and connects again. */
    private final class Way implements Handshake.Outcome {
        private final int id;
        private final InetSocketAddress address;
        private final long tryUntil;
        private final CompletableFuture<Peer> first = new CompletableFuture<>();
        private volatile boolean isOver;
        private volatile String why = "no answer";
        private volatile boolean isScheduled;
        private long backoffMillis = FIRST_BACKOFF_MILLIS;
        private volatile long handshakeNanos = FIRST_HANDSHAKE_NANOS;
        private @Nullable Peer peer;

        Way(int id, InetSocketAddress address, long tryUntil) {
            this.id = id;
            this.address = address;
            this.tryUntil = tryUntil;
        }

        void open() {
            isScheduled = false;
            new Bootstrap()
                    .group(group)
                    .channel(isEpoll ? EpollSocketChannel.class : NioSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 2_000)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, READS)
                    .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WRITES)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            Endpoint.this.open(channel, false, Way.this, handshakeNanos);
                        }
                    })
                    .connect(address)
                    .addListener(done -> {
                        if (!done.isSuccess()) {
                            again(String.valueOf(done.cause().getMessage()));
                        }
                    });
        }

        void again() {
            again("the link broke");
        }

        private void again(String reason) {
            why = reason;
            handshakeNanos = Math.min(LONGEST_HANDSHAKE_NANOS, 2 * handshakeNanos); // the machines may be busy
            var known = peer;
            boolean givesUp = known == null ? ticker.nanos() > tryUntil : known.hasEnded();
            if (!isClosed && !isOver && !givesUp && !isScheduled) { // an attempt may fail in more than one way
                isScheduled = true;
                ticker.schedule(loop, TimeUnit.MILLISECONDS.toNanos(backoffMillis), this::open);
                backoffMillis = Math.min(LAST_BACKOFF_MILLIS, 2 * backoffMillis);
            }
        }

        @Override
        public int epoch() {
            return epoch;
        }

        @Override
        public String objection(Peer.Member member, int theirEpoch) {
            return "";
        }

        @Override
        public void admitted(ChannelHandlerContext context, Peer.Member member) {
            if (member.id() != id) {
                giveUp(context, "member " + member.id() + " answers there");
                return;
            }
            var known = peer;
            if (known != null && !known.member().equals(member)) {
                known.end("it was started anew");
                giveUp(context, "member " + id + " was started anew");
                return;
            }
            if (known != null) {
                traffic.reconnects.increment();
            }
            backoffMillis = FIRST_BACKOFF_MILLIS;
            handshakeNanos = FIRST_HANDSHAKE_NANOS;
            var admitted = admit(context.channel(), member);
            peer = admitted;
            ways.put(admitted, this);
            first.complete(admitted);
        }

        private void giveUp(ChannelHandlerContext context, String reason) {
            isOver = true;
            context.close();
            first.completeExceptionally(new RefusedException("member " + id + " at " + address + ": " + reason));
        }

        @Override
        public void failed(ChannelHandlerContext context, String reason, boolean isFinal) {
            var known = peer;
            if (!isFinal) {
                again(reason);
            } else if (known == null) {
                giveUp(context, reason);
            } else { // it does not want us any more: whoever waits for it is told
                end(known, reason);
                receiver.disconnected(known, reason);
            }
        }
    }

    /** Opens a link to another endpoint of this JVM, without a socket: frames are handed over. */
    public Peer connect(Endpoint other) throws InterruptedException {
        try {
            var to = loop.submit(() -> peerOf(other.me)).get();
            var from = other.loop.submit(() -> other.peerOf(me)).get();
            var mine = new Attachment(to);
            var theirs = other.new Attachment(from);
            var pair = Loopback.pair(loop, mine, other.loop, theirs);
            other.loop.submit(() -> other.attach(from, theirs, pair.b())).get();
            loop.submit(() -> attach(to, mine, pair.a())).get();
            return to;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private Peer peerOf(Peer.Member member) {
        var before = peers.get(member.id());
        if (before != null && !before.member().equals(member)) {
            before.end("it was started anew");
            peers.remove(member.id(), before);
        }
        return peers.computeIfAbsent(member.id(), id -> new Peer(this, member, settings.creditBytes()));
    }

    /** The peer of that number, or null. */
    public @Nullable Peer peer(int id) {
        return peers.get(id);
    }

    /** The peer is gone for good. */
    public void end(Peer peer, String why) {
        gone.add(peer.member());
        peers.remove(peer.id(), peer);
        var way = ways.remove(peer);
        if (way != null) {
            way.isOver = true;
        }
        peer.end(why);
    }

    /** Members of an earlier epoch are not admitted any more. */
    public void epoch(int now) {
        epoch = now;
    }

    public int epoch() {
        return epoch;
    }

    public Traffic traffic() {
        return traffic;
    }

    /**
     * Whether links lose frames while they are open: only on purpose. A connection loses none, however long they take on a slow one; those
     * under way when it ends go again by the next.
     */
    boolean losesFrames() {
        return settings.faults().drop() > 0;
    }

    /** Runs something between two frames; it must not block. */
    public void execute(Runnable action) {
        loop.execute(action);
    }

    /** Whether the transport is the system's own, and TLS is. */
    public String transport() {
        return (isEpoll ? "epoll" : "nio")
                + (credentials.isEncrypted() ? ", TLS 1.3 by " + tls.provider() : ", no TLS");
    }

    /** Closes all links; peers that wait are told. */
    @Override
    public void close() {
        isClosed = true;
        var listening = server;
        if (listening != null) {
            listening.close();
        }
        for (var peer : peers.values()) {
            peer.end("this endpoint was closed");
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
