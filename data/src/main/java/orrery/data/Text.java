package orrery.data;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.io.Reader;
import java.io.SequenceInputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.tukaani.xz.XZInputStream;
import orrery.store.Place;
import orrery.store.Printable;

/**
 * A text in UTF-8, whatever it lies in: plain, compressed, in UTF-16, or made of a table that is none. What it is, its
 * first bytes say, not its name.
 *
 * @param in the text, without a byte order mark
 * @param isTable whether {@link TableFormat} made it
 * @param about how it lies in the file, for people: such as gzip, or UTF-16
 */
record Text(InputStream in, boolean isTable, List<String> about) implements Closeable {
    private static final int START = 512;
    private static final int TAR = 257; // where the mark of a tar archive is
    private static final int END_RECORD = 22; // of a zip archive, without its comment
    private static final int ZIP64 = 76; // the records of a large archive before that
    private static final byte[] PARQUET = {'P', 'A', 'R', '1'};

    /** A kind of file that is known by its first bytes. */
    private enum Kind {
        GZIP("gzip", 0x1f, 0x8b),
        BZIP2("bzip2", 'B', 'Z', 'h'),
        XZ("xz", 0xfd, '7', 'z', 'X', 'Z', 0),
        ZSTD("zstd", 0x28, 0xb5, 0x2f, 0xfd),
        ZIP("zip", 'P', 'K', 3, 4),
        LZ4("compressed by lz4", 0x04, 0x22, 0x4d, 0x18),
        SNAPPY("compressed by snappy", 0xff, 0x06, 0, 0, 's', 'N', 'a', 'P'),
        COMPRESS("compressed by compress (.Z)", 0x1f, 0x9d),
        SEVEN_ZIP("a 7-Zip archive", '7', 'z', 0xbc, 0xaf),
        RAR("a RAR archive", 'R', 'a', 'r', '!'),
        ORC("an ORC file", 'O', 'R', 'C'),
        AVRO("an Avro file", 'O', 'b', 'j', 1),
        ARROW("an Arrow file", 'A', 'R', 'R', 'O', 'W', '1'),
        FEATHER("a Feather file", 'F', 'E', 'A', '1'),
        HDF5("an HDF5 file", 0x89, 'H', 'D', 'F'),
        NUMPY("a NumPy file", 0x93, 'N', 'U', 'M', 'P', 'Y'),
        EXCEL("a spreadsheet of an old Excel (.xls)", 0xd0, 0xcf, 0x11, 0xe0),
        SQLITE("an SQLite database", 'S', 'Q', 'L', 'i', 't', 'e', ' '),
        PDF("a PDF document", '%', 'P', 'D', 'F', '-');

        private final String name;
        private final String magic; // a character per byte

        Kind(String name, int... magic) {
            this.name = name;
            this.magic = new String(magic, 0, magic.length);
        }

        static Optional<Kind> of(byte[] start) {
            var begin = new String(start, StandardCharsets.ISO_8859_1);
            return Arrays.stream(values())
                    .filter(kind -> begin.startsWith(kind.magic))
                    .findFirst();
        }
    }

    /** Opens a file. */
    static Text open(Place file) throws IOException {
        InputStream opened;
        try {
            opened = file.open();
        } catch (java.nio.file.NoSuchFileException e) {
            throw new java.io.FileNotFoundException(file + ": no such file");
        }
        try {
            var in = new PushbackInputStream(opened, START);
            byte[] start = peek(in);
            for (var format : ServiceLoader.load(TableFormat.class, Data.class.getClassLoader())) {
                if (start.length >= 4 && format.knows(Arrays.copyOf(start, 4))) {
                    in.close();
                    return new Text(format.csv(file), true, List.of());
                }
            }
            return of(in, start, file.toString());
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /** The text of a stream. */
    static Text of(InputStream stream, String name) throws IOException {
        var in = new PushbackInputStream(stream, START);
        return of(in, peek(in), name);
    }

    private static byte[] peek(PushbackInputStream in) throws IOException {
        byte[] start = in.readNBytes(START);
        in.unread(start);
        return start;
    }

    private static Text of(PushbackInputStream in, byte[] start, String name) throws IOException {
        if (start.length >= 4 && Arrays.equals(Arrays.copyOf(start, 4), PARQUET)) {
            throw new DataException(name + " is a Parquet file, and orrery-hadoop.jar, which reads such, is not on the"
                    + " class path; ./orrery adds it where the name of a file or folder has .parquet in it, or a folder"
                    + " holds files named so");
        }
        var kind = Kind.of(start);
        if (kind.isEmpty()) {
            return decoded(in, name, List.of());
        }
        var compressed = kind.get();
        try {
            return switch (compressed) {
                case GZIP -> inflated(gunzipped(in), compressed, name);
                case BZIP2 -> inflated(new BZip2CompressorInputStream(in, true), compressed, name);
                case XZ -> inflated(new XZInputStream(in), compressed, name);
                case ZSTD -> inflated(new ZstdFrames(in), compressed, name);
                case ZIP -> inflated(new OneEntry(new Tail(in), name), compressed, name);
                default ->
                    throw new DataException(name + ": is " + compressed.name
                            + ", which is not read; give text (libsvm, CSV, TSV), Parquet, or either as .gz, .bz2, .xz,"
                            + " .zst or .zip");
            };
        } catch (DataException e) {
            throw e;
        } catch (IOException e) {
            throw damaged(name, e);
        }
    }

    /** All members of a gzip file, one after another; what is behind them is an error. */
    private static InputStream gunzipped(InputStream in) throws IOException {
        return GzipCompressorInputStream.builder()
                .setInputStream(in)
                .setDecompressConcatenated(true)
                .setBufferSize(1 << 16)
                .get();
    }

    private static Text inflated(InputStream in, Kind kind, String name) throws IOException {
        return decoded(new PushbackInputStream(new Inflated(in, name), START), name, List.of(kind.name));
    }

    private static DataException damaged(String name, IOException e) {
        return new DataException(name + ": the compressed file is damaged or cut short: " + e.getMessage(), e);
    }

    /** Says whose it is if it is damaged. */
    private static final class Inflated extends FilterInputStream {
        private final String name;

        Inflated(InputStream in, String name) {
            super(in);
            this.name = name;
        }

        @Override
        public int read() throws IOException {
            try {
                return super.read();
            } catch (DataException e) {
                throw e;
            } catch (IOException e) {
                throw damaged(name, e);
            }
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            try {
                return super.read(bytes, from, length);
            } catch (DataException e) {
                throw e;
            } catch (IOException e) {
                throw damaged(name, e);
            }
        }
    }

    /** Counts what is read, and keeps its end. */
    private static final class Tail extends FilterInputStream {
        private final byte[] last = new byte[1 << 17]; // of the byte n at n modulo the length
        private long count;

        Tail(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int n = super.read(bytes, from, length);
            for (int i = Math.max(0, n - last.length); i < n; i++) {
                last[(int) ((count + i) % last.length)] = bytes[from + i];
            }
            count += Math.max(0, n);
            return n;
        }

        /** A number of so many bytes, the lowest first, that many before the end. */
        private long number(int beforeEnd, int bytes) {
            long number = 0;
            for (int i = bytes - 1; i >= 0; i--) {
                number = (number << 8) | (last[(int) ((count - beforeEnd + i) % last.length)] & 0xff);
            }
            return number;
        }

        /**
         * Whether this ends as a zip archive does: a directory of all there is, and a record of where it begins, whose
         * comment is the end. (PKWARE's APPNOTE, 4.3.)
         */
        boolean isEndOfZip() {
            for (int comment = 0; comment <= 0xffff && comment + END_RECORD <= count; comment++) {
                int at = comment + END_RECORD;
                if (number(at, 4) == 0x06054b50 && number(at - 20, 2) == comment) {
                    long directory = number(at - 12, 4) + number(at - 16, 4);
                    return directory == count - at
                            || number(at - 16, 4) == 0xffffffffL
                            || directory == count - at - ZIP64;
                }
            }
            return false;
        }
    }

    /** The one file in a zip archive. */
    private static final class OneEntry extends FilterInputStream {
        private final Tail tail;
        private final ZipInputStream zip;
        private final String name;
        private boolean isAtEnd;

        OneEntry(Tail in, String name) throws IOException {
            super(new ZipInputStream(in));
            tail = in;
            zip = (ZipInputStream) this.in;
            this.name = name;
            var first = next();
            if (first.isEmpty()) {
                throw new DataException(name + ": the zip archive holds no file");
            }
            if (first.get().equals("[Content_Types].xml")) {
                throw new DataException(name + ": is a document of an office program, such as .xlsx, which is not"
                        + " read; save it as CSV");
            }
        }

        private Optional<String> next() throws IOException {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (!entry.isDirectory() && !entry.getName().startsWith("__MACOSX/")) {
                    return Optional.of(entry.getName());
                }
            }
            return Optional.empty();
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int n = isAtEnd ? -1 : zip.read(bytes, from, length);
            if (n < 0 && !isAtEnd) {
                isAtEnd = true;
                var more = next();
                if (more.isPresent()) {
                    throw new DataException(name + ": the zip archive holds more than one file, such as '"
                            + Printable.of(more.get()) + "'; extract it to a folder and give the folder");
                }
                tail.transferTo(OutputStream.nullOutputStream());
                if (!tail.isEndOfZip()) {
                    throw new DataException(
                            name + ": the zip archive is damaged or cut short: its end is no directory of"
                                    + " what it holds");
                }
            }
            return n;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }
    }

    // Characters

    private static Text decoded(PushbackInputStream in, String name, List<String> about) throws IOException {
        byte[] start = peek(in);
        if (start.length > TAR + 5 && new String(start, TAR, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
            throw new DataException(
                    name + ": is a tar archive, which is not read; extract it and give the file or folder");
        }
        int b0 = start.length > 0 ? start[0] & 0xff : -1;
        int b1 = start.length > 1 ? start[1] & 0xff : -1;
        int b2 = start.length > 2 ? start[2] & 0xff : -1;
        if (b0 == 0xef && b1 == 0xbb && b2 == 0xbf) {
            in.skipNBytes(3);
            return new Text(in, false, about);
        }
        var begin = new String(start, 0, Math.min(4, start.length), StandardCharsets.ISO_8859_1);
        if (begin.equals("\u00ff\u00fe\0\0") || begin.equals("\0\0\u00fe\u00ff")) {
            throw new DataException(name + ": is a text in UTF-32; write it in UTF-8");
        }
        if (b0 == 0xff && b1 == 0xfe) {
            in.skipNBytes(2);
            return utf16(in, StandardCharsets.UTF_16LE, about);
        }
        if (b0 == 0xfe && b1 == 0xff) {
            in.skipNBytes(2);
            return utf16(in, StandardCharsets.UTF_16BE, about);
        }
        int zeros = 0;
        int zerosAtOdd = 0;
        for (int i = 0; i < start.length; i++) {
            zeros += start[i] == 0 ? 1 : 0;
            zerosAtOdd += start[i] == 0 && i % 2 == 1 ? 1 : 0;
        }
        if (10 * zerosAtOdd > 9 * zeros && 3 * zeros > start.length) { // few letters have a low half of 0
            return utf16(in, StandardCharsets.UTF_16LE, about);
        }
        if (10 * zerosAtOdd < zeros && 3 * zeros > start.length) {
            return utf16(in, StandardCharsets.UTF_16BE, about);
        }
        if (zeros > 0) {
            throw new DataException(name + ": is no text (there are bytes of 0 in it), and no format that is known;"
                    + " give libsvm, CSV, TSV or Parquet");
        }
        return new Text(in, false, about);
    }

    private static Text utf16(InputStream in, Charset charset, List<String> about) {
        var more = new ArrayList<>(about);
        more.add("UTF-16");
        return new Text(new Encoded(new InputStreamReader(in, charset)), false, List.copyOf(more));
    }

    /** Characters as UTF-8. */
    private static final class Encoded extends InputStream {
        private final Reader reader;
        private final char[] characters = new char[1 << 13];
        private InputStream bytes = InputStream.nullInputStream();
        private char high; // the first half of a character whose second half is still to come

        Encoded(Reader reader) {
            this.reader = reader;
        }

        private boolean fill() throws IOException {
            int begin = 0;
            if (high != 0) {
                characters[begin++] = high;
                high = 0;
            }
            int n = reader.read(characters, begin, characters.length - begin);
            if (n < 0 && begin == 0) {
                return false;
            }
            int end = begin + Math.max(0, n);
            if (n >= 0 && Character.isHighSurrogate(characters[end - 1])) {
                high = characters[--end];
            }
            bytes = new ByteArrayInputStream(new String(characters, 0, end).getBytes(StandardCharsets.UTF_8));
            return true;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            while (true) {
                int n = bytes.read(into, from, length);
                if (n > 0) {
                    return n;
                }
                if (!fill()) {
                    return -1;
                }
            }
        }

        @Override
        public void close() throws IOException {
            reader.close();
        }
    }

    /** The first bytes of a text, up to so many, and all of it. */
    record Begun(byte[] start, boolean isAll, InputStream all) {}

    /** Reads the begin of the text, to look at. */
    Begun begin(int bytes) throws IOException {
        byte[] start = in.readNBytes(bytes);
        return new Begun(start, start.length < bytes, new SequenceInputStream(new ByteArrayInputStream(start), in));
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
