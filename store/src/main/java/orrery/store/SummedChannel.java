package orrery.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.zip.CRC32C;

/** Counts and sums what goes through. Confined to one thread. */
public final class SummedChannel implements WritableByteChannel {
    private final WritableByteChannel out;
    private final CRC32C crc = new CRC32C();
    private long bytes;

    public SummedChannel(WritableByteChannel out) {
        this.out = out;
    }

    /** What has gone through so far. */
    public Storage.Written written() {
        return new Storage.Written(bytes, crc.getValue());
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        var view = source.duplicate();
        int n = out.write(source);
        crc.update(view.limit(view.position() + n));
        bytes += n;
        return n;
    }

    @Override
    public boolean isOpen() {
        return out.isOpen();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
