package orrery.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import orrery.store.ScratchFile;

/**
 * Documents in a file of this process: of each how many words it has, then the words, as ints, then their counts, as floats ({@link
 * ScratchFile}).
 */
final class CorpusFile implements Corpus {
    private static final int BUFFER = 1 << 20;
    private static final int BETWEEN_MARKS = 1 << 10; // documents

    private final FileChannel channel;
    private final long documents;
    private final long counts;
    private final long[] marks; // where each so manieth document begins
    private final Schema schema;
    private final int words;
    private final Reading reading;
    private final String sum;

    private CorpusFile(Writer written, Schema schema, int words, Reading reading, String sum) {
        channel = written.channel;
        documents = written.documents;
        counts = written.counts;
        marks = Arrays.copyOf(written.marks, (int) ((written.documents + BETWEEN_MARKS - 1) / BETWEEN_MARKS));
        this.sum = sum;
        this.schema = schema;
        this.words = words;
        this.reading = reading;
    }

    /** Copies documents to a file. */
    static CorpusFile of(Corpus documents, Path folder) throws IOException {
        var out = new Writer(folder);
        try {
            documents.read(0, documents.documents(), (d, words, counts, from, to) -> {
                for (int k = from; k < to; k++) {
                    out.word(words[k], counts[k]);
                }
                try {
                    out.document();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            out.flush();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return new CorpusFile(
                out,
                documents.schema(),
                documents.words(),
                documents
                        .reading()
                        .with("documents are in a file in " + folder
                                + " from here on, which leaves the memory to their topics"),
                documents.sum());
    }

    /** Writes documents one after another. Confined to one thread. */
    static final class Writer {
        private final FileChannel channel;
        private final CRC32C crc = new CRC32C();
        private ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        private long at;
        private long documents;
        private long counts;
        private long[] marks = new long[16];
        private int[] cells = new int[64]; // of the document under way: words, then counts
        private int size;

        Writer(Path folder) throws IOException {
            channel = ScratchFile.in(folder);
        }

        void word(int word, float count) {
            if (2 * size + 2 > cells.length) {
                cells = Arrays.copyOf(cells, 2 * cells.length);
            }
            cells[2 * size] = word;
            cells[2 * size++ + 1] = Float.floatToRawIntBits(count);
        }

        void document() throws IOException {
            if (documents % BETWEEN_MARKS == 0) {
                int n = (int) (documents / BETWEEN_MARKS);
                if (n == marks.length) {
                    marks = Arrays.copyOf(marks, 2 * n);
                }
                marks[n] = at;
            }
            int bytes = (1 + 2 * size) * Integer.BYTES;
            if (buffer.remaining() < bytes) {
                flush();
                if (buffer.capacity() < bytes) {
                    buffer = ByteBuffer.allocate(2 * bytes);
                }
            }
            buffer.putInt(size);
            for (int i = 0; i < size; i++) {
                buffer.putInt(cells[2 * i]);
            }
            for (int i = 0; i < size; i++) {
                buffer.putInt(cells[2 * i + 1]);
            }
            at += bytes;
            documents++;
            counts += size;
            size = 0;
        }

        private void flush() throws IOException {
            buffer.flip();
            crc.update(buffer.duplicate());
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            buffer.clear();
        }

        CorpusFile end(Schema schema, Reading reading) throws IOException {
            flush();
            var sum = HexFormat.of().toHexDigits((int) crc.getValue()) + "-" + documents + "-" + counts;
            return new CorpusFile(this, schema, schema.features(), reading, sum);
        }
    }

    @Override
    public long documents() {
        return documents;
    }

    @Override
    public int words() {
        return words;
    }

    @Override
    public Schema schema() {
        return schema;
    }

    @Override
    public Reading reading() {
        return reading;
    }

    @Override
    public String sum() {
        return sum;
    }

    @Override
    public long counts() {
        return counts;
    }

    @Override
    public void read(long from, long to, Visit visit) {
        if (from >= to) {
            return;
        }
        try {
            var in = new In(marks[(int) (from / BETWEEN_MARKS)]);
            var words = new int[64];
            var found = new float[64];
            for (long d = from - from % BETWEEN_MARKS; d < to; d++) {
                int size = in.next();
                if (words.length < size) {
                    words = new int[2 * size];
                    found = new float[2 * size];
                }
                for (int i = 0; i < size; i++) {
                    words[i] = in.next();
                }
                for (int i = 0; i < size; i++) {
                    found[i] = Float.intBitsToFloat(in.next());
                }
                if (d >= from) {
                    visit.take(d, words, found, 0, size);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read documents back from the folder for temporary files", e);
        }
    }

    /** Reads on from a place. */
    private final class In {
        private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).flip();
        private long at;

        In(long at) {
            this.at = at;
        }

        int next() throws IOException {
            if (buffer.remaining() < Integer.BYTES) {
                buffer.compact();
                while (buffer.position() < Integer.BYTES) {
                    int read = channel.read(buffer, at);
                    if (read < 0) {
                        throw new IOException("the file ends within a document");
                    }
                    at += read;
                }
                buffer.flip();
            }
            return buffer.getInt();
        }
    }
}
