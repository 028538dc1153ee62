package orrery.learn.batch;

import java.io.IOException;
import orrery.data.Examples;

/** What one worker learns from, clock after clock. Confined to its thread. */
public interface Batches extends AutoCloseable {
    /** Goes to the batch of a clock. Returns how many examples it has. */
    int begin(long clock) throws IOException, InterruptedException;

    /** Goes to an example of the batch, from 0. */
    Examples.Cursor example(int number);

    @Override
    default void close() {}
}
