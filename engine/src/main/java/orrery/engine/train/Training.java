package orrery.engine.train;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import orrery.engine.Job;
import orrery.engine.stage.Run;
import orrery.table.plan.AccessPlan;
import orrery.table.plan.Placing;

/** A training that is ready to run, once: a {@link Recipe} and how it is run. */
public final class Training<M extends Model> {
    private final Recipe<M> recipe;
    private final Run run;

    public Training(Recipe<M> recipe, Run run) {
        this.recipe = recipe;
        this.run = run;
    }

    /** The job, to be stopped or cancelled by another thread. */
    public Job job() {
        return recipe.job();
    }

    /** How the job is run. */
    public Run settings() {
        return run;
    }

    /** What members and a run that goes on must have in common with this one; see {@link Recipe#identity}. */
    public Map<String, String> identity() {
        return recipe.identity();
    }

    /** What was decided that a person may want to know; see {@link Recipe#decided}. */
    public Map<String, String> decided() {
        return recipe.decided();
    }

    /** Further lines of a plan; see {@link Recipe#explained}. */
    public List<String> explained() {
        return recipe.explained();
    }

    /** Trains. */
    public Trained<M> run() throws IOException {
        var outcome = job().run(run.identifiedBy(identity()));
        return new Trained<>(recipe.model(outcome), outcome);
    }

    /** Does the part of a member in the training; {@link #run} is for whoever coordinates. */
    public void join() throws IOException {
        job().run(run.identifiedBy(identity()));
    }

    /** What it will touch, found by a virtual iteration, and who had best own it among {@code members}. */
    public AccessPlan plan(Placing placing, int members) throws Exception {
        return job().plan(run, placing, members);
    }
}
