package orrery.engine.keep;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * What a run is of: equal in all who take part in it, and in a run that goes on with it. Immutable.
 *
 * @param values by name, such as workers, seed and {@link #DATA}
 * @param files by file that was read, a sum of it: which file it is, where {@link #DATA} differs. Files that differ where the
 *     data does not (in a comment, or in how they are compressed) are no difference
 * @param own a sum of what this member alone reads, where each has a part of the data: the same in all its lives; empty where
 *     all read all
 */
public record Identity(SortedMap<String, String> values, SortedMap<String, String> files, String own) {
    /** The name of the sum of all that a run learns from. */
    public static final String DATA = "data";

    private static final String ABSENT = "not set";
    private static final int LONGEST = 400; // characters of a value; of longer ones a sum stands for the rest
    private static final int MOST_OF_FILES = 30_000; // characters: an identity travels in one frame

    /** Of nothing that is known. */
    public static final Identity NONE = new Identity(new TreeMap<>(), new TreeMap<>(), "");

    public Identity {
        var shortened = new TreeMap<>(values);
        shortened.replaceAll((name, value) -> shortened(value));
        values = Collections.unmodifiableSortedMap(shortened);
        var first = new TreeMap<String, String>();
        int length = 0;
        for (var file : files.entrySet()) {
            length += file.getKey().length() + file.getValue().length();
            if (length <= MOST_OF_FILES) {
                first.put(file.getKey(), file.getValue());
            }
        }
        files = Collections.unmodifiableSortedMap(first);
    }

    private static String shortened(String value) {
        if (value.length() <= LONGEST) {
            return value;
        }
        var crc = new CRC32C();
        crc.update(value.getBytes(StandardCharsets.UTF_8));
        int end = Character.isHighSurrogate(value.charAt(LONGEST / 2 - 1)) ? LONGEST / 2 - 1 : LONGEST / 2;
        return String.format("%s... (crc32c:%08x)", value.substring(0, end), crc.getValue());
    }

    /** The same with more values; a name that is there gets the new one. */
    public Identity with(Map<String, String> more) {
        var all = new TreeMap<>(values);
        all.putAll(more);
        return new Identity(all, files, own);
    }

    /** The same, learned from these files. */
    public Identity of(Map<String, String> sums) {
        return new Identity(values, new TreeMap<>(sums), own);
    }

    /** The same of a member that reads a part of the data, with this sum. */
    public Identity ofPart(String sum) {
        return new Identity(values, files, sum);
    }

    /** A value that is not the same in both. */
    record Difference(String name, String is, String due) {}

    /** The first difference from what is due, if there is one; data first, from which others follow. */
    Optional<Difference> from(Identity due) {
        String is = values.getOrDefault(DATA, ABSENT);
        String expected = due.values.getOrDefault(DATA, ABSENT);
        return is.equals(expected) ? difference(values, due.values) : Optional.of(new Difference(DATA, is, expected));
    }

    private static Optional<Difference> difference(Map<String, String> is, Map<String, String> due) {
        var names = new TreeMap<>(due);
        names.putAll(is);
        for (var name : names.keySet()) {
            var found = is.getOrDefault(name, ABSENT);
            var expected = due.getOrDefault(name, ABSENT);
            if (!found.equals(expected)) {
                return Optional.of(new Difference(name, found, expected));
            }
        }
        return Optional.empty();
    }

    /** What somebody who should take part in a run of identity {@code due} has of his own, in words; empty if nothing. */
    public Optional<String> foreignTo(Identity due) {
        var different = from(due);
        if (different.isEmpty()) {
            return Optional.empty();
        }
        var first = different.get();
        if (!first.name.equals(DATA)) {
            return Optional.of(
                    "belongs to another run: its " + first.name + " is " + first.is + ", expected " + first.due);
        }
        var file = difference(files, due.files).orElse(new Difference("the data", first.is, first.due));
        return Optional.of("reads other data than the run: " + file.name + " has sum " + file.is + ", expected "
                + file.due + "; restore the file as it was when the run began and resume, or start a new run");
    }
}
