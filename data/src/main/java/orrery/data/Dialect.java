package orrery.data;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;

/**
 * How a delimited text is written. Lines end with LF, CR or CRLF, whichever comes. Immutable.
 *
 * @param delimiter what stands between two fields: one ASCII character, {@code ::}, or {@link #BLANKS}
 * @param quotes whether a field that begins with a double quote ends with one, as in RFC 4180; if not, a quote is a
 *     character like others
 * @param decimalComma whether a comma stands before the fraction of a number
 * @param comments whether lines that begin with # or %, and a blank or the same again, are passed over
 * @param missing fields that stand for no value; blanks around a field do not count
 */
public record Dialect(String delimiter, boolean quotes, boolean decimalComma, boolean comments, List<String> missing)
        implements Serializable {
    /** The delimiter of fields between which there is any number of spaces and tabs. */
    public static final String BLANKS = " ";

    /** Fields that stand for no value, if nothing else is said. */
    public static final List<String> MISSING = List.of(
            "", "NA", "N/A", "n/a", "#N/A", "<NA>", "?", "NaN", "nan", "NAN", "null", "NULL", "None", "none", "\\N");

    /** Comma-separated, as RFC 4180 has it. */
    public static final Dialect CSV = new Dialect(",", true, false, false, MISSING);

    /** The same where only an empty field stands for no value, as in the columns of data frames, which have nulls. */
    static final Dialect OF_ROWS = new Dialect(",", true, false, false, List.of(""));

    public Dialect {
        missing = List.copyOf(missing);
        if (!isDelimiter(delimiter)) {
            throw new IllegalArgumentException(
                    "the delimiter must be one ASCII character that is no quote and no letter or digit, '::' or a"
                            + " space, got '" + delimiter + "'");
        }
    }

    /** Whether it can separate fields. */
    static boolean isDelimiter(String delimiter) {
        return delimiter.equals("::")
                || (delimiter.length() == 1
                        && delimiter.charAt(0) < 127
                        && !Character.isLetterOrDigit(delimiter.charAt(0))
                        && "\"\n\r.-+".indexOf(delimiter.charAt(0)) < 0);
    }

    /** The same with another delimiter. */
    Dialect withDelimiter(String other) {
        return new Dialect(other, quotes, decimalComma, comments, missing);
    }

    Dialect withQuotes(boolean has) {
        return new Dialect(delimiter, has, decimalComma, comments, missing);
    }

    Dialect withDecimalComma(boolean has) {
        return new Dialect(delimiter, quotes, has, comments, missing);
    }

    Dialect withComments(boolean has) {
        return new Dialect(delimiter, quotes, decimalComma, has, missing);
    }

    boolean isBlanks() {
        return delimiter.equals(BLANKS);
    }

    char point() {
        return decimalComma ? ',' : '.';
    }

    /** Whether a field stands for no value. */
    boolean isMissing(String field) {
        return missing.contains(field.strip());
    }

    /** For people: what stands between fields. */
    public String delimiterName() {
        return switch (delimiter) {
            case "," -> "comma";
            case ";" -> "semicolon";
            case "\t" -> "tab";
            case "|" -> "bar";
            case BLANKS -> "blanks";
            default -> "'" + delimiter + "'";
        };
    }

    /** Reads what a person says for a delimiter: the character, or a name such as {@code tab}. */
    public static String parseDelimiter(String said) {
        return switch (said.toLowerCase(Locale.ROOT)) {
            case "comma" -> ",";
            case "semicolon" -> ";";
            case "tab", "\\t" -> "\t";
            case "bar", "pipe" -> "|";
            case "space", "blanks", "blank" -> BLANKS;
            case "colon" -> ":";
            default -> said;
        };
    }
}
