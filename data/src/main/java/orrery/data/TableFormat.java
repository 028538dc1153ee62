package orrery.data;

import java.io.IOException;
import java.io.InputStream;
import orrery.store.Place;

/**
 * Reads files that hold tables but are no text, such as Parquet, as the CSV text that they would be: so roles, words and
 * standardisation are as they are for CSV. Formats are found on the class path and the module path by
 * {@link java.util.ServiceLoader}.
 */
public interface TableFormat {
    /** Whether a file of this format begins so, with four bytes. */
    boolean knows(byte[] start);

    /** A line of the columns' names, then a line per row, fields quoted where RFC 4180 says so; nothing for null. */
    InputStream csv(Place file) throws IOException;
}
