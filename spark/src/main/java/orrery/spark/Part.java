package orrery.spark;

import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.Row;
import orrery.data.Loaded;
import orrery.data.Schema;

/**
 * What a member must know to make examples of its part of the rows.
 *
 * @param parts by member, and part: how many rows it has
 * @param perMember how many workers each member has
 */
record Part(Schema schema, List<Long> parts, int perMember) implements Serializable {
    static Part of(ExampleEstimator.Dealt dealt, int perMember) {
        return new Part(dealt.schema(), List.copyOf(dealt.sizes()), perMember);
    }

    /** By worker: how many examples it has. */
    List<Long> sizes() {
        return FrameEstimator.byWorker(parts, perMember);
    }

    /** No examples, which is what the driver has. */
    Loaded none() {
        return new Loaded(Packing.ofAll(schema, true).pack(), schema);
    }

    /** The examples of a part, numbered on through all parts. */
    Loaded examples(int part, Iterator<Row> rows) {
        var packing = Packing.ofAll(schema, true);
        rows.forEachRemaining(packing::add);
        if (packing.size() != parts.get(part)) {
            throw new IllegalStateException("part " + part + " of the data frame had " + parts.get(part)
                    + " rows when they were counted, and has " + packing.size()
                    + " now: it is not the same each time it is made; cache it, or write it to a file first");
        }
        long first = parts.subList(0, part).stream().mapToLong(Long::longValue).sum();
        return new Loaded(packing.pack().numberedFrom(first), schema);
    }
}
