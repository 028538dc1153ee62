package orrery.deep.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import orrery.data.DataException;
import orrery.deep.layer.KeyBags;
import orrery.deep.train.NetData;
import orrery.store.Place;

/**
 * A text, cut into examples of so many characters. The key of a step is its character's number; the class of a step is the number of the
 * character after it. Characters are Unicode's code points, numbered in their order; the last number is that of all characters that the
 * training text does not have. Immutable.
 */
public final class TextData implements NetData {
    private static final long serialVersionUID = 1;

    /** The format of the schema of models of texts. */
    public static final String FORMAT = "characters";

    /** The name of all characters that the training text does not have. */
    public static final String OTHER = "\ufffd";

    private static final int MOST = Character.MAX_VALUE;

    private final String where;
    private final String[] characters;
    private final char[] text; // numbers of characters
    private final int steps;
    private final int unknown;

    private TextData(String where, List<String> characters, char[] text, int steps, int unknown) {
        this.where = where;
        this.characters = characters.toArray(String[]::new);
        this.text = text;
        this.steps = steps;
        this.unknown = unknown;
    }

    /**
     * Reads a text in UTF-8; of a name that ends in .gz, it is unpacked.
     *
     * @throws DataException if it is not UTF-8
     */
    public static String read(String name) throws IOException {
        try (var in = new Place(name).open()) {
            var bytes = unpacked(name, in).readAllBytes();
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT)
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
            } catch (CharacterCodingException e) {
                throw new DataException(name + ": is not text in UTF-8; convert it, such as by iconv -t UTF-8", e);
            }
        }
    }

    private static InputStream unpacked(String name, InputStream in) throws IOException {
        return name.endsWith(".gz") ? new GZIPInputStream(in) : in;
    }

    /** The characters of a text in their order, and {@link #OTHER}. */
    public static List<String> characters(String text) throws DataException {
        var found = new ArrayList<>(text.codePoints()
                .distinct()
                .sorted()
                .mapToObj(Character::toString)
                .filter(character -> !character.equals(OTHER))
                .toList());
        found.add(OTHER);
        if (found.size() > MOST) {
            throw new DataException("the text has " + found.size() + " different characters, more than " + MOST);
        }
        return found;
    }

    /**
     * A text as examples.
     *
     * @param where it comes from, for messages
     * @param steps characters of an example
     * @param characters of the training text
     * @throws DataException if it is shorter than an example
     */
    public static TextData of(String where, String text, int steps, List<String> characters) throws DataException {
        var numbers = new HashMap<Integer, Integer>();
        for (int i = 0; i < characters.size(); i++) {
            numbers.put(characters.get(i).codePointAt(0), i);
        }
        int other = characters.size() - 1;
        int[] codes = text.codePoints().toArray();
        var all = new char[codes.length];
        int unknown = 0;
        for (int i = 0; i < codes.length; i++) {
            int number = numbers.getOrDefault(codes[i], other);
            all[i] = (char) number;
            unknown += number == other ? 1 : 0;
        }
        if (all.length <= steps) {
            throw new DataException(where + ": has " + all.length + " characters, and an example takes " + steps
                    + " and the one after them");
        }
        return new TextData(where, characters, all, steps, unknown);
    }

    /** The first part, and the rest, such as to test on. */
    public record Split(TextData first, TextData rest) {}

    /**
     * Cuts the text in two.
     *
     * @param part of the text that is the second
     * @throws DataException if one of them is shorter than an example
     */
    public Split split(double part) throws DataException {
        int at = (int) (text.length * (1 - part));
        if (at <= steps || text.length - at <= steps) {
            throw new DataException(where + ": " + part + " of " + text.length
                    + " characters leaves less than an example, " + steps + " characters, on one side");
        }
        return new Split(
                new TextData(where, characters(), Arrays.copyOf(text, at), steps, unknown),
                new TextData(where, characters(), Arrays.copyOfRange(text, at, text.length), steps, unknown));
    }

    /** The numbers' characters. */
    public List<String> characters() {
        return List.of(characters);
    }

    @Override
    public long size() {
        return (text.length - 1L) / steps;
    }

    @Override
    public double label(long example) {
        throw new UnsupportedOperationException("a text has a class at each step");
    }

    @Override
    public String sum() {
        var crc = new CRC32C();
        for (char c : text) {
            crc.update(c);
            crc.update(c >>> Byte.SIZE);
        }
        return String.format("crc32c:%08x", crc.getValue());
    }

    @Override
    public Cursor cursor() {
        return new Cursor() {
            @Override
            public void put(long example, float[] to, @Nullable SplittableRandom random) {
                Arrays.fill(to, 0);
            }

            @Override
            public void keys(long example, KeyBags to) {
                int from = Math.toIntExact(example * steps);
                for (int i = from; i < from + steps; i++) {
                    to.add(text[i], 1);
                    to.endBag();
                }
            }

            @Override
            public void steps(long example, int[] to, int at, int count) {
                int from = Math.toIntExact(example * steps) + 1;
                for (int i = 0; i < count; i++) {
                    to[at + i] = text[from + i];
                }
            }
        };
    }

    @Override
    public String toString() {
        return text.length + " characters, " + characters.length + " different ones; examples of " + steps
                + (unknown > 0 ? "; " + unknown + " that the training text does not have, taken as one" : "");
    }
}
