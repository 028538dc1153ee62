package orrery.deep.sync;

import java.io.Serializable;
import java.util.Optional;

/**
 * How gradients are to travel.
 *
 * @param forced the scheme of all layers that can have it; others then go to {@link Scheme#OWNERS}. Empty for the cheapest of each
 * @param link by which it is found
 */
public record Sending(Optional<Scheme> forced, Link link) implements Serializable {
    /** The cheapest by {@link Link#DEFAULT}. */
    public static final Sending DEFAULT = new Sending(Optional.empty(), Link.DEFAULT);

    /** How a layer's gradient goes. */
    public Scheme of(Exchange exchange) {
        if (exchange.members() < 2) {
            return Scheme.OWNERS; // there is nobody else
        }
        return forced.map(scheme -> exchange.allows(scheme) ? scheme : Scheme.OWNERS)
                .orElseGet(() -> exchange.best(link));
    }
}
