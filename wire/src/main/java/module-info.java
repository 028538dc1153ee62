/** Moves bytes between JVMs: frames, links, peers; credit, priority, retransmission, TLS, authentication. */
module orrery.wire {
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires io.netty.transport.classes.epoll;
    requires static transitive org.jspecify;

    exports orrery.wire;
}
