package orrery.engine.keep;

import java.io.IOException;
import orrery.store.Storage;

/**
 * Where and when a run keeps its state.
 *
 * @param storage one folder per checkpoint is made in it
 * @param everyCuts a checkpoint is taken at every so many cuts, and when the job is stopped
 * @param keep how many of the newest are kept
 * @param resume whether the run goes on from the newest that is sound; an error if there is none, or if it is of another run
 */
public record Checkpoints(Storage storage, int everyCuts, int keep, boolean resume) {
    static final int MOST_WORKERS = 1024; // of a stage

    public Checkpoints {
        if (everyCuts < 1) {
            throw new IllegalArgumentException("a checkpoint is taken at every 1 cut or more, got " + everyCuts);
        }
        if (keep < 1) {
            throw new IllegalArgumentException("1 checkpoint or more must be kept, got " + keep);
        }
    }

    /** A checkpoint at every cut, the newest two kept. */
    public static Checkpoints in(Storage storage) {
        return new Checkpoints(storage, 1, 2, false);
    }

    public Checkpoints every(int cuts) {
        return new Checkpoints(storage, cuts, keep, resume);
    }

    public Checkpoints resuming() {
        return new Checkpoints(storage, everyCuts, keep, true);
    }

    /** Whether there is a checkpoint, sound or not. */
    public boolean areAny() throws IOException {
        return Checkpoint.isAnyIn(storage);
    }
}
