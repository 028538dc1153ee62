package orrery.app.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import orrery.engine.event.RunEvent;
import orrery.table.Node;

/** What became of the rows of sparse tables, of all processes together. Safe for use by many threads. */
public final class RowUse implements Consumer<RunEvent> {
    private final Map<Integer, Map<String, Long>> byMember = new TreeMap<>();

    @Override
    public synchronized void accept(RunEvent event) {
        if (event instanceof RunEvent.Counted(int member, var _, var counts)) {
            byMember.put(member, counts);
        }
    }

    /** By name: updates that made no row, rows that were dropped; only what there was. */
    public synchronized Map<String, Long> rows(Node node) {
        if (byMember.isEmpty()) { // all were in this process
            byMember.put(0, node.counted());
        }
        var sums = new LinkedHashMap<String, Long>();
        for (var name : List.of(Node.ROWS_NOT_MADE, Node.ROWS_DROPPED)) {
            long sum = byMember.values().stream()
                    .mapToLong(counts -> counts.getOrDefault(name, 0L))
                    .sum();
            if (sum > 0) {
                sums.put(name, sum);
            }
        }
        return sums;
    }
}
