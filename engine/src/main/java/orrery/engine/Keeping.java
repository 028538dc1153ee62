package orrery.engine;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoint;
import orrery.engine.keep.Checkpoints;
import orrery.engine.keep.Identity;
import orrery.engine.stage.Course;
import orrery.engine.team.Team;

/** The checkpoints of a run: when one is taken, when it is complete, which is the newest. Confined to the job's thread. */
final class Keeping {
    private final Optional<Checkpoints> checkpoints;
    private final Course course;
    private final Identity identity;
    private final IntSupplier epoch;
    private final Consumer<RunEvent> listener;
    private int cutsSince;
    private Optional<Checkpoint> newest = Optional.empty();
    private @Nullable Pending pending;

    /** Which cut a checkpoint is of. */
    record Of(int stage, String name, long clock, int workers, Next next, List<RunEvent.CutReached> history) {
        /** Whether what follows needs the checkpoint. */
        boolean isNeeded() {
            return switch (next) {
                case Next.GoOn _ -> false;
                case Next.Finish _, Next.Stop _ -> true;
                case Next.Restart restart -> restart.fromCheckpoint();
            };
        }
    }

    /** A checkpoint that is being written. */
    private record Pending(Of of, Team.Saving saving) {}

    Keeping(
            Optional<Checkpoints> checkpoints,
            Course course,
            Identity identity,
            IntSupplier epoch,
            Consumer<RunEvent> listener) {
        this.checkpoints = checkpoints;
        this.course = course;
        this.identity = identity;
        this.epoch = epoch;
        this.listener = listener;
    }

    Optional<Checkpoint> newest() {
        return newest;
    }

    /** Where the run begins: at a checkpoint, if it is to be resumed. Returns whether it is. */
    boolean resume() throws IOException {
        if (checkpoints.isEmpty()) {
            return false;
        }
        var storage = checkpoints.get().storage();
        if (!checkpoints.get().resume()) {
            Checkpoint.checkThatNoneIsIn(storage);
            return false;
        }
        newest = Optional.of(Checkpoint.toResume(storage, this::ill, identity, this::passOver));
        return true;
    }

    /** Why the job has no place for a checkpoint. */
    private Optional<String> ill(int number, long clock, Checkpoint of) throws IOException {
        var stage = course.stage(number, course.dependsOnHistory() ? of.history() : List.of());
        if (stage.isEmpty()) {
            return Optional.of(
                    "its stage is " + number + ", the job has " + course.known().size() + ", numbered from 0");
        }
        return clock <= stage.get().clocks()
                ? Optional.empty()
                : Optional.of("its clock is " + clock + ", stage '"
                        + stage.get().name() + "' has " + stage.get().clocks());
    }

    private void passOver(String where, String why) {
        listener.accept(new RunEvent.CheckpointPassedOver(where, why));
    }

    /** A member is lost: what is being written comes to nothing, and the newest may have been damaged since it was. */
    void goBack() throws IOException {
        pending = null;
        cutsSince = 0;
        if (newest.isPresent()) {
            newest = Checkpoint.newest(checkpoints.orElseThrow().storage(), this::ill, identity, this::passOver);
        }
    }

    /**
     * Begins a checkpoint, if one is due at this cut or needed for what follows.
     *
     * @param isResult whether it is all that will be left of the tables
     */
    void cut(Of of, boolean isResult, Team team) throws IOException, InterruptedException {
        if (checkpoints.isEmpty()) {
            return;
        }
        var kept = checkpoints.get();
        if (++cutsSince >= kept.everyCuts() || isResult || of.isNeeded()) {
            cutsSince = 0;
            commit();
            String folder = Checkpoint.begin(kept, of.stage(), of.clock());
            pending = new Pending(of, team.save(kept.storage(), folder));
        }
    }

    /** The same as {@link #commit}, unless it would have to wait. */
    void commitIfWritten() throws IOException, InterruptedException {
        var now = pending;
        if (now != null && now.saving().isDone()) {
            commit();
        }
    }

    /** Waits until the files that were begun are written, and makes them a checkpoint. */
    void commit() throws IOException, InterruptedException {
        var now = pending;
        if (now == null) {
            return;
        }
        pending = null;
        var of = now.of();
        var kept = checkpoints.orElseThrow();
        var files = now.saving().files();
        long bytes = Checkpoint.commit(
                kept,
                identity,
                of.stage(),
                of.clock(),
                of.workers(),
                of.next() instanceof Next.Finish,
                of.history(),
                files,
                epoch.getAsInt());
        newest = Optional.of(Checkpoint.read(kept.storage(), Checkpoint.folder(of.stage(), of.clock())));
        listener.accept(
                new RunEvent.Checkpointed(of.name(), of.clock(), newest.get().where(), bytes));
    }
}
