package orrery.spark;

import java.io.IOException;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function2;
import orrery.engine.launch.Invitation;
import orrery.engine.launch.Membership;

/**
 * A Spark task that is a member of a run. What goes wrong in it, errors of the JVM included, is its result, so that Spark does
 * not try again what will go wrong again; a task without a result is one that was lost.
 */
final class MemberTask<T> implements Function2<Integer, Iterator<T>, Iterator<String>> {
    private static final long serialVersionUID = 1;
    private static final Runtime.Version LEAST = Runtime.Version.parse("25.0.3");
    /** Stands before what ends the run at once, since a new life of the member would come to the same. */
    static final String FATAL = "fatal: ";

    private final MemberBody<T> body;
    private final String invitation; // with the run's secret

    MemberTask(MemberBody<T> body, Invitation invitation) {
        this.body = body;
        this.invitation = invitation.text();
    }

    @Override
    public Iterator<String> call(Integer part, Iterator<T> data) throws Exception {
        var task = TaskContext.get();
        if (task.attemptNumber() > 0) {
            awaitTheEnd(task);
        }
        try {
            join(part, data);
            return Collections.emptyIterator();
        } catch (Throwable e) { // errors included: the driver must know the cause
            if (task.isInterrupted() || Explained.isSparks(e)) {
                throw e;
            }
            return List.of((e instanceof Error || e instanceof OtherData ? FATAL : "") + Explained.cause(e))
                    .iterator();
        }
    }

    private void join(Integer part, Iterator<T> data) throws Exception {
        if (Runtime.version().compareToIgnoreOptional(LEAST) < 0) {
            throw new IllegalStateException("executor " + SparkEnv.get().executorId() + " runs on Java "
                    + Runtime.version() + ", Orrery needs " + LEAST + " or newer; set spark.executorEnv.JAVA_HOME");
        }
        var asked = Invitation.parse(invitation);
        var here = SparkEnv.get().blockManager().blockManagerId().host();
        body.run(new Membership(asked.at(here)), part, data);
    }

    /**
     * Spark starts a second attempt of a task that it has lost, or (with speculation) that takes long, as a member's does.
     * Neither can be the member: the driver starts a new life of a lost one, and ends this job then. So a second attempt does
     * nothing until it is killed.
     */
    private static void awaitTheEnd(TaskContext task) throws IOException {
        while (!task.isInterrupted() && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(100_000_000);
        }
        throw new IOException("this second attempt of a member's task is not needed");
    }
}
