package orrery.table.spec;

import java.util.OptionalInt;
import orrery.table.worker.Session;

/**
 * How stale a read may be. A read predicate ({@link #requiredAge}) and an apply policy ({@link #staged}).
 *
 * <p><i>Age a</i> of a table: all updates of clocks up to {@code a} are included; -1 at first.
 */
public sealed interface Consistency {

    /** Bulk synchronous: a read at clock c sees exactly the updates of clocks up to c - 1, whoever runs when. */
    record Bsp() implements Consistency {
        @Override
        public String toString() {
            return "bsp";
        }
    }

    /**
     * Stale synchronous: a read at clock c sees at least the updates of clocks up to c - 1 - staleness, its worker's own
     * and perhaps newer ones (Ho et al., "More Effective Distributed ML via a Stale Synchronous Parallel Parameter
     * Server", NIPS 2013). {@code Ssp(0)} is not {@link Bsp}: it may see updates of the clock that is under way.
     */
    record Ssp(int staleness) implements Consistency {
        public Ssp {
            if (staleness < 0) {
                throw new IllegalArgumentException("staleness must be 0 or more, got " + staleness);
            }
        }

        @Override
        public String toString() {
            return "ssp:" + staleness;
        }
    }

    /**
     * Eager stale synchronous: the bound of {@link Ssp}, but rows that a node has once asked for are pushed to it whenever
     * the least clock moves, so that reads seldom wait and see mostly the last clock, whatever the bound (Dai et al.,
     * "High-Performance Distributed ML at Scale through Parameter Server Consistency Models", AAAI 2015). Rows that
     * a worker has written to a moment ago and that only the owner can update (counts, sparse rows, rules that are not
     * {@link UpdateRule#replayable}) are asked for all the same. Within one JVM it is {@link Ssp}.
     */
    record Essp(int staleness) implements Consistency {
        public Essp {
            if (staleness < 0) {
                throw new IllegalArgumentException("staleness must be 0 or more, got " + staleness);
            }
        }

        @Override
        public String toString() {
            return "essp:" + staleness;
        }
    }

    /**
     * Local steps: each worker has a copy of its own, to which the rule applies what it adds, clock after clock; after so
     * many clocks the copies are averaged through the shards, each by its worker's share of the examples, and all go on
     * from the average (Moritz et al., "SparkNet: Training Deep Networks in Spark", ICLR 2016, who average in the driver).
     * The rule's state stays with the worker. Dense tables of floats only.
     *
     * @param steps clocks of a round, after which copies are averaged
     * @param within rounds begin anew after so many clocks, so that copies are averaged at their end, too
     */
    record Local(int steps, long within) implements Consistency {
        public Local {
            if (steps < 1 || within < 1) {
                throw new IllegalArgumentException("local steps must be 1 or more, got " + Math.min(steps, within));
            }
        }

        /** Rounds of so many clocks. */
        public Local(int steps) {
            this(steps, Long.MAX_VALUE);
        }

        /** The same where all is to be in the averages after each so many clocks. */
        @Override
        public Local within(long clocks) {
            return new Local(steps, clocks);
        }

        /** The first clock of the round that a clock belongs to. */
        public long begin(long clock) {
            long base = clock / within * within;
            return base + (clock - base) / steps * steps;
        }

        /** Whether the copies are averaged at the end of a clock. */
        public boolean endsAt(long clock) {
            return begin(clock + 1) == clock + 1;
        }

        @Override
        public String toString() {
            return "local:" + steps;
        }
    }

    /**
     * Stale synchronous for updates that seldom meet: workers announce which rows they will touch ({@link
     * Session#announce}), and a worker that would have to wait under {@link Ssp} goes on, up to {@code speculation} clocks
     * further, if no clock that is not completed and that it would have to see holds one of its rows. So every row that is read obeys the
     * bound of {@code Ssp(staleness)}, while clocks are up to {@code staleness + speculation} apart (FlexPS, section 7). Rows
     * are read and written by their keys; what was not announced is refused.
     */
    record SparseSsp(int staleness, int speculation) implements Consistency {
        /** Clocks that a worker can be ahead of the bound. */
        public static final int MOST_SPECULATION = 1024;

        public SparseSsp {
            if (staleness < 0 || speculation < 0 || speculation > MOST_SPECULATION) {
                throw new IllegalArgumentException("staleness must be 0 or more, and speculation 0 to "
                        + MOST_SPECULATION + ", got " + staleness + " and " + speculation);
            }
        }

        @Override
        public String toString() {
            return "sparse-ssp:" + staleness + ":" + speculation;
        }
    }

    /**
     * Rotating: a block of the table is at each moment with one worker, which alone reads and writes it, and so sees exactly what
     * all have done to it. When the worker has done its part it passes the block on along a ring, at once and without waiting for the
     * others' clocks ({@link Session#ring}); after a lap each block has been with each worker, and is with its owner again. Stages
     * are cut after whole laps only (Zheng et al., "Model-Parallel Inference for Big Topic Models", arXiv 1411.2305; Kim et al.,
     * "STRADS: A Distributed Framework for Scheduled Model Parallel Machine Learning", EuroSys 2016). Dense tables that are with
     * their workers ({@link TableSpec#withWorkers}), of counts or of floats that add.
     *
     * @param blocks how many blocks the table is cut into, at most; several for each worker, so that nobody waits for a block
     */
    record Rotating(int blocks) implements Consistency {
        /** Blocks that a table has if nobody says how many. */
        public static final int BLOCKS = 16;

        public Rotating {
            if (blocks < 1 || blocks > 1 << 20) {
                throw new IllegalArgumentException(
                        "a table that rotates has 1 to " + (1 << 20) + " blocks, got " + blocks);
            }
        }

        @Override
        public String toString() {
            return "rotating:" + blocks;
        }
    }

    /** Asynchronous: nobody ever waits. */
    record Asp() implements Consistency {
        @Override
        public String toString() {
            return "asp";
        }
    }

    /** The age that a read at {@code clock} needs. */
    default long requiredAge(long clock) {
        return switch (this) {
            case Bsp() -> clock - 1;
            case Ssp(int staleness) -> clock - 1 - staleness;
            case Essp(int staleness) -> clock - 1 - staleness;
            case SparseSsp(int staleness, int _) -> clock - 1 - staleness;
            case Local local -> local.begin(clock) - 1;
            case Rotating(int _), Asp() -> -1;
        };
    }

    /** Whether updates are kept back until all workers have ticked, then applied in the order of workers. */
    default boolean staged() {
        return switch (this) {
            case Bsp(), Local _ -> true;
            case Ssp(int _), Essp(int _), SparseSsp(int _, int _), Rotating(int _), Asp() -> false;
        };
    }

    /** How many clocks ahead workers announce which rows they will touch; empty where they need not announce. */
    default OptionalInt announcesAhead() {
        return this instanceof SparseSsp sparse ? OptionalInt.of(sparse.speculation()) : OptionalInt.empty();
    }

    /** Whether all see one table, so that what workers add at a clock is one sum; not copies of their own. */
    default boolean sharesTable() {
        return !(this instanceof Local);
    }

    /** Whether what was added at the last clock, and no more, is in every read: all workers compute from the same values. */
    default boolean isExact() {
        return this instanceof Bsp;
    }

    /** Whether updates may be lost for good, since nobody relies on them. */
    default boolean toleratesLoss() {
        return this instanceof Asp;
    }

    /** The same bound for a table that every batch touches, of which no rows are announced. */
    default Consistency ofWhatAllTouch() {
        return this instanceof SparseSsp(int staleness, int speculation) ? new Ssp(staleness + speculation) : this;
    }

    /** The same where what workers have to themselves is to be in the tables after each so many clocks. */
    default Consistency within(long clocks) {
        return this instanceof Local local ? local.within(clocks) : this;
    }

    /** Whether its blocks go from worker to worker. */
    default boolean rotates() {
        return this instanceof Rotating;
    }

    /**
     * Reads {@code bsp}, {@code ssp:3}, {@code essp:3}, {@code sparse-ssp:0:5}, {@code local:10}, {@code rotating}, {@code
     * rotating:16} or {@code asp}.
     */
    static Consistency parse(String text) {
        return switch (text) {
            case "bsp" -> new Bsp();
            case "asp" -> new Asp();
            case "rotating" -> new Rotating(Rotating.BLOCKS);
            case String s when s.matches("rotating:[0-9]{1,9}") -> new Rotating(Integer.parseInt(s.substring(9)));
            case String s when s.matches("ssp:[0-9]{1,9}") -> new Ssp(Integer.parseInt(s.substring(4)));
            case String s when s.matches("essp:[0-9]{1,9}") -> new Essp(Integer.parseInt(s.substring(5)));
            case String s when s.matches("local:[0-9]{1,9}") -> new Local(Integer.parseInt(s.substring(6)));
            case String s
            when s.matches("sparse-ssp:[0-9]{1,9}:[0-9]{1,9}") -> {
                var numbers = s.split(":", -1);
                yield new SparseSsp(Integer.parseInt(numbers[1]), Integer.parseInt(numbers[2]));
            }
            default ->
                throw new IllegalArgumentException(
                        "consistency must be bsp, ssp:STALENESS (such as ssp:3), essp:STALENESS, sparse-ssp:STALENESS:SPECULATION, local:STEPS, rotating, rotating:BLOCKS or asp, got '"
                                + text
                                + "'");
        };
    }
}
