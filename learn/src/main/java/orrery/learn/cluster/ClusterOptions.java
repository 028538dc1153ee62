package orrery.learn.cluster;

import java.io.Serializable;

/**
 * How clusters are found.
 *
 * @param clusters how many
 * @param iterations at most so many passes over the examples
 * @param tolerance of Lloyd's iterations: enough when the inertia falls by a smaller part of itself in five of them
 * @param batch examples per worker and clock; 0 for Lloyd's iterations, which use all at each clock
 * @param starts so many times first centroids are chosen among the candidates and tried on them; the best begin
 */
public record ClusterOptions(int clusters, int iterations, double tolerance, int batch, int starts)
        implements Serializable {
    public ClusterOptions {
        if (clusters < 1) {
            throw new IllegalArgumentException("clusters must be 1 or more, got " + clusters);
        }
        if (iterations < 1) {
            throw new IllegalArgumentException("iterations must be 1 or more, got " + iterations);
        }
        if (!(tolerance >= 0)) {
            throw new IllegalArgumentException("tolerance must be 0 or more, got " + tolerance);
        }
        if (batch < 0) {
            throw new IllegalArgumentException("batch must be 0 or more, got " + batch);
        }
        if (starts < 1) {
            throw new IllegalArgumentException("starts must be 1 or more, got " + starts);
        }
    }

    /** 10 clusters, at most 300 of Lloyd's iterations, the best of 4 starts. */
    public static final ClusterOptions DEFAULT = new ClusterOptions(10, 300, 1e-5, 0, 4);

    boolean isLloyd() {
        return batch == 0;
    }
}
