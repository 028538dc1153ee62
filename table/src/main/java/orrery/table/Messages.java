package orrery.table;

import orrery.wire.Frame;

/**
 * The frames that nodes exchange about tables. Pushes, ticks and questions begin with the worker on whose behalf they are
 * sent, or -1; a question's header has, as block, the version of the placement under which it is asked.
 */
final class Messages {
    /** Updates: worker, clock, part, then sections. Header: table. */
    static final int PUSH = Frame.FIRST_TYPE;

    /**
     * A worker has completed a clock: worker, clock, parts; then (worker, clock) of others whose updates are in those parts.
     * Header: table, which is the group's number.
     */
    static final int TICK = PUSH + 1;

    /** A worker asks for blocks: worker, clock, need, count, then (stripe, version known). Header: table, request. */
    static final int PULL_BLOCKS = PUSH + 2;

    /**
     * A worker asks for rows: worker, clock, need, count, keys, and if flagged {@link #SUBSCRIBING} the subscription's
     * token. Header: table, request.
     */
    static final int PULL_ROWS = PUSH + 3;

    /** A worker asks for an answer: worker, clock, need, kind, then what the kind needs. Header: table, request. */
    static final int CALL = PUSH + 4;

    /** An answer, or a piece of one. Header: request, block = placement's version if it is {@link #MOVED}. */
    static final int REPLY = PUSH + 5;

    /** A worker drops a table: worker. Header: table. */
    static final int DROP = PUSH + 6;

    /** A piece of a block that moves. Header: table, block = stripe, request = placement's version. */
    static final int BLOCK = PUSH + 7;

    /** Copies the values of a table's own blocks to another table: -1, other table. Header: table, request. */
    static final int COPY = PUSH + 8;

    /**
     * A member wants rows whenever they have changed: count, then runs of (first slot, count), or keys where rows of others
     * have no slots. Header: table, request = its token.
     */
    static final int SUBSCRIBE = PUSH + 9;

    /**
     * A frame of a round: age, how many workers, what each has completed, then runs of (first slot, count, values), or
     * (key, values) as it was asked for; flagged {@link #LAST} if the round is complete. Header: table, request = the subscription's token.
     */
    static final int PUSHED = PUSH + 10;

    /** A worker will touch rows: worker, clock, piece, pieces, count, keys. Header: table, block = the stage's number. */
    static final int ANNOUNCE = PUSH + 11;

    /** First type that is not of the tables. */
    static final int END = PUSH + 16;

    /** Flag of a reply: there is no more to come. */
    static final int LAST = 1;

    /** Flag of a reply: the block is not here; ask again under the placement whose version the header has. */
    static final int MOVED = 2;

    /** Flag of a question for rows: tell of them from now on. */
    static final int SUBSCRIBING = 1;

    /** Flag of an answer: its rows will be told of. */
    static final int SUBSCRIBED = 4;

    /** A section of a push: whole rows with their keys. */
    static final int ROWS = 0;

    /** A section of a push: consecutive slots of a dense table. */
    static final int RUN = 1;

    /** A section of a push: single cells of a dense table, as offsets into the stripe; the others are zero. */
    static final int CELLS = 2;

    /** The part of a block's head in an answer that says which it is. */
    static final int STRIPE = 0xff;

    /** Flag of a block's head in an answer: the block goes on in the next frame. */
    static final int MORE = 1 << 8;

    private Messages() {}
}
