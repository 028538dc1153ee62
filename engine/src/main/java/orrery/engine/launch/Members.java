package orrery.engine.launch;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import orrery.wire.Faults;

/**
 * Starts members of a run: JVMs that run the same program with an {@link Invitation}, each with its part of the tables and
 * of the workers. The JVM that starts them coordinates, and has neither.
 */
public non-sealed interface Members extends Launcher {
    /** How many there are at first. */
    @Override
    int count();

    /** How members speak to each other. */
    Terms terms();

    /** Starts a member; what it says is given to {@code said} line by line. */
    Started start(Invitation invitation, Consumer<String> said) throws IOException;

    /** A member that was started. */
    interface Started {
        /** Has an action run once the member has ended, with its exit status. */
        void whenEnded(Consumer<Integer> action);

        /** Ends it at once. */
        void kill();
    }

    /**
     * How members speak to each other.
     *
     * @param encrypted whether by TLS
     * @param host the address that all listen on
     * @param lease how long a member may be silent before it is replaced
     * @param faults bad weather, made on purpose
     */
    record Terms(boolean encrypted, String host, Duration lease, Faults faults) {
        /** TLS, this machine only, 5 s, fair weather. */
        public static final Terms DEFAULT = new Terms(true, "127.0.0.1", Duration.ofSeconds(5), Faults.NONE);

        public Terms {
            if (lease.toMillis() < 100) {
                throw new IllegalArgumentException("a lease must be 100 ms or more, got " + lease);
            }
            if (!encrypted && !host.equals("localhost") && !host.startsWith("127.")) {
                throw new IllegalArgumentException(
                        "members that listen on " + host + " must speak TLS: without, only this machine is safe");
            }
        }

        /** The same on another address. */
        public Terms on(String address) {
            return new Terms(encrypted, address, lease, faults);
        }

        /** The same without TLS. */
        public Terms insecure() {
            return new Terms(false, host, lease, faults);
        }

        public Terms with(Faults weather) {
            return new Terms(encrypted, host, lease, weather);
        }

        public Terms withLease(Duration silence) {
            return new Terms(encrypted, host, silence, faults);
        }
    }
}
