package orrery.hadoop;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.example.DummyRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.MessageType;
import orrery.data.DataException;
import orrery.data.TableFormat;
import orrery.store.Place;

/** Parquet files with columns of single values. */
public final class Parquet implements TableFormat {
    private static final byte[] MAGIC = {'P', 'A', 'R', '1'};

    @Override
    public boolean knows(byte[] start) {
        return Arrays.equals(start, MAGIC);
    }

    @Override
    public InputStream csv(Place file) throws IOException {
        var path = file.path().isPresent() ? new Path(file.path().get().toUri()) : new Path(file.text());
        try {
            var reader = ParquetFileReader.open(HadoopInputFile.fromPath(path, configuration(file)));
            try {
                return new Csv(reader, file);
            } catch (IOException | RuntimeException e) {
                reader.close();
                throw e;
            }
        } catch (RuntimeException e) { // of a file that is damaged
            throw new DataException(file + ": cannot be read as Parquet: " + e.getMessage(), e);
        }
    }

    private static Configuration configuration(Place file) {
        return file.path().isPresent() ? new Configuration(false) : Configurations.current();
    }

    /** The text of a file, one group of rows after the other. */
    private static final class Csv extends InputStream {
        private static final int ROWS_AT_ONCE = 1024;

        private final ParquetFileReader reader;
        private final Place file;
        private final MessageType schema;
        private final Cells[] columns;
        private ColumnReader[] readers = new ColumnReader[0];
        private long rowsLeft;
        private final StringBuilder text = new StringBuilder();
        private byte[] bytes;
        private int next;

        Csv(ParquetFileReader reader, Place file) throws DataException {
            this.reader = reader;
            this.file = file;
            schema = reader.getFileMetaData().getSchema();
            columns = new Cells[schema.getFieldCount()];
            for (int c = 0; c < columns.length; c++) {
                var type = schema.getType(c);
                columns[c] = Cells.of(type, file);
                text.append(c == 0 ? "" : ",");
                Cells.quote(type.getName(), text);
            }
            bytes = text.append('\n').toString().getBytes(StandardCharsets.UTF_8);
        }

        /** Makes the next rows ready. Returns whether there are any. */
        private boolean fill() throws IOException {
            try {
                while (rowsLeft == 0) {
                    var pages = reader.readNextRowGroup();
                    if (pages == null) {
                        return false;
                    }
                    rowsLeft = pages.getRowCount();
                    var store = new ColumnReadStoreImpl(
                            pages,
                            new DummyRecordConverter(schema).getRootConverter(),
                            schema,
                            reader.getFileMetaData().getCreatedBy());
                    readers = schema.getColumns().stream()
                            .map(store::getColumnReader)
                            .toArray(ColumnReader[]::new);
                }
                text.setLength(0);
                for (int row = 0; row < ROWS_AT_ONCE && rowsLeft > 0; row++, rowsLeft--) {
                    for (int c = 0; c < columns.length; c++) {
                        if (c > 0) {
                            text.append(',');
                        }
                        columns[c].append(readers[c], text);
                        readers[c].consume();
                    }
                    text.append('\n');
                }
            } catch (RuntimeException e) { // of a file that is damaged
                throw new DataException(file + ": cannot be read as Parquet: " + e.getMessage(), e);
            }
            bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            next = 0;
            return true;
        }

        @Override
        public int read() throws IOException {
            return next < bytes.length || fill() ? bytes[next++] & 0xff : -1;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (next == bytes.length && !fill()) {
                return -1;
            }
            int n = Math.min(length, bytes.length - next);
            System.arraycopy(bytes, next, into, at, n);
            next += n;
            return n;
        }

        @Override
        public void close() throws IOException {
            reader.close();
        }
    }
}
