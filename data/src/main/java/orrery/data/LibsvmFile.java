package orrery.data;

import java.io.IOException;
import java.io.Writer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.TreeMap;

/** Writes examples as a libsvm file, for other tools: indices ascend. */
public final class LibsvmFile {
    private LibsvmFile() {}

    /**
     * Writes all examples. Of libsvm data, the indices and values are those that were read; other features are counted from
     * 1.
     */
    public static void write(Examples examples, Schema schema, Writer out) throws IOException {
        if (examples.areKeyed()) {
            writeKeyed(examples, schema, out);
            return;
        }
        long shift = schema.isLibsvm() ? 0 : 1;
        var far = new Schema.Column[schema.isLibsvm() ? examples.features() : 0];
        for (var column : schema.isLibsvm() ? schema.columns() : List.<Schema.Column>of()) {
            far[Integer.parseInt(column.name())] = column;
        }
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
            for (int k = 0; k < n; ) {
                int feature = (int) (order[k] >>> 32);
                float value = 0; // categories may share a feature
                for (; k < n && (int) (order[k] >>> 32) == feature; k++) {
                    value += cursor.values()[(int) order[k]];
                }
                String text =
                        feature < far.length && far[feature] != null ? original(far[feature], value) : number(value);
                if (!text.equals("0")) {
                    out.write(' ');
                    out.write(Long.toString(feature + shift));
                    out.write(':');
                    out.write(text);
                }
            }
            out.write('\n');
        }
    }

    /** Features by their keys, as numbers without a sign, ascending. */
    private static void writeKeyed(Examples examples, Schema schema, Writer out) throws IOException {
        var far = new HashMap<Long, Schema.Column>();
        for (var column : schema.isLibsvm() ? schema.columns() : List.<Schema.Column>of()) {
            far.put(Long.parseLong(column.name()), column);
        }
        var cursor = examples.cursor();
        for (long i = 0; i < examples.size(); i++) {
            cursor.move(i);
            var sums = new TreeMap<Long, Float>(Long::compareUnsigned);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                sums.merge(cursor.key(k), cursor.values()[k], Float::sum);
            }
            out.write(number(cursor.label()));
            for (var feature : sums.entrySet()) {
                var column = far.get(feature.getKey());
                String text = column == null ? number(feature.getValue()) : original(column, feature.getValue());
                if (!text.equals("0")) {
                    out.write(' ' + Long.toUnsignedString(feature.getKey()) + ':' + text);
                }
            }
            out.write('\n');
        }
    }

    /** The shortest number that is read as this value. */
    private static String original(Schema.Column column, float value) {
        double x = column.original(value);
        for (int digits = 1; digits < 17; digits++) {
            String text = String.format(java.util.Locale.ROOT, "%." + digits + "g", x);
            double shorter = Double.parseDouble(text);
            if (column.value(shorter) == value) {
                return number(shorter);
            }
        }
        return number(x);
    }

    private static String number(float value) {
        return value == Math.rint(value) && Math.abs(value) < 1e6 ? String.valueOf((int) value) : String.valueOf(value);
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? String.valueOf((long) value)
                : String.valueOf(value);
    }
}
