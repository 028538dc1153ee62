package orrery.engine.members;

import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * A piece of a worker's own state on its way to another member. Header: request = worker.
 *
 * @param length of the whole
 * @param at where the piece begins
 */
record LocalsPiece(int worker, int length, int at, byte[] bytes) {
    static final int TYPE = Codec.TYPE + 1;
    private static final int HEAD_BYTES = 2 * Integer.BYTES;
    static final int MOST_BYTES = Frame.MOST_PAYLOAD_BYTES - HEAD_BYTES;

    LocalsPiece {
        if (length < 0 || at < 0 || at + bytes.length > length) {
            throw new IndexOutOfBoundsException("a piece of a state at " + at + " of " + length);
        }
    }

    Frame frame(int epoch) {
        return Frame.of(TYPE, Lane.BULK, HEAD_BYTES + bytes.length)
                .epoch(epoch)
                .request(worker)
                .putInt(length)
                .putInt(at)
                .putBytes(bytes);
    }

    static LocalsPiece read(Frame from) {
        return new LocalsPiece((int) from.request(), from.getInt(), from.getInt(), from.getBytes(from.remaining()));
    }
}
