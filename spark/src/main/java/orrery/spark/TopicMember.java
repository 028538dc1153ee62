package orrery.spark;

import java.io.IOException;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.Row;
import orrery.engine.launch.Membership;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.learn.topic.DocumentParts;
import orrery.learn.topic.TopicModel;
import orrery.learn.topic.TopicModeling;
import orrery.learn.topic.TopicOptions;

/** Topics as the driver and its members find them. */
record TopicMember(TopicOptions options, Sent<TopicMember.Documents> documents, Settings settings)
        implements MemberBody<Row> {

    /**
     * What a member must know to make documents of its part of the rows.
     *
     * @param rows by member: how many rows its part has
     * @param contents by member: a sum of its rows' values
     * @param tokens by word: how often all documents have it
     */
    record Documents(DocumentWords words, List<Long> rows, List<Long> contents, long[] tokens) implements Serializable {
        /** The sizes of all parts, and what is in them. */
        DocumentParts parts(int perMember) {
            long sum = contents.stream().mapToLong(n -> n).sum();
            return new DocumentParts(FrameEstimator.byWorker(rows, perMember), tokens, Long.toHexString(sum));
        }
    }

    /** The driver's part, without documents. */
    Training<TopicModel> training(Run run) throws IOException {
        var known = documents.value();
        return new TopicModeling(options)
                .prepare(known.words().new Packing().pack(0), known.parts(settings.perMember()), run);
    }

    @Override
    public void run(Membership membership, int number, Iterator<Row> rows) throws IOException {
        var known = documents.value();
        var packing = known.words().new Packing();
        long content = 0;
        while (rows.hasNext()) {
            var row = rows.next();
            content += Survey.content(row);
            packing.add(row.get(0));
        }
        if (packing.size() != known.rows().get(number)
                || content != known.contents().get(number)) {
            throw new OtherData(
                    "part " + number + " of the data frame", known.rows().get(number), packing.size());
        }
        long first = known.rows().subList(0, number).stream().mapToLong(n -> n).sum();
        new TopicModeling(options)
                .prepare(
                        packing.pack(first),
                        known.parts(settings.perMember()),
                        settings.run().with(membership))
                .join();
    }
}
