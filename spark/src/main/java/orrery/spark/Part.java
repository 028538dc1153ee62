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
 * @param contents by part: a sum of its rows' values
 * @param perMember how many workers each member has
 */
record Part(Schema schema, List<Long> parts, List<Long> contents, int perMember) implements Serializable {
    static Part of(ExampleEstimator.Dealt dealt, int perMember) {
        return new Part(dealt.schema(), dealt.sizes(), dealt.contents(), perMember);
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
        long[] content = {0};
        for (int w = 0; w < perMember; w++) {
            long[] left = {sizes().get(part * perMember + w)};
            spills.add(Spill.write(folder, schema.features(), () -> {
                var packing = new Packing(schema, true);
                for (; left[0] > 0 && packing.size() < batch && rows.hasNext(); left[0]--) {
                    var row = rows.next();
                    content[0] += Survey.content(row);
                    packing.add(row);
                }
                return packing.size() == 0 ? null : packing.pack();
            }));
        }
        long found = spills.stream().mapToLong(Spill::examples).sum();
        while (rows.hasNext()) {
            rows.next();
            found++;
        }
        check(part, found, content[0]);
        return spills;
    }

    private void check(int part, long found, long content) {
        if (found != parts.get(part) || content != contents.get(part)) {
            throw new OtherData("part " + part + " of the data frame", parts.get(part), found);
        }
    }

    /** No examples, which is what the driver has. */
    Loaded none() {
        return new Loaded(new Packing(schema, true).pack(), schema);
    }

    /** The examples of a part, numbered on through all parts. */
    Loaded examples(int part, Iterator<Row> rows) {
        var packing = new Packing(schema, true);
        long content = 0;
        while (rows.hasNext()) {
            var row = rows.next();
            content += Survey.content(row);
            packing.add(row);
        }
        check(part, packing.size(), content);
        long first = parts.subList(0, part).stream().mapToLong(Long::longValue).sum();
        return new Loaded(packing.pack().numberedFrom(first), schema);
    }
}
