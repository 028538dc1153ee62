package orrery.store;

import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.Arrays;

/** Bytes in memory as a file: read where they are, written at the end. Confined to one thread. */
final class BytesChannel implements SeekableByteChannel {
    private byte[] bytes;
    private int size;
    private int position;

    BytesChannel(byte[] bytes) {
        this.bytes = bytes;
        size = bytes.length;
    }

    byte[] toArray() {
        return Arrays.copyOf(bytes, size);
    }

    @Override
    public int read(ByteBuffer into) {
        if (position >= size) {
            return -1;
        }
        int count = Math.min(into.remaining(), size - position);
        into.put(bytes, position, count);
        position += count;
        return count;
    }

    @Override
    public int write(ByteBuffer from) {
        int count = from.remaining();
        if (size + count > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(size + count, 2 * bytes.length));
        }
        from.get(bytes, size, count);
        size += count;
        return count;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public SeekableByteChannel position(long next) {
        position = Math.toIntExact(next);
        return this;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public SeekableByteChannel truncate(long length) {
        size = (int) Math.min(size, length);
        return this;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
