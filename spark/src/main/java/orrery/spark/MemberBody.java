package orrery.spark;

import java.io.Serializable;
import java.util.Iterator;
import orrery.engine.launch.Membership;

/**
 * What a member does with its part of the data: the same job as the driver's, under the launcher that it is given. Travels
 * to executors, so it holds nothing but values.
 *
 * @param <T> what the data consist of
 */
@FunctionalInterface
public interface MemberBody<T> extends Serializable {
    /** Lives until the coordinator says that the job is over. */
    void run(Membership membership, int part, Iterator<T> data) throws Exception;
}
