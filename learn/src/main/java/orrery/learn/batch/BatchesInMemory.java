package orrery.learn.batch;

import orrery.data.Examples;
import orrery.engine.examples.Partition;
import orrery.engine.examples.Shuffle;
import orrery.engine.stage.Worker;

/** Examples that are all here, in the order of the pass. */
public final class BatchesInMemory implements Batches {
    private static final int LOOK_AHEAD = 64; // examples: a few hundred cache lines

    private final Partition partition;
    private final Worker worker;
    private final Examples.Cursor cursor;
    private final long[] soon = new long[LOOK_AHEAD];
    private Shuffle order;
    private long from;
    private long to;

    public BatchesInMemory(Examples examples, Partition partition, Worker worker) {
        this.partition = partition;
        this.worker = worker;
        cursor = examples.cursor();
        order = partition.order(0, worker.index(), worker.count());
    }

    @Override
    public int begin(long clock) {
        from = partition.from(clock, worker.index(), worker.count());
        to = partition.to(clock, worker.index(), worker.count());
        order = partition.order(clock, worker.index(), worker.count());
        return Math.toIntExact(Math.max(0, to - from));
    }

    /** Examples are asked for in their order, so those that follow can be looked at. */
    @Override
    public Examples.Cursor example(int number) {
        int at = number % soon.length;
        if (at == 0) {
            int count = (int) Math.min(soon.length, to - from - number);
            for (int i = 0; i < count; i++) {
                soon[i] = order.at(from + number + i);
            }
            cursor.lookAhead(soon, count);
        }
        cursor.move(soon[at]);
        return cursor;
    }
}
