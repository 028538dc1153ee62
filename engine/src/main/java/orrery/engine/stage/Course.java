package orrery.engine.stage;

import java.util.List;
import java.util.Optional;
import orrery.engine.event.RunEvent;

/** Which stages a job has, one after the other. A pure function, the same in the coordinator and in all members. */
public interface Course {
    /**
     * The stage of a number, from 0; empty if the job is over before it.
     *
     * @param history the cuts so far; those of the stages before it are among them
     */
    Optional<Stage> stage(int number, List<RunEvent.CutReached> history);

    /** The stages that are known before the first begins; all of them, if they depend on nothing. */
    List<Stage> known();

    /** Whether stages depend on the history, which members have to be sent then. */
    default boolean dependsOnHistory() {
        return true;
    }

    /** These stages, whatever happens. */
    static Course of(List<Stage> stages) {
        return new Fixed(List.copyOf(stages));
    }

    /** A list. */
    record Fixed(List<Stage> known) implements Course {
        @Override
        public Optional<Stage> stage(int number, List<RunEvent.CutReached> history) {
            return number < known.size() ? Optional.of(known.get(number)) : Optional.empty();
        }

        @Override
        public boolean dependsOnHistory() {
            return false;
        }
    }
}
