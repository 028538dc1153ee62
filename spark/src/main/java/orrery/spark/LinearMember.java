package orrery.spark;

import java.io.IOException;
import java.util.Iterator;
import org.apache.spark.sql.Row;
import orrery.engine.Membership;
import orrery.engine.Run;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearTraining;

/** A training of a linear model as the driver and its members do it, from values alone. */
record LinearMember(LinearLearner learner, Part part, Settings settings) implements MemberBody<Row> {

    /** The driver's part, without examples. */
    LinearTraining training(Run run) throws IOException {
        return learner.prepare(part.none(), part.sizes(), run);
    }

    @Override
    public void run(Membership membership, int number, Iterator<Row> rows) throws IOException {
        learner.prepare(
                        part.examples(number, rows),
                        part.sizes(),
                        settings.run().with(membership))
                .join();
    }
}
