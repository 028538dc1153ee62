package orrery.table.hold;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What a node has counted of reads and waits. Safe for use by many threads. */
public final class Counts {
    private static final int STALEST = 32; // reads that are staler count as this
    private static final int WATCHED_ROWS = 64;
    public static final String ROWS_DROPPED = "rowsDropped";
    public static final String OUTSIDE_PLAN = "rowsOutsidePlan";

    private final LongAdder[] staleness = new LongAdder[STALEST + 1];
    private final Map<Integer, LongAdder> waitsFor = new ConcurrentHashMap<>(); // nanoseconds, by the worker waited for
    final LongAdder waitNanosForClocks = new LongAdder();
    public final LongAdder waitNanosForNodes = new LongAdder();
    public final LongAdder slowReads = new LongAdder();
    final LongAdder rowsDropped = new LongAdder(); // for want of use
    public final LongAdder rowsOutsidePlan =
            new LongAdder(); // of others, that a worker has read and was not planned to
    private final Map<String, Map<Long, Long>> hot =
            new HashMap<>(); // by table: rows that others ask for; guarded by itself

    Counts() {
        for (int i = 0; i < staleness.length; i++) {
            staleness[i] = new LongAdder();
        }
    }

    /** A worker at {@code clock} is about to read from a table of that age. */
    public void read(long clock, long age) {
        staleness[Math.clamp(clock - 1 - age, 0, STALEST)].increment();
    }

    public void waited(long nanos, int forWorker) {
        waitNanosForClocks.add(nanos);
        if (forWorker >= 0) {
            waitsFor.computeIfAbsent(forWorker, w -> new LongAdder()).add(nanos);
        }
    }

    /**
     * Rows of a table were asked for by other nodes. Keeps the most frequent, about: a row that is new takes the place and
     * the count of the rarest (Metwally, Agrawal and El Abbadi, "Efficient Computation of Frequent and Top-k Elements in
     * Data Streams", ICDT 2005). Of long lists every eighth row is looked at.
     */
    public void asked(String table, long[] rows) {
        synchronized (hot) {
            var counts = hot.computeIfAbsent(table, t -> new HashMap<>());
            for (int i = 0, step = rows.length > 64 ? 8 : 1; i < rows.length; i += step) {
                var count = counts.get(rows[i]);
                if (count != null || counts.size() < WATCHED_ROWS) {
                    counts.merge(rows[i], 1L, Long::sum);
                } else {
                    var rarest = counts.entrySet().stream()
                            .min(Map.Entry.comparingByValue())
                            .orElseThrow();
                    counts.remove(rarest.getKey());
                    counts.put(rows[i], rarest.getValue() + 1);
                }
            }
        }
    }

    /** Name to count; names with a label have it in braces, such as {@code staleness{2}}. */
    public Map<String, Long> all() {
        var all = new LinkedHashMap<String, Long>();
        all.put("waitNanosForClocks", waitNanosForClocks.sum());
        all.put("waitNanosForNodes", waitNanosForNodes.sum());
        all.put("slowReads", slowReads.sum());
        if (rowsDropped.sum() > 0) {
            all.put(ROWS_DROPPED, rowsDropped.sum());
        }
        all.put(OUTSIDE_PLAN, rowsOutsidePlan.sum());
        for (int s = 0; s < staleness.length; s++) {
            if (staleness[s].sum() > 0) {
                all.put("staleness{" + s + "}", staleness[s].sum());
            }
        }
        waitsFor.forEach((worker, nanos) -> all.put("waitNanosForWorker{" + worker + "}", nanos.sum()));
        synchronized (hot) {
            hot.forEach((table, counts) -> hottest(counts)
                    .forEach(entry -> all.put("hotRow{" + table + "/" + entry.getKey() + "}", entry.getValue())));
        }
        return all;
    }

    private static List<Map.Entry<Long, Long>> hottest(Map<Long, Long> counts) {
        return counts.entrySet().stream()
                .sorted(Map.Entry.<Long, Long>comparingByValue(Comparator.reverseOrder()))
                .limit(10)
                .toList();
    }
}
