package orrery.engine;

import java.util.Map;

/** When and where the stages of a job may run that shares its machines with other jobs. Called by the job's thread. */
public interface Turns {
    /** Waits until a stage may begin. Returns how many workers it gets on which member, by the members' numbers. */
    Map<Integer, Integer> await(int stage) throws InterruptedException;

    /** The stage has ended, well or not. */
    void ended(int stage);
}
