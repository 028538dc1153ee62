package orrery.table.mail;

import orrery.table.hold.Section;
import orrery.table.hold.ServerFunction;
import orrery.table.hold.Table;
import orrery.wire.Frame;

/**
 * The frames that nodes exchange about tables: a record each, which writes and reads itself. Tables and groups go by the
 * numbers that all nodes have given them alike ({@link Table#number}). What a header has beside it is said at each.
 *
 * <p>A push and a tick have room for the number of a branch; there is one as yet, {@link #TRUNK}.
 */
public final class Messages {
    /** The branch of all that is not a trial. */
    public static final int TRUNK = 0;

    /** First type that is not of the tables. */
    public static final int END = Frame.FIRST_TYPE + 16;

    /** Flag of a reply, a round or a moving block: there is no more to come. */
    public static final int LAST = 1;

    /** Flag of a reply: the block is not here; ask again under the placement whose version the header has as block. */
    public static final int MOVED = 2;

    /** Flag of an answer: its rows will be pushed from now on. */
    public static final int SUBSCRIBED = 4;

    private static final int BRANCH_SHIFT = 24; // a clock has fewer parts

    private Messages() {}

    private static int entries(Frame from, int bytesEach) {
        int n = from.getInt();
        if (n < 0 || n > from.remaining() / bytesEach) {
            throw new IndexOutOfBoundsException(n + " entries in " + from.remaining() + " bytes");
        }
        return n;
    }

    // Updates and clocks

    /** Before the {@link Section}s of a push: who updates, and which part of the clock it is. Header: table. */
    public record Push(int worker, long clock, int branch, int part) {
        public static final int TYPE = Frame.FIRST_TYPE;
        public static final int BYTES = 2 * Integer.BYTES + Long.BYTES;

        public void write(Frame to) {
            to.putInt(worker).putLong(clock).putInt(branch << BRANCH_SHIFT | part);
        }

        public static Push read(Frame from) {
            int worker = from.getInt();
            long clock = from.getLong();
            int both = from.getInt();
            return new Push(worker, clock, both >>> BRANCH_SHIFT, both & ((1 << BRANCH_SHIFT) - 1));
        }
    }

    /**
     * A worker has completed a clock, whose updates came in so many parts; so have others of its node, whose updates are in
     * those parts, too. Header: table = the group's number.
     */
    public record Tick(int worker, long clock, int branch, int parts, int[] others, long[] theirClocks) {
        public static final int TYPE = Push.TYPE + 1;

        public int bytes() {
            return 2 * Integer.BYTES + Long.BYTES + others.length * (Integer.BYTES + Long.BYTES);
        }

        public void write(Frame to) {
            to.putInt(worker).putLong(clock).putInt(branch << BRANCH_SHIFT | parts);
            for (int i = 0; i < others.length; i++) {
                to.putInt(others[i]).putLong(theirClocks[i]);
            }
        }

        public static Tick read(Frame from) {
            int worker = from.getInt();
            long clock = from.getLong();
            int both = from.getInt();
            int n = from.remaining() / (Integer.BYTES + Long.BYTES);
            var others = new int[n];
            var clocks = new long[n];
            for (int i = 0; i < n; i++) {
                others[i] = from.getInt();
                clocks[i] = from.getLong();
            }
            return new Tick(worker, clock, both >>> BRANCH_SHIFT, both & ((1 << BRANCH_SHIFT) - 1), others, clocks);
        }
    }

    /** A worker drops a table. Header: table. */
    public record Drop(int worker) {
        public static final int TYPE = Push.TYPE + 6;
        public static final int BYTES = Integer.BYTES;

        public void write(Frame to) {
            to.putInt(worker);
        }

        public static Drop read(Frame from) {
            return new Drop(from.getInt());
        }
    }

    /** A worker will touch these rows at a clock; so many pieces say all. Header: table, block = the stage's number. */
    public record Announce(int worker, long clock, int piece, int pieces, long[] keys) {
        public static final int TYPE = Push.TYPE + 11;
        public static final int HEAD_BYTES = 4 * Integer.BYTES + Long.BYTES;

        public void write(Frame to) {
            to.putInt(worker).putLong(clock).putInt(piece).putInt(pieces).putInt(keys.length);
            to.putLongs(keys, 0, keys.length);
        }

        public static Announce read(Frame from) {
            return new Announce(
                    from.getInt(),
                    from.getLong(),
                    from.getInt(),
                    from.getInt(),
                    from.getLongs(entries(from, Long.BYTES)));
        }
    }

    // Questions; header: table, request, block = the version of the placement under which it is asked

    /** Before every question: the worker that asks, or -1 for the job's own thread, its clock, and the age that it needs. */
    public record Asker(int worker, long clock, long age) {
        public static final int BYTES = Integer.BYTES + 2 * Long.BYTES;

        public void write(Frame to) {
            to.putInt(worker).putLong(clock).putLong(age);
        }

        public static Asker read(Frame from) {
            return new Asker(from.getInt(), from.getLong(), from.getLong());
        }
    }

    /** Wants blocks, and says which versions of them are known; -1 for none. */
    public record PullBlocks(int[] blocks, int[] known) {
        public static final int TYPE = Push.TYPE + 2;

        public int bytes() {
            return (1 + 2 * blocks.length) * Integer.BYTES;
        }

        public void write(Frame to) {
            to.putInt(blocks.length);
            for (int i = 0; i < blocks.length; i++) {
                to.putInt(blocks[i]).putInt(known[i]);
            }
        }

        public static PullBlocks read(Frame from) {
            int n = entries(from, 2 * Integer.BYTES);
            var blocks = new int[n];
            var known = new int[n];
            for (int i = 0; i < n; i++) {
                blocks[i] = from.getInt();
                known[i] = from.getInt();
            }
            return new PullBlocks(blocks, known);
        }
    }

    /** Wants rows, and from now on their changes, if it has the token of a subscription. */
    public record PullRows(long[] keys, long token) {
        public static final int TYPE = Push.TYPE + 3;
        public static final int HEAD_BYTES = Integer.BYTES + Long.BYTES;
        public static final long NO_TOKEN = 0;
        private static final int SUBSCRIBING = 1; // flag

        public void write(Frame to) {
            to.putInt(keys.length).putLongs(keys, 0, keys.length);
            if (token != NO_TOKEN) {
                to.flags(SUBSCRIBING).putLong(token);
            }
        }

        public static PullRows read(Frame from) {
            var keys = from.getLongs(entries(from, Long.BYTES));
            return new PullRows(keys, (from.flags() & SUBSCRIBING) != 0 ? from.getLong() : NO_TOKEN);
        }
    }

    /** Wants what a {@link ServerFunction} says of own rows. */
    public record Call(int kind, int first, int second) {
        public static final int TYPE = Push.TYPE + 4;
        public static final int BYTES = 3 * Integer.BYTES;

        public void write(Frame to) {
            to.putInt(kind).putInt(first).putInt(second);
        }

        public static Call read(Frame from) {
            return new Call(from.getInt(), from.getInt(), from.getInt());
        }
    }

    /** Wants the values of own blocks copied to another table. */
    public record Copy(int to) {
        public static final int TYPE = Push.TYPE + 8;
        public static final int BYTES = Integer.BYTES;

        public void write(Frame into) {
            into.putInt(to);
        }

        public static Copy read(Frame from) {
            return new Copy(from.getInt());
        }
    }

    // Answers, of type REPLY; header: request

    public static final int REPLY = Push.TYPE + 5;

    /** Before the cells of a block: which it is, whether the next frame has more of it, and which runs of cells these are. */
    public record BlockPart(int block, boolean isMore, int version, long age, int[] runs) {
        public static final int HEAD_BYTES = 3 * Integer.BYTES + Long.BYTES;
        public static final int MORE = 1 << 30;

        /**
         * Writes it without an object.
         *
         * @param block with {@link #MORE} if there is more of it
         * @param n so many numbers of {@code runs} count: the first cell and the number of cells of each
         */
        public static void write(Frame to, int block, int version, long age, int[] runs, int n) {
            to.putInt(block).putInt(version).putLong(age).putInt(n / 2);
            to.putInts(runs, 0, n);
        }

        public static BlockPart read(Frame from) {
            int head = from.getInt();
            return new BlockPart(
                    head & (MORE - 1),
                    (head & MORE) != 0,
                    from.getInt(),
                    from.getLong(),
                    from.getInts(2 * entries(from, 2 * Integer.BYTES)));
        }
    }

    /** Before cells of the rows that were asked for, counted over all of them: the first, and how many follow. */
    public record RowsPart(long age, int cell, int cells) {
        public static final int BYTES = Long.BYTES + 2 * Integer.BYTES;

        public void write(Frame to) {
            to.putLong(age).putInt(cell).putInt(cells);
        }

        public static RowsPart read(Frame from) {
            return new RowsPart(from.getLong(), from.getInt(), from.getInt());
        }
    }

    // Moving

    /**
     * Before cells of a block that moves: of which of its arrays (the keys, then the planes), how long that is, and which
     * cells follow. Header: table, block, request = placement's version.
     */
    public record BlockPiece(int array, int length, int at, int count) {
        public static final int TYPE = Push.TYPE + 7;
        public static final int BYTES = 4 * Integer.BYTES;

        public void write(Frame to) {
            to.putInt(array).putInt(length).putInt(at).putInt(count);
        }

        public static BlockPiece read(Frame from) {
            return new BlockPiece(from.getInt(), from.getInt(), from.getInt(), from.getInt());
        }
    }

    /**
     * Before cells of a block that goes to the next worker: of which stage, how many cells it has, and which follow. Header: table,
     * block, request = the block's visit.
     */
    public record Passed(int stage, int length, int at, int count) {
        public static final int TYPE = Push.TYPE + 12;
        public static final int BYTES = 4 * Integer.BYTES;

        public void write(Frame to) {
            to.putInt(stage).putInt(length).putInt(at).putInt(count);
        }

        public static Passed read(Frame from) {
            return new Passed(from.getInt(), from.getInt(), from.getInt(), from.getInt());
        }
    }

    // Subscriptions; header: table, request = the subscription's token

    /** The type of both kinds of wishes: to get rows whenever they have changed. Header: block = placement's version, too. */
    public static final int SUBSCRIBE = Push.TYPE + 9;

    /** Runs of slots: the first slot of a run and its length, one after the other, {@code count} numbers in all. */
    public record WishForSlots(int[] runs, int count) {
        public int bytes() {
            return Integer.BYTES * (1 + count);
        }

        public void write(Frame to) {
            to.putInt(count / 2).putInts(runs, 0, count);
        }

        public static WishForSlots read(Frame from) {
            int numbers = 2 * entries(from, 2 * Integer.BYTES);
            return new WishForSlots(from.getInts(numbers), numbers);
        }
    }

    /** Rows by their keys. */
    public record WishForRows(long[] keys) {
        public int bytes() {
            return Integer.BYTES + keys.length * Long.BYTES;
        }

        public void write(Frame to) {
            to.putInt(keys.length).putLongs(keys, 0, keys.length);
        }

        public static WishForRows read(Frame from) {
            return new WishForRows(from.getLongs(entries(from, Long.BYTES)));
        }
    }

    /** Before the rows of a round: its age, and what each worker has completed. Flagged {@link #LAST} if it is whole. */
    public record Round(long age, long[] completed) {
        public static final int TYPE = Push.TYPE + 10;

        public int bytes() {
            return Integer.BYTES + Long.BYTES * (1 + completed.length);
        }

        public void write(Frame to) {
            to.putLong(age).putInt(completed.length).putLongs(completed, 0, completed.length);
        }

        public static Round read(Frame from) {
            return new Round(from.getLong(), from.getLongs(entries(from, Long.BYTES)));
        }
    }

    /** Before the values of so many slots, in a round. */
    public record SlotRun(int first, int count) {
        public static final int BYTES = 2 * Integer.BYTES;

        public void write(Frame to) {
            to.putInt(first).putInt(count);
        }

        public static SlotRun read(Frame from) {
            return new SlotRun(from.getInt(), from.getInt());
        }
    }
}
