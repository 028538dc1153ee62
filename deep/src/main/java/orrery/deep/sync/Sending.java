package orrery.deep.sync;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * How gradients are to travel.
 *
 * @param forced the scheme of all layers that can have it; others then go to {@link Scheme#OWNERS}. Null for the cheapest of each
 * @param link by which it is found
 */
public record Sending(@Nullable Scheme forced, Link link) implements Serializable {
    /** The cheapest by {@link Link#DEFAULT}. */
    public static final Sending DEFAULT = new Sending(null, Link.DEFAULT);

    /** How a layer's gradient goes. */
    public Scheme of(Exchange exchange) {
        if (exchange.members() < 2) {
            return Scheme.OWNERS; // there is nobody else
        }
        if (forced == null) {
            return exchange.best(link);
        }
        return exchange.allows(forced) ? forced : Scheme.OWNERS;
    }
}
