package orrery.engine.stage;

import java.util.Map;
import orrery.table.worker.Session;

/**
 * A step whose first worker measures at each cut what all have come to, such as the loss on validation data. Confined to
 * the worker's thread.
 */
public final class Measured implements MeasuringStep, AutoCloseable {
    private final Step step;
    private final Worker worker;
    private final Measure measure;

    /** What is measured. */
    @FunctionalInterface
    public interface Measure {
        /** Metric to value; the tables' values are found by {@link Session#values}. */
        Map<String, Double> of(Session session) throws Exception;
    }

    private Measured(Step step, Worker worker, Measure measure) {
        this.step = step;
        this.worker = worker;
        this.measure = measure;
    }

    /** The same step for all workers but the first, which measures as well. */
    public static Step by(Worker worker, Step step, Measure measure) {
        return worker.index() == 0 ? new Measured(step, worker, measure) : step;
    }

    @Override
    public void run(Session session, long clock) throws Exception {
        step.run(session, clock);
    }

    @Override
    public void measure(Session session, long clock) throws Exception {
        measure.of(session).forEach((name, value) -> worker.tally(name).add(value, 1));
    }

    @Override
    public void close() {
        Step.close(step);
    }
}
