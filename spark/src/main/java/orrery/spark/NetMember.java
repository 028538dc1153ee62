package orrery.spark;

import java.io.IOException;
import java.util.Iterator;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import orrery.deep.train.NetLearning;
import orrery.deep.train.NetModel;
import orrery.deep.train.NetOptions;
import orrery.engine.launch.Membership;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;

/** A net's training as the driver and its members do it, from values alone. */
record NetMember(NetOptions options, @Nullable Sent<NetModel> start, Part part, Settings settings)
        implements MemberBody<Row> {

    private NetLearning learning() {
        return new NetLearning(options, start == null ? Optional.empty() : Optional.of(start.value()));
    }

    /** The driver's part, without examples. */
    Training<NetModel> training(Run run) throws IOException {
        return learning().prepare(part.none(), part.sizes(), run);
    }

    @Override
    public void run(Membership membership, int number, Iterator<Row> rows) throws IOException {
        learning()
                .prepare(
                        part.examples(number, rows),
                        part.sizes(),
                        settings.run().with(membership))
                .join();
    }
}
