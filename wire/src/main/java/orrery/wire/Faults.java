package orrery.wire;

import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;

/**
 * Bad weather, made on purpose: what a {@link FaultyLink} does to the frames it is given. All of it is a function of the
 * seed and the frames.
 *
 * @param drop share of frames that are lost
 * @param duplicate share of frames that are sent twice
 * @param reorder share of frames that are overtaken by later ones
 * @param cut share of frames that close the link instead of passing
 * @param delay how much later every frame arrives
 * @param bytesPerSecond how fast bytes leave an endpoint, by all its links together; 0 for no limit
 * @param seed what is random follows from it
 */
public record Faults(
        double drop, double duplicate, double reorder, double cut, Duration delay, long bytesPerSecond, long seed) {

    private static final Set<String> KEYS = Set.of("drop", "duplicate", "reorder", "cut", "delay", "rate", "seed");

    /** Fair weather. */
    public static final Faults NONE = new Faults(0, 0, 0, 0, Duration.ZERO, 0, 1);

    public Faults {
        share("drop", drop);
        share("duplicate", duplicate);
        share("reorder", reorder);
        share("cut", cut);
        if (delay.isNegative() || bytesPerSecond < 0) {
            throw new IllegalArgumentException(
                    "delay and rate must be 0 or more, got " + delay + " and " + bytesPerSecond);
        }
    }

    private static void share(String name, double value) {
        if (!(value >= 0 && value <= 0.5)) {
            throw new IllegalArgumentException(name + " must be 0 % to 50 %, got " + 100 * value + " %");
        }
    }

    /** Reads {@code drop=1%,delay=20ms,duplicate=1%,reorder=5%,cut=0.1%,rate=10MB,seed=7}; all are optional. */
    public static Faults parse(String text) {
        if (text.isEmpty()) {
            return NONE;
        }
        var given = new TreeMap<String, String>();
        for (var part : text.split(",", -1)) {
            int at = part.indexOf('=');
            String key = at < 0 ? part : part.substring(0, at);
            if (at < 0 || !KEYS.contains(key)) {
                throw new IllegalArgumentException("faults are drop=1%,duplicate=1%,reorder=5%,cut=0.1%,delay=20ms,"
                        + "rate=10MB,seed=7 or some of these, got '" + part + "'");
            }
            if (given.put(key, part.substring(at + 1)) != null) {
                throw new IllegalArgumentException("faults: " + key + " is given twice");
            }
        }
        return new Faults(
                percent(given.getOrDefault("drop", "0")),
                percent(given.getOrDefault("duplicate", "0")),
                percent(given.getOrDefault("reorder", "0")),
                percent(given.getOrDefault("cut", "0")),
                Duration.ofNanos((long) (1e6 * number("delay", given.getOrDefault("delay", "0"), "ms"))),
                (long) (1e6 * number("rate", given.getOrDefault("rate", "0"), "mb")),
                (long) number("seed", given.getOrDefault("seed", "1"), ""));
    }

    /** What {@link #parse} reads. */
    public String text() {
        return "drop=" + drop + ",duplicate=" + duplicate + ",reorder=" + reorder + ",cut=" + cut + ",delay="
                + delay.toNanos() / 1e6 + "ms,rate=" + bytesPerSecond / 1e6 + "mb,seed=" + seed;
    }

    private static double percent(String text) {
        return text.endsWith("%") ? number("share", text, "%") / 100 : number("share", text, "");
    }

    private static double number(String name, String text, String unit) {
        String low = text.toLowerCase(Locale.ROOT);
        try {
            return Double.parseDouble(low.endsWith(unit) ? low.substring(0, low.length() - unit.length()) : low);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "faults: " + name + " must be a number" + (unit.isEmpty() ? "" : " of " + unit) + ", got '" + text
                            + "'",
                    e);
        }
    }
}
