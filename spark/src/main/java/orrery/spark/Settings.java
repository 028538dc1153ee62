package orrery.spark;

import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Run;
import orrery.store.Place;
import orrery.table.spec.Consistency;

/**
 * How a job is run, as the driver and all members know it.
 *
 * @param members how many
 * @param perMember workers of each
 * @param checkpoints the folder that they are kept in; empty for none
 */
record Settings(int members, int perMember, String consistency, long seed, Duration waitLimit, String checkpoints)
        implements Serializable {
    int workers() {
        return members * perMember;
    }

    Run run() throws IOException {
        var run = Run.local(workers())
                .with(Consistency.parse(consistency))
                .withSeed(seed)
                .withWaitLimit(waitLimit);
        return checkpoints.isEmpty() ? run : run.with(Checkpoints.in(new Place(checkpoints).folder()));
    }
}
