package orrery.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads data frames of R's packages: an index ({@code .rdx}) of offsets into a file of compressed objects ({@code .rdb}), both
 * in R's serialisation, versions 2 and 3 (R Internals, section 1.8). Of its types those that data frames are made of.
 */
final class RData {
    private static final int HAS_ATTRIBUTES = 0x200;
    private static final int HAS_TAG = 0x400;
    private static final int MOST_DEPTH = 1000;

    private final DataInputStream in;
    private final List<String> symbols = new ArrayList<>();
    private int depth;

    /** A value and its attributes: int[], double[], String[], Object[] of values, a String (a symbol or word), or null. */
    record Value(@Nullable Object content, Map<String, Value> attributes) {
        /** The value of that name in a list. */
        Value get(String name) throws IOException {
            var names = attributes.get("names");
            if (content instanceof Object[] list && names != null && names.content instanceof String[] all) {
                for (int i = 0; i < all.length; i++) {
                    if (name.equals(all[i]) && list[i] instanceof Value value) {
                        return value;
                    }
                }
            }
            throw new DataException("an R object has no '" + name + "'");
        }

        /** The values of a numeric vector. */
        double[] numbers() throws IOException {
            return switch (content) {
                case double[] reals -> reals;
                case int[] ints -> {
                    var reals = new double[ints.length];
                    java.util.Arrays.setAll(reals, i -> ints[i]);
                    yield reals;
                }
                case null, default -> throw new DataException("an R object is no vector of numbers");
            };
        }
    }

    private RData(InputStream in) {
        this.in = new DataInputStream(in);
    }

    /** The object of a name in {@code folder/Rdata.rdx} and {@code .rdb}. */
    static Value read(Path folder, String name) throws IOException {
        var index = parse(inflated(Files.readAllBytes(folder.resolve("Rdata.rdx")), 0));
        double[] place = index.get("variables").get(name).numbers();
        byte[] all = Files.readAllBytes(folder.resolve("Rdata.rdb"));
        int from = (int) place[0];
        int length = (int) place[1];
        if (place.length != 2 || from < 0 || length < 5 || (long) from + length > all.length) {
            throw new DataException("R object '" + name + "' is said to lie outside its file");
        }
        var packed = java.util.Arrays.copyOfRange(all, from + Integer.BYTES, from + length); // after its raw length
        return parse(inflated(packed, 0));
    }

    private static byte[] inflated(byte[] packed, int from) throws IOException {
        boolean isGzip = packed.length > 1 && (packed[0] & 0xff) == 0x1f && (packed[1] & 0xff) == 0x8b;
        var bytes = new ByteArrayInputStream(packed, from, packed.length - from);
        try (var in = isGzip ? new GZIPInputStream(bytes) : new InflaterInputStream(bytes)) {
            var out = new ByteArrayOutputStream();
            in.transferTo(out);
            return out.toByteArray();
        }
    }

    private static Value parse(byte[] bytes) throws IOException {
        var reader = new RData(new ByteArrayInputStream(bytes));
        if (reader.in.readByte() != 'X' || reader.in.readByte() != '\n') {
            throw new DataException("an R object is not serialised as XDR");
        }
        int version = reader.in.readInt();
        reader.in.readInt();
        reader.in.readInt();
        if (version == 3) {
            reader.in.skipNBytes(reader.in.readInt()); // the encoding
        } else if (version != 2) {
            throw new DataException("an R object is serialised as version " + version + ", not 2 or 3");
        }
        return reader.item();
    }

    private Value item() throws IOException {
        if (++depth > MOST_DEPTH) {
            throw new DataException("an R object is nested too deep");
        }
        try {
            return item(in.readInt());
        } finally {
            depth--;
        }
    }

    private Value item(int flags) throws IOException {
        int type = flags & 0xff;
        return switch (type) {
            case 254, 253, 252, 251, 242, 241 -> new Value(null, Map.of()); // nothing, or an environment that R knows
            case 255 -> {
                int at = flags >> 8 == 0 ? in.readInt() : flags >> 8;
                yield new Value(at >= 1 && at <= symbols.size() ? symbols.get(at - 1) : null, Map.of());
            }
            case 1 -> {
                String name = String.valueOf(item().content());
                symbols.add(name);
                yield new Value(name, Map.of());
            }
            case 2 -> pairs(flags);
            case 9 -> word();
            case 10, 13 -> {
                var ints = new int[length()];
                for (int i = 0; i < ints.length; i++) {
                    ints[i] = in.readInt();
                }
                yield attributed(ints, flags);
            }
            case 14 -> {
                var reals = new double[length()];
                for (int i = 0; i < reals.length; i++) {
                    reals[i] = in.readDouble();
                }
                yield attributed(reals, flags);
            }
            case 16 -> {
                var words = new String[length()];
                for (int i = 0; i < words.length; i++) {
                    words[i] = String.valueOf(item().content());
                }
                yield attributed(words, flags);
            }
            case 19 -> {
                var list = new Object[length()];
                for (int i = 0; i < list.length; i++) {
                    list[i] = item();
                }
                yield attributed(list, flags);
            }
            case 238 -> alternative();
            default ->
                throw new DataException("an R object is of type " + type + ", which data frames are not made of");
        };
    }

    private int length() throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new DataException("an R vector is said to have " + length + " elements");
        }
        return length;
    }

    private Value word() throws IOException {
        int length = in.readInt();
        if (length == -1) {
            return new Value(null, Map.of());
        }
        if (length < 0 || length > in.available()) {
            throw new DataException("an R string is said to have " + length + " bytes");
        }
        return new Value(new String(in.readNBytes(length), StandardCharsets.UTF_8), Map.of());
    }

    private Value attributed(Object content, int flags) throws IOException {
        return new Value(content, (flags & HAS_ATTRIBUTES) == 0 ? Map.of() : item().attributes());
    }

    /** A list of pairs; as a value it has the pairs with tags as attributes, and all as its content. */
    private Value pairs(int first) throws IOException {
        var tagged = new LinkedHashMap<String, Value>();
        var all = new ArrayList<Object>();
        int flags = first;
        while ((flags & 0xff) == 2) {
            if ((flags & HAS_ATTRIBUTES) != 0) {
                item();
            }
            String tag = (flags & HAS_TAG) == 0 ? "" : String.valueOf(item().content());
            var value = item();
            all.add(value);
            if (!tag.isEmpty()) {
                tagged.put(tag, value);
            }
            flags = in.readInt();
        }
        item(flags); // the end
        return new Value(all.toArray(), tagged);
    }

    /** A vector in another guise: a sequence, or one that is wrapped. */
    private Value alternative() throws IOException {
        var about = item();
        var state = item();
        var attributes = item().attributes();
        String kind = about.content() instanceof Object[] list && list.length > 0 && list[0] instanceof Value name
                ? String.valueOf(name.content())
                : "";
        if (kind.equals("compact_intseq") && state.content() instanceof double[] sequence) {
            var ints = new int[(int) sequence[0]];
            java.util.Arrays.setAll(ints, i -> (int) (sequence[1] + i * sequence[2]));
            return new Value(ints, attributes);
        }
        if (kind.startsWith("wrap_")
                && state.content() instanceof Object[] wrapped
                && wrapped.length > 0
                && wrapped[0] instanceof Value inner) {
            return new Value(inner.content(), attributes.isEmpty() ? inner.attributes() : attributes);
        }
        throw new DataException("an R vector is kept as '" + kind + "', which is not known here");
    }
}
