package orrery.spark;

import java.io.IOException;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.store.Json;

/**
 * What a member must know to make examples of its part of the rows.
 *
 * @param schema as {@link Schema#toMap}, one line of JSON
 * @param parts by member, and part: how many rows it has
 * @param perMember how many workers each member has
 */
record Part(String schema, List<Long> parts, int perMember) implements Serializable {
    static Part of(ExampleEstimator.Dealt dealt, int perMember) {
        return new Part(Json.line(dealt.schema().toMap()), List.copyOf(dealt.sizes()), perMember);
    }

    /** By worker: how many examples it has. */
    List<Long> sizes() {
        return FrameEstimator.byWorker(parts, perMember);
    }

    private Packing packing(Schema meaning) {
        return Packing.of(meaning, IntStream.range(0, meaning.columns().size()).toArray(), true);
    }

    private Schema meaning() throws IOException {
        return Schema.fromMap(Json.object(schema, "the data frame's schema"), List.of(), "the data frame");
    }

    /** No examples, which is what the driver has. */
    Loaded none() throws IOException {
        var meaning = meaning();
        return new Loaded(packing(meaning).pack(), meaning);
    }

    /** The examples of a part, numbered on through all parts. */
    Loaded examples(int part, Iterator<Row> rows) throws IOException {
        var meaning = meaning();
        var packing = packing(meaning);
        rows.forEachRemaining(packing::add);
        if (packing.size() != parts.get(part)) {
            throw new IllegalStateException("part " + part + " of the data frame had " + parts.get(part)
                    + " rows when they were counted, and has " + packing.size()
                    + " now: it is not the same each time it is made; cache it, or write it to a file first");
        }
        long first = parts.subList(0, part).stream().mapToLong(Long::longValue).sum();
        return new Loaded(packing.pack().numberedFrom(first), meaning);
    }
}
