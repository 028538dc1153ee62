package orrery.learn;

import java.io.IOException;
import java.util.Map;
import orrery.engine.Job;
import orrery.engine.Run;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;

/** A training that is ready to run, once: the job, its tables, and how to make a model of them. */
public interface Training<M extends Model> {
    /** The job, to be stopped or cancelled by another thread. */
    Job job();

    /** Trains. */
    Trained<M> run() throws IOException;

    /** How the job is run. */
    Run settings();

    /** What members and a run that goes on must have in common with this one, beside the job; see {@link Run#identifiedBy}. */
    Map<String, String> identity();

    /** Does the part of a member in the training; {@link #run} is for whoever coordinates. */
    default void join() throws IOException {
        job().run(settings().identifiedBy(identity()));
    }

    /** What it will touch, found by a virtual iteration, and who had best own it among {@code members}. */
    default AccessPlan plan(Placing placing, int members) throws Exception {
        return job().plan(settings(), placing, members);
    }
}
