package orrery.bench.topics;

import java.util.ArrayList;
import java.util.List;

/** How far a sampler has come, and what that took: points in the order of passes. */
final class Course {
    private final List<Point> points = new ArrayList<>();

    /**
     * A point.
     *
     * @param passes that have been done
     * @param likelihood log p(words, topics), by word
     * @param wall seconds since the beginning
     * @param cpu seconds of the process since then
     */
    record Point(double passes, double likelihood, double wall, double cpu) {}

    void add(double passes, double likelihood, double wall, double cpu) {
        points.add(new Point(passes, likelihood, wall, cpu));
    }

    /** How many passes have been done. */
    double passes() {
        return points.isEmpty() ? 0 : points.getLast().passes();
    }

    Point last() {
        return points.getLast();
    }

    boolean reaches(double target) {
        return !points.isEmpty() && points.getLast().likelihood() >= target;
    }

    /** When a likelihood is reached, in proportion between the points before and after; not a number where it never is. */
    Point at(double target) {
        for (int i = 0; i < points.size(); i++) {
            var after = points.get(i);
            if (after.likelihood() >= target) {
                if (i == 0) {
                    return after;
                }
                var before = points.get(i - 1);
                double part = (target - before.likelihood()) / (after.likelihood() - before.likelihood());
                return new Point(
                        between(before.passes(), after.passes(), part),
                        target,
                        between(before.wall(), after.wall(), part),
                        between(before.cpu(), after.cpu(), part));
            }
        }
        return new Point(Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }

    private static double between(double from, double to, double part) {
        return from + (to - from) * part;
    }
}
