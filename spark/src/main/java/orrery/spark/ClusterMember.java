package orrery.spark;

import java.io.IOException;
import java.util.Iterator;
import org.apache.spark.sql.Row;
import orrery.engine.launch.Membership;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.learn.cluster.ClusterModel;
import orrery.learn.cluster.ClusterOptions;
import orrery.learn.cluster.KMeans;

/** A clustering as the driver and its members do it, from values alone. */
record ClusterMember(ClusterOptions options, Part part, Settings settings) implements MemberBody<Row> {

    /** The driver's part, without examples. */
    Training<ClusterModel> training(Run run) throws IOException {
        return new KMeans(options).prepare(part.none(), part.sizes(), run);
    }

    @Override
    public void run(Membership membership, int number, Iterator<Row> rows) throws IOException {
        new KMeans(options)
                .prepare(
                        part.examples(number, rows),
                        part.sizes(),
                        settings.run().with(membership))
                .join();
    }
}
