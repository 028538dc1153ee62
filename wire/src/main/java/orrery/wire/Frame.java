package orrery.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A header of 32 bytes and a payload, little-endian, in one pooled direct buffer:
 *
 * <pre>
 *   0 int   length of the whole     8 int  epoch     16 long request    28 int sequence within the lane
 *   4 byte  type     5 byte lane   12 int  table     24 int  block
 *   6 short flags
 * </pre>
 *
 * <p>A frame is filled by one thread, then handed over; whoever gets one closes it, which gives back its memory and, if it
 * came from a {@link Peer}, the sender's credit. Not thread-safe. Reading beyond the payload throws
 * {@link IndexOutOfBoundsException}, so a receiver of garbage fails cleanly.
 */
public final class Frame implements AutoCloseable {
    /** Bytes before the payload. */
    public static final int HEADER_BYTES = 32;

    /** Bytes of the largest frame, header included: small enough to stay in the cache between copy and socket. */
    public static final int MOST_BYTES = 256 << 10;

    /** Bytes of the largest payload. */
    public static final int MOST_PAYLOAD_BYTES = MOST_BYTES - HEADER_BYTES;

    /** Types below this are the wire's own. */
    public static final int FIRST_TYPE = 16;

    static final int ACK = 1;
    static final int PROBE = 2;
    static final int HELLO = 3;
    static final int CHALLENGE = 4;
    static final int PROOF = 5;
    static final int WELCOME = 6;
    static final int REFUSED = 7;

    private static final int TYPE = 4;
    private static final int LANE = 5;
    private static final int FLAGS = 6;
    private static final int EPOCH = 8;
    private static final int TABLE = 12;
    private static final int REQUEST = 16;
    private static final int BLOCK = 24;
    private static final int SEQUENCE = 28;

    private final ByteBuf bytes;
    private final @Nullable Peer from;
    private @Nullable ByteBuffer view;

    private Frame(ByteBuf bytes, @Nullable Peer from) {
        this.bytes = bytes;
        this.from = from;
    }

    /** A frame with room for {@code payloadBytes}. */
    public static Frame of(int type, Lane lane, int payloadBytes) {
        if (type < FIRST_TYPE || type > Byte.MAX_VALUE) {
            throw new IllegalArgumentException("a frame's type is " + FIRST_TYPE + " to 127, got " + type);
        }
        return ofWire(type, lane, payloadBytes);
    }

    static Frame ofWire(int type, Lane lane, int payloadBytes) {
        if (payloadBytes < 0 || payloadBytes > MOST_PAYLOAD_BYTES) {
            throw new IllegalArgumentException(
                    "a frame holds at most " + MOST_PAYLOAD_BYTES + " bytes, asked for " + payloadBytes);
        }
        var bytes =
                PooledByteBufAllocator.DEFAULT.directBuffer(HEADER_BYTES + payloadBytes, HEADER_BYTES + payloadBytes);
        bytes.setIntLE(0, HEADER_BYTES);
        bytes.setIntLE(TYPE, type | lane.number << 8);
        bytes.setLongLE(EPOCH, 0);
        bytes.setLongLE(REQUEST, 0);
        bytes.setLongLE(BLOCK, 0);
        bytes.writerIndex(HEADER_BYTES).readerIndex(HEADER_BYTES);
        return new Frame(bytes, null);
    }

    /** A frame that has come in; null if its header makes no sense. Takes over {@code bytes}. */
    static @Nullable Frame received(ByteBuf bytes) {
        int lane = bytes.getByte(LANE);
        int type = bytes.getByte(TYPE);
        if (lane < 0 || lane >= Lane.COUNT || type < ACK || bytes.getIntLE(0) != bytes.readableBytes()) {
            bytes.release();
            return null;
        }
        bytes.skipBytes(HEADER_BYTES);
        return new Frame(bytes, null);
    }

    /** Writes the length; the frame is not filled any more. */
    Frame sealed() {
        bytes.setIntLE(0, bytes.writerIndex());
        return this;
    }

    /** A copy for one more journey, of the same bytes; both are closed in the end. */
    Frame again() {
        return new Frame(bytes.retainedDuplicate().readerIndex(HEADER_BYTES), null);
    }

    /** The same frame as its receiver has it. Takes over this one. */
    Frame arrived(Peer sender) {
        return new Frame(bytes, sender);
    }

    /** The whole, to be written to a socket. Takes over this frame. */
    ByteBuf take() {
        return bytes.readerIndex(0);
    }

    /** Bytes of header and payload. */
    public int bytes() {
        return bytes.writerIndex();
    }

    public int type() {
        return bytes.getByte(TYPE);
    }

    public Lane lane() {
        return Lane.of(bytes.getByte(LANE));
    }

    public int flags() {
        return bytes.getUnsignedShortLE(FLAGS);
    }

    public int epoch() {
        return bytes.getIntLE(EPOCH);
    }

    public int table() {
        return bytes.getIntLE(TABLE);
    }

    public long request() {
        return bytes.getLongLE(REQUEST);
    }

    public int block() {
        return bytes.getIntLE(BLOCK);
    }

    int sequence() {
        return bytes.getIntLE(SEQUENCE);
    }

    public Frame flags(int flags) {
        bytes.setShortLE(FLAGS, flags);
        return this;
    }

    public Frame epoch(int epoch) {
        bytes.setIntLE(EPOCH, epoch);
        return this;
    }

    public Frame table(int table) {
        bytes.setIntLE(TABLE, table);
        return this;
    }

    public Frame request(long request) {
        bytes.setLongLE(REQUEST, request);
        return this;
    }

    public Frame block(int block) {
        bytes.setIntLE(BLOCK, block);
        return this;
    }

    Frame sequence(int sequence) {
        bytes.setIntLE(SEQUENCE, sequence);
        return this;
    }

    // Filling

    public Frame putInt(int value) {
        bytes.writeIntLE(value);
        return this;
    }

    public Frame putLong(long value) {
        bytes.writeLongLE(value);
        return this;
    }

    public Frame putDouble(double value) {
        return putLong(Double.doubleToRawLongBits(value));
    }

    public Frame putBytes(byte[] values) {
        bytes.writeBytes(values);
        return this;
    }

    public Frame putBytes(byte[] values, int from, int count) {
        bytes.writeBytes(values, from, count);
        return this;
    }

    /** A text with its length before it. */
    public Frame putText(String text) {
        var utf8 = text.getBytes(StandardCharsets.UTF_8);
        return putInt(utf8.length).putBytes(utf8);
    }

    /** Copies {@code values[from..from + count)} in one go. */
    public Frame putFloats(float[] values, int from, int count) {
        at(bytes.writerIndex()).asFloatBuffer().put(values, from, count);
        bytes.writerIndex(bytes.writerIndex() + count * Float.BYTES);
        return this;
    }

    public Frame putLongs(long[] values, int from, int count) {
        at(bytes.writerIndex()).asLongBuffer().put(values, from, count);
        bytes.writerIndex(bytes.writerIndex() + count * Long.BYTES);
        return this;
    }

    public Frame putInts(int[] values, int from, int count) {
        at(bytes.writerIndex()).asIntBuffer().put(values, from, count);
        bytes.writerIndex(bytes.writerIndex() + count * Integer.BYTES);
        return this;
    }

    /** Bytes that still fit. */
    public int room() {
        return bytes.maxCapacity() - bytes.writerIndex();
    }

    // Reading

    /** Bytes of the payload that have not been read. */
    public int remaining() {
        return bytes.readableBytes();
    }

    public int getInt() {
        return bytes.readIntLE();
    }

    public long getLong() {
        return bytes.readLongLE();
    }

    public double getDouble() {
        return Double.longBitsToDouble(getLong());
    }

    public byte[] getBytes(int count) {
        checkCount(count, 1);
        var values = new byte[count];
        bytes.readBytes(values);
        return values;
    }

    public String getText() {
        return new String(getBytes(getInt()), StandardCharsets.UTF_8);
    }

    /** Copies the next {@code count} floats to {@code into}, from {@code at} on, in one go. */
    public void getFloats(float[] into, int at, int count) {
        checkCount(count, Float.BYTES);
        at(bytes.readerIndex()).asFloatBuffer().get(into, at, count);
        bytes.skipBytes(count * Float.BYTES);
    }

    public void getLongs(long[] into, int at, int count) {
        checkCount(count, Long.BYTES);
        at(bytes.readerIndex()).asLongBuffer().get(into, at, count);
        bytes.skipBytes(count * Long.BYTES);
    }

    public void getInts(int[] into, int at, int count) {
        checkCount(count, Integer.BYTES);
        at(bytes.readerIndex()).asIntBuffer().get(into, at, count);
        bytes.skipBytes(count * Integer.BYTES);
    }

    /** The next {@code count} floats. */
    public float[] getFloats(int count) {
        checkCount(count, Float.BYTES); // before there is an array
        var values = new float[count];
        getFloats(values, 0, count);
        return values;
    }

    /** The next {@code count} longs. */
    public long[] getLongs(int count) {
        checkCount(count, Long.BYTES);
        var values = new long[count];
        getLongs(values, 0, count);
        return values;
    }

    /** The next {@code count} ints. */
    public int[] getInts(int count) {
        checkCount(count, Integer.BYTES);
        var values = new int[count];
        getInts(values, 0, count);
        return values;
    }

    private void checkCount(int count, int size) {
        if (count < 0 || (long) count * size > bytes.readableBytes()) {
            throw new IndexOutOfBoundsException("a frame with " + bytes.readableBytes() + " bytes left was asked for "
                    + count + " values of " + size + " bytes");
        }
    }

    private ByteBuffer at(int index) {
        var now = view;
        if (now == null) {
            now = bytes.nioBuffer(0, bytes.capacity()); // its own position: an event loop may read the rest meanwhile
            view = now;
        }
        return now.order(ByteOrder.LITTLE_ENDIAN).position(index);
    }

    /** Whoever sent it, if it came from a peer. */
    public @Nullable Peer from() {
        return from;
    }

    /** Gives back the memory, and the credit. Once. */
    @Override
    public void close() {
        var sender = from;
        int charge = sender != null && lane().isCredited() ? Peer.charge(bytes.writerIndex()) : 0;
        bytes.release();
        if (sender != null && charge > 0) {
            sender.consumed(charge);
        }
    }

    @Override
    public String toString() {
        return "frame of type " + type() + ", " + lane() + ", epoch " + epoch() + ", table " + table() + ", request "
                + request() + ", block " + block() + ", " + bytes() + " bytes";
    }
}
