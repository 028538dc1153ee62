package orrery.data;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/** Writes examples as a libsvm file: for other tools, which want ascending indices from 1. */
public final class LibsvmFile {
    private LibsvmFile() {}

    /** Writes all examples; compressed if the name ends in {@code .gz}. The file appears whole or not at all. */
    public static void write(Examples examples, Path file) throws IOException {
        var beside = file.resolveSibling(file.getFileName() + ".tmp");
        try (var out = writer(Files.newOutputStream(beside), file.toString().endsWith(".gz"))) {
            write(examples, out);
        }
        Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Writer writer(OutputStream file, boolean isCompressed) throws IOException {
        var out = isCompressed ? new GZIPOutputStream(file, 1 << 16) : file;
        return new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.US_ASCII), 1 << 16);
    }

    private static void write(Examples examples, Writer out) throws IOException {
        var cursor = examples.cursor();
        var order = new long[16];
        for (long i = 0; i < examples.size(); i++) {
            cursor.move(i);
            int n = cursor.to() - cursor.from();
            if (order.length < n) {
                order = new long[2 * n];
            }
            for (int k = 0; k < n; k++) {
                order[k] = (long) cursor.indices()[cursor.from() + k] << 32 | (cursor.from() + k);
            }
            Arrays.sort(order, 0, n);
            out.write(number(cursor.label()));
            for (int k = 0; k < n; k++) {
                out.write(' ');
                out.write(Long.toString((order[k] >>> 32) + 1));
                out.write(':');
                out.write(number(cursor.values()[(int) order[k]]));
            }
            out.write('\n');
        }
    }

    private static String number(float value) {
        return value == Math.rint(value) && Math.abs(value) < 1e6 ? String.valueOf((int) value) : String.valueOf(value);
    }
}
