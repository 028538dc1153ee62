package orrery.engine;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoint;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.team.Site;
import orrery.engine.team.Team;
import orrery.table.plan.AccessPlan;
import orrery.table.spec.TableSpec;

/**
 * Places rows by what the first pass has shown, and anew when workers read much that no plan knew. What a pass touches is
 * recorded up to a cut and kept with its checkpoint, from which everybody goes on under the new plan.
 */
final class Planning implements CutPolicy {
    private static final double DRIFT = 0.25; // rows read outside the plan, of those in it, that make another due

    private final Job job;
    private final Run run;
    private final Site site;
    private final Keeping keeping;
    private final Consumer<RunEvent> listener;
    private Optional<AccessPlan> plan;
    private boolean isDrifting; // the next pass is recorded, to plan anew
    private long outsideBefore; // rows read outside earlier plans
    private @Nullable Stage stage; // that is on

    Planning(Job job, Run run, Site site, Keeping keeping, Consumer<RunEvent> listener) {
        this.job = job;
        this.run = run;
        this.site = site;
        this.keeping = keeping;
        this.listener = listener;
        plan = run.plan();
    }

    /** The tables with their rows in the order of the plan, if there is one. */
    List<TableSpec> tables() {
        return Site.ordered(job.tables(), plan);
    }

    /** A run that goes on has the plan that it had learned. */
    void resume() throws IOException {
        var storage = run.checkpoints().orElseThrow().storage();
        if (run.learns().isPresent() && storage.holds(Checkpoint.PLAN)) {
            plan = Optional.of(AccessPlan.read(storage, Checkpoint.PLAN));
            site.learned();
        }
    }

    /** Whether the rows that workers touch up to the next cut are recorded, to place rows by them. */
    boolean isRecording() {
        return run.learns().isPresent() && (plan.isEmpty() || isDrifting) && site.members() > 1;
    }

    @Override
    public int begin(Stage next, int workers) {
        stage = next;
        return workers;
    }

    @Override
    public Next next(Team team, int workers) {
        if (isRecording()) {
            return new Next.Restart(true, before -> learn(before, workers));
        }
        if (!hasDrifted(team)) {
            return new Next.GoOn();
        }
        return new Next.Restart(true, before -> {
            isDrifting = true; // from here on it is recorded
            site.open(tables(), keeping.newest());
            return workers;
        });
    }

    /** Whether workers read so much that the plan did not know that another is due. */
    private boolean hasDrifted(Team team) {
        return run.learns().isPresent()
                && plan.isPresent()
                && !isDrifting
                && team.outsidePlan() - outsideBefore > DRIFT * plan.get().touched();
    }

    /** Places rows as what was recorded up to the newest checkpoint has it; everybody goes on from there. */
    private int learn(Team before, int workers) throws IOException, InterruptedException {
        outsideBefore = before.outsidePlan();
        isDrifting = false;
        var newest = keeping.newest().orElseThrow();
        var recordings = newest.recordings(workers);
        if (recordings.size() < workers) {
            throw new IOException(
                    newest.where() + ": tells of " + recordings.size() + " workers what they touch, of " + workers);
        }
        var of = stage;
        if (of == null) {
            throw new IllegalStateException("no stage has begun");
        }
        var memberOf = Job.positions(of, workers, site.members());
        var learned = job.plan(run.learns().orElseThrow(), site.members(), recordings, memberOf);
        learned.write(run.checkpoints().orElseThrow().storage(), Checkpoint.PLAN);
        plan = Optional.of(learned);
        site.learned();
        site.open(tables(), keeping.newest());
        listener.accept(new RunEvent.Planned(learned));
        return workers;
    }
}
