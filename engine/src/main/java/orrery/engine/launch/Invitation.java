package orrery.engine.launch;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import orrery.wire.Credentials;
import orrery.wire.Faults;
import orrery.wire.Network;

/**
 * What makes a JVM a member of a run. Travels as {@link #text} through a pipe or a file that only its owner can read,
 * since it holds the run's secret.
 *
 * @param member the member's number
 * @param incarnation which of its lives this is
 * @param members how many the run has at first
 * @param epoch how often the run has lost a member so far
 * @param coordinator where to report
 */
public record Invitation(
        Credentials credentials,
        int member,
        long incarnation,
        int members,
        int epoch,
        InetSocketAddress coordinator,
        String host,
        Duration lease,
        Faults faults) {
    private static final String END = "end-of-invitation";

    /** The whole as lines of text, secret included. */
    public String text() {
        return credentials.text()
                + "member=" + member
                + "\nincarnation=" + incarnation
                + "\nmembers=" + members
                + "\nepoch=" + epoch
                + "\ncoordinator=" + host(coordinator) + " " + coordinator.getPort()
                + "\nhost=" + host
                + "\nlease=" + lease.toMillis()
                + "\nfaults=" + faults.text()
                + "\n" + END + "\n";
    }

    /** The same for a member that listens on another address. */
    public Invitation at(String address) {
        return new Invitation(credentials, member, incarnation, members, epoch, coordinator, address, lease, faults);
    }

    /** Where somebody listens, as it travels; within this JVM that is no address of the machine. */
    public static String host(InetSocketAddress address) {
        return address.isUnresolved()
                ? address.getHostString()
                : address.getAddress().getHostAddress();
    }

    /** What {@link #host} said. */
    public static InetSocketAddress address(String host, int port) {
        return host.equals(Network.InJvm.HOST)
                ? InetSocketAddress.createUnresolved(host, port)
                : new InetSocketAddress(host, port);
    }

    /** Whether a line is the last of an invitation. */
    static boolean ends(String line) {
        return line.equals(END);
    }

    /** Reads what {@link #text} wrote. */
    public static Invitation parse(String text) throws IOException {
        var given = new HashMap<String, String>();
        text.lines().filter(line -> line.contains("=")).forEach(line -> {
            int at = line.indexOf('=');
            given.put(line.substring(0, at), line.substring(at + 1));
        });
        try {
            var place = given.getOrDefault("coordinator", "").split(" ", -1);
            return new Invitation(
                    Credentials.parse(text),
                    Integer.parseInt(given.getOrDefault("member", "")),
                    Long.parseLong(given.getOrDefault("incarnation", "")),
                    Integer.parseInt(given.getOrDefault("members", "")),
                    Integer.parseInt(given.getOrDefault("epoch", "")),
                    address(place[0], Integer.parseInt(place[1])),
                    given.getOrDefault("host", ""),
                    Duration.ofMillis(Long.parseLong(given.getOrDefault("lease", ""))),
                    Faults.parse(given.getOrDefault("faults", "")));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IOException("this is no invitation to a run: " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return "invitation of member " + member + ", life " + incarnation; // and no secret
    }
}
