package orrery.bench.capacity;

import java.util.ArrayList;
import java.util.List;
import orrery.table.spec.Consistency;
import orrery.table.spec.Init;
import orrery.table.spec.TableSpec;
import orrery.table.spec.UpdateRule;

/**
 * What is trained by whom.
 *
 * @param members processes; 0 for threads of one
 * @param workers of all together
 * @param isViewed whether readers view the table, and not gather rows of it
 * @param heap bytes of each process
 */
record Shape(
        String name,
        int members,
        int workers,
        long rows,
        int width,
        String rule,
        String consistency,
        boolean isViewed,
        long heap) {

    UpdateRule updateRule() {
        return switch (rule) {
            case "adagrad" -> new UpdateRule.AdaGrad(0.1f);
            case "adam" -> new UpdateRule.Adam(0.1f);
            default -> new UpdateRule.Add();
        };
    }

    TableSpec table() {
        var spec = TableSpec.dense("w", rows, width)
                .with(new Init.Uniform(7, -1, 1))
                .with(updateRule())
                .with(Consistency.parse(consistency));
        return isViewed ? spec : spec.byKey();
    }

    /** Bytes of the values, and of what the rule keeps of them. */
    long bytes() {
        long cells = width;
        for (var plane : updateRule().planes()) {
            cells += plane.width(width);
        }
        return rows * cells * Float.BYTES;
    }

    Shape on(int others) {
        return new Shape(name, others, workers, rows, width, rule, consistency, isViewed, heap);
    }

    /** As words of a command line. */
    List<String> words() {
        return new ArrayList<>(List.of(
                name,
                String.valueOf(members),
                String.valueOf(workers),
                String.valueOf(rows),
                String.valueOf(width),
                rule,
                consistency,
                String.valueOf(isViewed),
                String.valueOf(heap)));
    }

    static Shape of(List<String> words) {
        return new Shape(
                words.get(0),
                Integer.parseInt(words.get(1)),
                Integer.parseInt(words.get(2)),
                Long.parseLong(words.get(3)),
                Integer.parseInt(words.get(4)),
                words.get(5),
                words.get(6),
                Boolean.parseBoolean(words.get(7)),
                Long.parseLong(words.get(8)));
    }
}
