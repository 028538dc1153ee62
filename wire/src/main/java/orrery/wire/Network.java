package orrery.wire;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** How endpoints find and reach each other. */
public sealed interface Network {
    /** By the sockets of this machine: {@link TcpLink}s. */
    record Sockets() implements Network {}

    /**
     * Within this JVM, without a socket: {@link Loopback}s between the endpoints that listen on it. For runs in a time of
     * their own. Safe for use by many threads.
     */
    final class InJvm implements Network {
        /** What stands for a host in addresses of such a network. */
        public static final String HOST = "this-jvm";

        private final Map<Integer, Endpoint> listening = new ConcurrentHashMap<>(); // by what stands for a port
        private final AtomicInteger last = new AtomicInteger();

        InetSocketAddress listen(Endpoint endpoint) {
            int port = last.incrementAndGet();
            listening.put(port, endpoint);
            return InetSocketAddress.createUnresolved(HOST, port);
        }

        @Nullable
        Endpoint at(InetSocketAddress address) {
            return listening.get(address.getPort());
        }

        Peer connect(Endpoint from, int id, InetSocketAddress address, Duration limit)
                throws IOException, InterruptedException {
            var other = at(address);
            if (other == null || !other.isMember(id)) {
                throw new IOException(
                        "member " + id + " at " + address + " was not reached: nobody of that number is" + " there");
            }
            return from.connect(other);
        }
    }
}
