package orrery.engine;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import orrery.store.Storage;

/**
 * Where and when a run keeps its state.
 *
 * @param storage one folder per checkpoint is made in it
 * @param everyCuts a checkpoint is taken at every so many cuts, and when the job is stopped
 * @param keep how many of the newest are kept
 * @param resume whether the run goes on from the newest; an error if there is none, or if it is of another run
 * @param identity what must be equal in a run that goes on, beside tables, stages, workers and seed; for instance the
 *     sum of the data
 */
public record Checkpoints(Storage storage, int everyCuts, int keep, boolean resume, Map<String, String> identity) {
    public Checkpoints {
        if (everyCuts < 1) {
            throw new IllegalArgumentException("a checkpoint is taken at every 1 cut or more, got " + everyCuts);
        }
        if (keep < 1) {
            throw new IllegalArgumentException("1 checkpoint or more must be kept, got " + keep);
        }
        identity = Map.copyOf(identity);
    }

    /** A checkpoint at every cut, the newest two kept. */
    public static Checkpoints in(Storage storage) {
        return new Checkpoints(storage, 1, 2, false, Map.of());
    }

    public Checkpoints every(int cuts) {
        return new Checkpoints(storage, cuts, keep, resume, identity);
    }

    public Checkpoints resuming() {
        return new Checkpoints(storage, everyCuts, keep, true, identity);
    }

    /** Says now what a run would say when it begins: there are checkpoints of another run, or none to go on from. */
    public void check() throws IOException {
        if (resume) {
            Checkpoint.newest(storage);
        } else {
            Checkpoint.checkThatNoneIsIn(storage);
        }
    }

    public Checkpoints identifiedBy(Map<String, String> more) {
        var all = new TreeMap<>(identity);
        all.putAll(more);
        return new Checkpoints(storage, everyCuts, keep, resume, all);
    }
}
