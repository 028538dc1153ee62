package orrery.engine.stage;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import orrery.table.worker.Session;

/** One of the k threads that run a stage. Confined to its thread, save that the engine reads its counts. */
public final class Worker {
    private final Session session;
    private final long seed;
    private final Map<String, Tally> tallies = new LinkedHashMap<>();
    private final AtomicLong examples;

    public Worker(Session session, long seed, AtomicLong examples) {
        this.session = session;
        this.seed = seed;
        this.examples = examples;
    }

    /** This worker's view of the tables. */
    public Session session() {
        return session;
    }

    /** This worker's number, from 0. */
    public int index() {
        return session.worker();
    }

    /** How many workers the stage has. */
    public int count() {
        return session.workers();
    }

    /** The run's seed. */
    public long seed() {
        return seed;
    }

    /** Counts examples for the display of progress. */
    public void processed(long more) {
        examples.setRelease(examples.getPlain() + more);
    }

    /** A weighted mean over all workers, told at the next cut and begun anew after it. */
    public Tally tally(String metric) {
        return tallies.computeIfAbsent(metric, name -> new Tally());
    }

    public Map<String, Tally> tallies() {
        var drift = session.takeDrift();
        if (drift[1] > 0) {
            tally("drift").add(drift[0], drift[1]);
        }
        return tallies;
    }

    /** A sum and its weight. */
    public static final class Tally {
        private double sum;
        private double weight;

        public Tally() {}

        public void add(double moreSum, double moreWeight) {
            sum += moreSum;
            weight += moreWeight;
        }

        public void addAndReset(Tally other) {
            add(other.sum, other.weight);
            other.sum = 0;
            other.weight = 0;
        }

        public double sum() {
            return sum;
        }

        public double weight() {
            return weight;
        }

        public double mean() {
            return sum / weight;
        }
    }
}
