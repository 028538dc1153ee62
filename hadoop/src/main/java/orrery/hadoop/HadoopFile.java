package orrery.hadoop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import org.apache.hadoop.fs.FSDataInputStream;

/** A file that is read. Confined to one thread. */
final class HadoopFile implements SeekableByteChannel {
    private static final int AT_ONCE = 1 << 16;

    private final FSDataInputStream in;
    private final long size;
    private final byte[] some = new byte[AT_ONCE];
    private boolean isOpen = true;

    HadoopFile(FSDataInputStream in, long size) {
        this.in = in;
        this.size = size;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        check();
        if (in.getPos() >= size) {
            return -1;
        }
        int n = in.read(some, 0, Math.min(some.length, into.remaining()));
        if (n > 0) {
            into.put(some, 0, n);
        }
        return n;
    }

    @Override
    public long position() throws IOException {
        check();
        return in.getPos();
    }

    @Override
    public SeekableByteChannel position(long next) throws IOException {
        check();
        in.seek(Math.min(next, size)); // Hadoop refuses what lies beyond
        return this;
    }

    @Override
    public long size() throws IOException {
        check();
        return size;
    }

    private void check() throws ClosedChannelException {
        if (!isOpen) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public int write(ByteBuffer from) {
        throw new NonWritableChannelException();
    }

    @Override
    public SeekableByteChannel truncate(long to) {
        throw new NonWritableChannelException();
    }

    @Override
    public boolean isOpen() {
        return isOpen;
    }

    @Override
    public void close() throws IOException {
        isOpen = false;
        in.close();
    }
}
