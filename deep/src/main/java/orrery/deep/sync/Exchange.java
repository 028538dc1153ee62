package orrery.deep.sync;

import java.util.Arrays;
import java.util.Comparator;
import orrery.table.spec.Route;

/**
 * A layer's numbers of one kind, and what it costs to bring a clock's gradients of all workers to all members.
 *
 * @param rows of the table
 * @param width of a row
 * @param pairs of factors that a worker's gradient has at a clock; 0 if it has none
 * @param members among whom the workers are
 * @param workers of each member
 */
public record Exchange(long rows, long width, long pairs, int members, int workers) {
    private static final double APPLIED = 1e-9; // seconds for a rule to change a number, measured with momentum

    /** Whether a scheme can be. */
    public boolean allows(Scheme scheme) {
        return !scheme.areFactors() || pairs > 0;
    }

    /** Bytes that a member sends in a clock, without heads of messages; all members together receive as many. */
    public double bytes(Scheme scheme) {
        double matrix = (double) Float.BYTES * rows * width;
        double others = members - 1;
        double elsewhere = others / members; // of rows
        return switch (scheme) {
            case OWNERS -> (workers + 1) * matrix * elsewhere; // the gradients, and new values for the others
            case PEERS -> workers * matrix * others;
            case FACTORS -> (double) Float.BYTES * workers * pairs * (rows + width) * others;
            case OWNER_FACTORS ->
                (double) Float.BYTES * workers * pairs * (rows * elsewhere + width * others) + matrix * elsewhere;
        };
    }

    /** Seconds of a clock: bytes, messages one after the other, products of factors, and updates that others would have applied. */
    public double seconds(Scheme scheme, Link link) {
        double all = (double) members * workers;
        double share = scheme.route() == Route.PEERS ? 1 : 1.0 / members; // of rows that a member keeps
        double numbers = (double) rows * width * share * all;
        double multiplied = scheme.areFactors() ? 2.0 * pairs * numbers : 2.0 * pairs * rows * width * workers;
        int trips = scheme.route() == Route.PEERS ? 1 : 2; // the gradient; the new values
        return bytes(scheme) / link.bytesPerSecond()
                + trips * link.latency()
                + multiplied / link.flops()
                + numbers * APPLIED;
    }

    /** The scheme that takes the least time. */
    public Scheme best(Link link) {
        return Arrays.stream(Scheme.values())
                .filter(this::allows)
                .min(Comparator.comparingDouble(scheme -> seconds(scheme, link)))
                .orElseThrow();
    }
}
