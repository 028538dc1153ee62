package orrery.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.NoSuchFileException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What every storage does. */
public abstract class StorageContract {
    /** Storage in a folder of that name, which is not there yet. */
    protected abstract Storage open(String name) throws IOException;

    /** How many files there are in a folder of that name, hidden ones and those left behind by a failed write among them. */
    protected abstract int filesIn(String name) throws IOException;

    @Test
    void aFileAppearsWholeOrNotAtAll() throws IOException {
        var storage = open("whole/deep/er");
        storage.writeText("a/b", "old");
        assertThatThrownBy(() -> storage.write("a/b", out -> {
                    Storage.writeFully(out, ByteBuffer.wrap(new byte[100]));
                    assertThat(storage.readText("a/b")).isEqualTo("old");
                    throw new IOException("the disk is full");
                }))
                .hasMessage("the disk is full");
        assertThat(storage.readText("a/b")).isEqualTo("old");
        assertThat(storage.list("a")).containsExactly("b");
        assertThat(filesIn("whole/deep/er/a")).isEqualTo(1);
        storage.writeText("a/b", "new");
        assertThat(storage.readText("a/b")).isEqualTo("new");
        assertThat(filesIn("whole/deep/er/a")).isEqualTo(1);
        assertThat(storage.holds("a/b")).isTrue();
        assertThat(storage.holds("a")).isFalse();
        assertThat(storage.holds("a/c")).isFalse();
    }

    @Test
    void sumsAreOfWhatWasWritten() throws IOException {
        var storage = open("sums");
        var written = storage.writeText("x", "123456789");
        assertThat(written).isEqualTo(new Storage.Written(9, 0xe3069283L)); // the check value of CRC-32C
        assertThat(storage.sum("x")).isEqualTo(written);
    }

    @Test
    void anyPartOfAFileCanBeRead() throws IOException {
        var storage = open("parts");
        var bytes = new byte[300_000];
        new SplittableRandom(1).nextBytes(bytes);
        storage.write("x", out -> {
            for (int from = 0;
                    from < bytes.length;
                    from += 70_001) { // directly, from arrays, in pieces of no round size
                var piece = ByteBuffer.allocateDirect(Math.min(70_001, bytes.length - from));
                Storage.writeFully(out, piece.put(bytes, from, piece.capacity()).flip());
            }
        });
        try (var in = storage.read("x")) {
            assertThat(in.size()).isEqualTo(bytes.length);
            for (int from : new int[] {0, 299_999, 65_536, 1, 131_071, 200_000}) {
                var some = ByteBuffer.allocateDirect(Math.min(100_000, bytes.length - from));
                in.position(from);
                while (some.hasRemaining() && in.read(some) >= 0) {}
                for (int i = 0; i < some.capacity(); i++) {
                    if (some.get(i) != bytes[from + i]) {
                        assertThat(from + i).as("a byte that is another").isNull();
                    }
                }
                assertThat(in.position()).isEqualTo(from + some.capacity());
            }
            assertThat(in.position(bytes.length).read(ByteBuffer.allocate(1))).isNegative();
            assertThatThrownBy(() -> in.write(ByteBuffer.allocate(1))).isInstanceOf(NonWritableChannelException.class);
        }
    }

    @Test
    void namesStayInside() throws IOException {
        var storage = open("inside");
        assertThatThrownBy(() -> storage.readText("../x")).hasMessageContaining("'../x' leads out of");
        assertThatThrownBy(() -> storage.readText("x")).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void deletingTakesAllBelow() throws IOException {
        var storage = open("below");
        assertThat(storage.list("")).isEmpty();
        storage.writeText("a/b/c", "x");
        storage.delete("a");
        storage.delete("a");
        assertThat(storage.list("")).isEmpty();
    }
}
