package orrery.spark;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.sql.Row;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.data.Spill;

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

    /**
     * Packs the examples of a part to files, batch by batch, one file for each of the member's workers.
     *
     * @return by worker of the member
     */
    List<Spill> spill(int part, Iterator<Row> rows, int batch, Path folder) throws IOException {
        var spills = new ArrayList<Spill>();
        for (int w = 0; w < perMember; w++) {
            long[] left = {sizes().get(part * perMember + w)};
            spills.add(Spill.write(folder, schema.features(), () -> {
                var packing = Packing.ofAll(schema, true);
                for (; left[0] > 0 && packing.size() < batch && rows.hasNext(); left[0]--) {
                    packing.add(rows.next());
                }
                return packing.size() == 0 ? null : packing.pack();
            }));
        }
        long found = spills.stream().mapToLong(Spill::examples).sum();
        while (rows.hasNext()) {
            rows.next();
            found++;
        }
        check(part, found);
        return spills;
    }

    private void check(int part, long found) {
        if (found != parts.get(part)) {
            throw new IllegalStateException("part " + part + " of the data frame had " + parts.get(part)
                    + " rows when they were counted, and has " + found
                    + " now: it is not the same each time it is made; cache it, or write it to a file first");
        }
    }

    /** No examples, which is what the driver has. */
    Loaded none() {
        return new Loaded(Packing.ofAll(schema, true).pack(), schema);
    }

    /** The examples of a part, numbered on through all parts. */
    Loaded examples(int part, Iterator<Row> rows) {
        var packing = Packing.ofAll(schema, true);
        rows.forEachRemaining(packing::add);
        check(part, packing.size());
        long first = parts.subList(0, part).stream().mapToLong(Long::longValue).sum();
        return new Loaded(packing.pack().numberedFrom(first), schema);
    }
}
