package orrery.learn.batch;

import java.io.IOException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import orrery.data.AsyncReader;
import orrery.data.DataException;
import orrery.data.Examples;

/** Examples that a thread reads ahead. */
public final class BatchesReadAhead implements Batches {
    private static final int AHEAD = 2; // batches that wait, beside the one that is in use

    private final AsyncReader.Passes source;
    private final UnaryOperator<Examples> conditioning; // the form in which they are learned from
    private final long perPass;
    private long pass = -1;
    private @Nullable AsyncReader reader;
    private Examples.Cursor cursor;

    public BatchesReadAhead(
            AsyncReader.Passes source, UnaryOperator<Examples> conditioning, int features, long perPass) {
        this.source = source;
        this.conditioning = conditioning;
        this.perPass = perPass;
        cursor = new Examples.Packer().pack(features).cursor();
    }

    /** A worker that has less than others has no examples at the last clocks of a pass. */
    @Override
    public int begin(long clock) throws IOException, InterruptedException {
        if (clock / perPass != pass) {
            close();
            pass = clock / perPass;
            var next = new AsyncReader(source, AHEAD, 1);
            reader = next; // before anything can fail, so that close() finds it
            next.skip(clock % perPass); // where a run goes on
        }
        var read = reader == null ? null : reader.next();
        if (read == null) {
            return 0;
        }
        if (clock % perPass == perPass - 1 && reader != null && reader.next() != null) { // at the end sums are compared
            throw new DataException(source + " has more examples than when it was first read: it changed meanwhile");
        }
        cursor = conditioning.apply(read.examples()).cursor();
        return Math.toIntExact(read.examples().size());
    }

    @Override
    public void close() {
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }

    @Override
    public Examples.Cursor example(int number) {
        cursor.move(number);
        return cursor;
    }
}
