package orrery.spark;

import java.io.IOException;
import java.util.Iterator;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.Row;
import orrery.data.Spill;
import orrery.engine.launch.Membership;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.learn.linear.Known;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearModel;

/**
 * A training of a linear model as the driver and its members do it, from values alone.
 *
 * @param known of all examples
 * @param readsAhead whether members keep their examples on disk, and read them again at each pass
 */
record LinearMember(LinearLearner learner, Part part, Sent<Known> known, Settings settings, boolean readsAhead)
        implements MemberBody<Row> {

    /** The driver's part, without examples. */
    Training<LinearModel> training(Run run) throws IOException {
        return readsAhead
                ? learner.prepare(part.schema(), known.value(), LinearMember::none, run)
                : learner.prepare(part.none(), known.value(), run);
    }

    private static Spill none(int worker) {
        throw new IllegalStateException("the driver has no examples of worker " + worker);
    }

    @Override
    public void run(Membership membership, int number, Iterator<Row> rows) throws IOException {
        var run = settings.run().with(membership);
        if (!readsAhead) {
            learner.prepare(part.examples(number, rows), known.value(), run).join();
            return;
        }
        var disk =
                SparkEnv.get().blockManager().diskBlockManager().localDirs()[0].toPath();
        var spills = part.spill(number, rows, learner.options().batch(), disk);
        try {
            int first = number * part.perMember();
            learner.prepare(part.schema(), known.value(), worker -> spills.get(worker - first), run)
                    .join();
        } finally {
            spills.forEach(Spill::close);
        }
    }
}
