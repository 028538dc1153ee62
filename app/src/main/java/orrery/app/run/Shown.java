package orrery.app.run;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Numbers and metrics as people read them. */
public final class Shown {
    /** Begins the name of a metric of the baseline, the best guess that looks at no features. */
    public static final String BASELINE = "baseline";

    private Shown() {}

    /** A number. */
    public static String number(double value) {
        boolean isSmall = value != 0 && Math.abs(value) < 0.001;
        boolean isLarge = Math.abs(value) >= 1e6;
        return String.format(
                Locale.ROOT,
                isSmall
                        ? "%.2g"
                        : value == Math.rint(value) && Math.abs(value) < 1e15 ? "%.0f" : isLarge ? "%.6g" : "%.4f",
                value);
    }

    /** Prints metrics in one line, each with the baseline's beside it, if it has one. */
    public static void metrics(PrintWriter out, String name, @Nullable Object metrics) {
        if (metrics instanceof Map<?, ?> map && !map.isEmpty()) {
            var line = new StringBuilder(String.format(Locale.ROOT, "%-5s", name));
            map.forEach((key, value) -> {
                String metric = String.valueOf(key);
                if (!metric.startsWith(BASELINE)) {
                    line.append("  ").append(metric).append(value instanceof Double d ? " " + number(d) : "");
                    if (map.get(baselineOf(metric)) instanceof Double baseline) {
                        line.append(" (baseline ").append(number(baseline)).append(')');
                    }
                }
            });
            out.println(line);
        }
    }

    /** The name of a metric's value of the baseline. */
    public static String baselineOf(String metric) {
        return BASELINE + metric.substring(0, 1).toUpperCase(Locale.ROOT) + metric.substring(1);
    }
}
