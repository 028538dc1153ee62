package orrery.deep.sync;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import orrery.table.spec.Route;

/** How the gradient of a layer's numbers gets to those who need it (Zhang et al., USENIX ATC 2017, section 3.2). */
public enum Scheme {
    /** The gradient to the owners of its rows, who are asked for the new values: a parameter server. */
    OWNERS(Route.OWNERS, false),
    /** The gradient to all members, who all apply it: no round trip. */
    PEERS(Route.PEERS, false),
    /** Its factors to all members, who multiply them: sufficient factor broadcasting. */
    FACTORS(Route.PEERS, true),
    /** Its factors to the owners, who are asked for the new values (Chilimbi et al., OSDI 2014: Project Adam). */
    OWNER_FACTORS(Route.OWNERS, true);

    private final Route route;
    private final boolean areFactors;

    Scheme(Route route, boolean areFactors) {
        this.route = route;
        this.areFactors = areFactors;
    }

    /** The way of a table's updates. */
    public Route route() {
        return route;
    }

    /** Whether the gradient travels as factors, which only those of linear layers' weights have. */
    public boolean areFactors() {
        return areFactors;
    }

    /** As it is written, such as {@code owner-factors}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** All that there are, as they are written. */
    public static String all() {
        return Arrays.stream(values()).map(Scheme::toString).collect(Collectors.joining(", "));
    }

    /**
     * What {@link #toString} has written.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static Scheme parse(String text) {
        return Arrays.stream(values())
                .filter(scheme -> scheme.toString().equals(text))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("a gradient goes by one of " + all() + ", got '" + text + "'"));
    }
}
