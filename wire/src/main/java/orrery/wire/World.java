package orrery.wire;

/**
 * The time and the network that a run lives in.
 *
 * @param ticker its time
 * @param network how its members reach each other
 */
public record World(Ticker ticker, Network network) {
    /** This machine's time, sockets. */
    public static final World REAL = new World(Ticker.SYSTEM, new Network.Sockets());
}
