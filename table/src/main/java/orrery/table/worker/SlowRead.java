package orrery.table.worker;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A read that has waited for long, in flight recordings: written when it is over. */
@Name("orrery.SlowRead")
@Label("Slow Read")
@Category("Orrery")
@StackTrace(false)
final class SlowRead extends Event {
    static final long NANOS = 10_000_000;

    @Label("Table")
    String table = "";

    @Label("Worker")
    int worker;

    @Label("Clock")
    long clock;

    @Label("Waited For")
    String waitedFor = "";

    @Label("Waited")
    @Timespan
    long waited;
}
