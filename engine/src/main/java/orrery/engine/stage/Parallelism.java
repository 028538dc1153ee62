package orrery.engine.stage;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import orrery.engine.examples.Partition;

/**
 * How many workers run a stage, and on which members of the run (FlexPS, section 4). How many is settled when the stage
 * begins; a member that comes or goes within it takes or gives up workers, and their number stays. In one JVM, which is
 * one member, all places are the same.
 *
 * @param workers how many, or how many on each member; for {@link Where#OF_RUN} and {@link Where#FOUND} the most, or 0
 * @param where on which members
 * @param member the one that {@link Where#NAMED} asks for, from 1
 */
public record Parallelism(int workers, Where where, int member) implements Serializable {
    public static final int MOST = 1024; // workers

    /** Where a stage's workers are. */
    public enum Where {
        /** As many as the run has, on all members. */
        OF_RUN,
        /** So many on each member. */
        EACH_MEMBER,
        /** So many, spread over all members as evenly as they can. */
        ANYWHERE,
        /** So many, all on one member, always the same. */
        ONE_MEMBER,
        /** So many, all on one member, which is another each time: each in its turn. */
        WALKING,
        /** So many, all on the member of that number. */
        NAMED,
        /** As many as prove fastest, spread over all members. */
        FOUND
    }

    /** What stages have that do not ask for another. */
    public static final Parallelism OF_RUN = new Parallelism(0, Where.OF_RUN, 0);

    public Parallelism {
        boolean isFree = where == Where.OF_RUN || where == Where.FOUND;
        if (workers > MOST || workers < (isFree ? 0 : 1)) {
            throw new IllegalArgumentException("a stage has 1 to " + MOST + " workers, asked for " + workers);
        }
        if (where == Where.NAMED ? member < 1 : member != 0) {
            throw new IllegalArgumentException("members are numbered from 1, asked for " + member);
        }
    }

    public static Parallelism perMember(int workers) {
        return new Parallelism(workers, Where.EACH_MEMBER, 0);
    }

    public static Parallelism anywhere(int workers) {
        return new Parallelism(workers, Where.ANYWHERE, 0);
    }

    public static Parallelism onOneMember(int workers) {
        return new Parallelism(workers, Where.ONE_MEMBER, 0);
    }

    public static Parallelism walking(int workers) {
        return new Parallelism(workers, Where.WALKING, 0);
    }

    public static Parallelism onMember(int member, int workers) {
        return new Parallelism(workers, Where.NAMED, member);
    }

    /**
     * Found while the stage runs: each cut tells how long its clocks took, and a {@link HillClimb} says with how many
     * workers to go on. So the work of a clock must not depend on how many share it; see {@link Partition#divided}. Workers
     * that keep state of their own cannot be so changed, and are told.
     *
     * @param most how many at most
     */
    public static Parallelism found(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("a stage has 1 worker or more, asked for at most " + most);
        }
        return new Parallelism(most, Where.FOUND, 0);
    }

    /** Whether each worker may be on any member, whatever the others do. */
    public boolean isAnywhere() {
        return where == Where.OF_RUN || where == Where.ANYWHERE || where == Where.FOUND;
    }

    /** The same with the run's number of workers, for those who know no run. */
    public Parallelism of(int workersOfRun) {
        return where == Where.OF_RUN ? anywhere(workersOfRun) : this;
    }

    /** Whether the number changes while the stage runs. */
    public boolean isFound() {
        return where == Where.FOUND;
    }

    /** How many workers there are at first, with so many members. */
    public int count(int workersOfRun, int members) {
        return switch (where) {
            case OF_RUN -> workersOfRun;
            case FOUND ->
                (int) Math.max(1, Math.rint(Math.sqrt(workers))); // as many doublings from the least as from the most
            case EACH_MEMBER -> Math.min(MOST, Math.max(1, members) * workers);
            case ANYWHERE, ONE_MEMBER, WALKING, NAMED -> workers;
        };
    }

    /**
     * Worker to member; those of one member follow one another.
     *
     * @param count how many workers there are
     * @param members ascending
     * @param turn how many stages of the job walked before this one
     */
    public List<Integer> homes(int count, List<Integer> members, int turn) {
        var homes = new Integer[count];
        switch (where) {
            case OF_RUN, EACH_MEMBER, ANYWHERE, FOUND -> {
                for (int w = 0; w < count; w++) {
                    homes[w] = members.get((int) ((long) w * members.size() / count));
                }
            }
            case ONE_MEMBER -> Arrays.fill(homes, members.getFirst());
            case WALKING -> Arrays.fill(homes, members.get(turn % members.size()));
            case NAMED -> {
                if (!members.contains(member)) {
                    throw new IllegalArgumentException(
                            "a stage is to run on member " + member + ", but there are only " + members);
                }
                Arrays.fill(homes, member);
            }
        }
        return List.of(homes);
    }

    /** In words, such as {@code 10 on each member}. */
    @Override
    public String toString() {
        return switch (where) {
            case OF_RUN -> "the run's";
            case EACH_MEMBER -> workers + " on each member";
            case ANYWHERE -> workers + " anywhere";
            case ONE_MEMBER -> workers + " on one member";
            case WALKING -> workers + " walking";
            case NAMED -> workers + " on member " + member;
            case FOUND -> "as many as prove fastest";
        };
    }
}
