package orrery.learn.rank;

import java.util.List;

/**
 * How ranks are computed.
 *
 * @param damping the probability of following a link, in [0, 1)
 * @param tolerance iterations end when the ranks change by less in sum
 * @param iterations at most so many
 * @param seeds where a walk begins anew, by name; anywhere if there are none
 */
public record PageRankOptions(double damping, double tolerance, int iterations, List<String> seeds) {
    public PageRankOptions {
        if (!(damping >= 0 && damping < 1)) {
            throw new IllegalArgumentException("damping must be at least 0 and below 1, got " + damping);
        }
        if (!(tolerance >= 0)) {
            throw new IllegalArgumentException("tolerance must be 0 or more, got " + tolerance);
        }
        if (iterations < 1) {
            throw new IllegalArgumentException("iterations must be 1 or more, got " + iterations);
        }
        seeds = List.copyOf(seeds);
    }

    /** Damping 0.85, tolerance 1e-6, at most 100 iterations, from anywhere. */
    public static final PageRankOptions DEFAULT = new PageRankOptions(0.85, 1e-6, 100, List.of());
}
