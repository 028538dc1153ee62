package orrery.spark;

import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function2;
import orrery.engine.Invitation;
import orrery.engine.Membership;

/**
 * A Spark task that is a member of a run. What goes wrong in it is its result, so that Spark does not try again what will
 * go wrong again; a task without a result is one that was lost.
 */
final class MemberTask<T> implements Function2<Integer, Iterator<T>, Iterator<String>> {
    private static final long serialVersionUID = 1;
    private static final Runtime.Version LEAST = Runtime.Version.parse("25.0.3");

    private final MemberBody<T> body;
    private final String invitation; // with the run's secret

    MemberTask(MemberBody<T> body, Invitation invitation) {
        this.body = body;
        this.invitation = invitation.text();
    }

    @Override
    public Iterator<String> call(Integer part, Iterator<T> data) throws Exception {
        var task = TaskContext.get();
        if (task.attemptNumber() > 0) { // Spark starts lost tasks again by itself: the coordinator has another idea
            throw new IllegalStateException("this member's place is given to a new life of it");
        }
        try {
            if (Runtime.version().compareToIgnoreOptional(LEAST) < 0) {
                throw new IllegalStateException("executor " + SparkEnv.get().executorId() + " runs on Java "
                        + Runtime.version() + ", Orrery needs " + LEAST + " or newer; set spark.executorEnv.JAVA_HOME");
            }
            var told = Invitation.parse(invitation);
            var here = SparkEnv.get().blockManager().blockManagerId().host();
            body.run(new Membership(told.at(here)), part, data);
            return Collections.emptyIterator();
        } catch (Exception e) {
            if (task.isInterrupted()) {
                throw e;
            }
            return List.of(e.getMessage() == null ? e.toString() : e.getMessage())
                    .iterator();
        }
    }
}
