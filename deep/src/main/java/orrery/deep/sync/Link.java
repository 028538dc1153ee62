package orrery.deep.sync;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.regex.Pattern;

/**
 * Bandwidth, latency and rate, by which schemes are compared.
 *
 * @param bytesPerSecond that a member can send, while it receives as many
 * @param latency seconds of a message from member to member
 * @param flops that a member can do a second where it multiplies factors
 */
public record Link(double bytesPerSecond, double latency, double flops) implements Serializable {
    /** 10 Gbit/s, 100 us, 50 GF/s. */
    public static final Link DEFAULT = new Link(1.25e9, 1e-4, 5e10);

    private static final Pattern FORM = Pattern.compile("([0-9.]+)Gbit,([0-9.]+)us,([0-9.]+)GF");

    public Link {
        if (!(bytesPerSecond > 0 && latency >= 0 && flops > 0)) {
            throw new IllegalArgumentException(
                    "a link has a bandwidth and a rate above 0, and a latency of 0 or more, got " + bytesPerSecond
                            + " bytes/s, " + latency + " s, " + flops + " flops");
        }
    }

    /**
     * Reads what {@link #toString} has written.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static Link parse(String text) {
        var found = FORM.matcher(text);
        if (!found.matches()) {
            throw new IllegalArgumentException(
                    "a link is written as its bandwidth, its latency and the rate of products, as in " + DEFAULT
                            + ", got '" + text + "'");
        }
        return new Link(
                Double.parseDouble(found.group(1)) * 1e9 / 8,
                Double.parseDouble(found.group(2)) / 1e6,
                Double.parseDouble(found.group(3)) * 1e9);
    }

    /** Such as {@code 10Gbit,100us,50GF}. */
    @Override
    public String toString() {
        return number(bytesPerSecond * 8 / 1e9) + "Gbit," + number(latency * 1e6) + "us," + number(flops / 1e9) + "GF";
    }

    private static String number(double value) {
        return new BigDecimal(value)
                .round(new MathContext(4))
                .stripTrailingZeros()
                .toPlainString();
    }
}
