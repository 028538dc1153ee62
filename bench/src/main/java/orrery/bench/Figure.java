package orrery.bench;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One measured figure: medians over {@code runs} interleaved runs.
 *
 * @param ratio above 1 if ours is better
 * @param limit what the figure does not show
 */
public record Figure(
        String name, String unit, double ours, double peer, String peerName, double ratio, int runs, String limit) {

    /** A figure of which less is better, such as seconds. */
    public static Figure less(
            String name, String unit, double ours, double peer, String peerName, int runs, String limit) {
        return new Figure(name, unit, ours, peer, peerName, peer / ours, runs, limit);
    }

    /** A figure of which more is better, such as examples per second. */
    public static Figure more(
            String name, String unit, double ours, double peer, String peerName, int runs, String limit) {
        return new Figure(name, unit, ours, peer, peerName, ours / peer, runs, limit);
    }

    /** The middle value. */
    public static double median(List<Double> values) {
        var sorted = values.stream().sorted().toList();
        int n = sorted.size();
        return n % 2 == 1 ? sorted.get(n / 2) : (sorted.get(n / 2 - 1) + sorted.get(n / 2)) / 2;
    }

    /** Prints figures as a table. */
    static void print(PrintWriter out, List<Figure> figures) {
        int width = figures.stream().mapToInt(f -> f.name().length()).max().orElse(10);
        out.println(" ".repeat(width) + "          ours          peer    ratio  runs  unit           peer");
        for (var f : figures) {
            out.println(f.name() + " ".repeat(width - f.name().length() + 2) + number(f.ours()) + "  "
                    + number(f.peer())
                    + String.format(Locale.ROOT, "  %7.2f  %4d  %-14s ", f.ratio(), f.runs(), f.unit()) + f.peerName());
        }
        var limits = new ArrayList<String>();
        for (var f : figures) {
            if (!f.limit().isEmpty() && !limits.contains(f.limit())) {
                limits.add(f.limit());
            }
        }
        out.println("A ratio above 1 means that ours is better. What the figures do not show:");
        limits.forEach(limit -> out.println("- " + limit));
    }

    private static String number(double value) {
        return Math.abs(value) >= 1000
                ? String.format(Locale.ROOT, "%,12.0f", value)
                : String.format(Locale.ROOT, "%12.4f", value);
    }

    Map<String, Object> toMap() {
        var map = new LinkedHashMap<String, Object>();
        map.put("name", name);
        map.put("unit", unit);
        map.put("ours", ours);
        map.put("peer", peer);
        map.put("peerName", peerName);
        map.put("ratio", ratio);
        map.put("runs", runs);
        map.put("limit", limit);
        return map;
    }
}
