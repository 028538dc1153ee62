package orrery.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import de.siegmar.fastcsv.reader.CsvReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Delimited texts are taken apart as others take them apart, in one piece or in many. */
final class FieldsTest {
    private static List<List<String>> records(String text, Dialect dialect) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        return records(new Fields(new Scan(bytes, 0, bytes.length), dialect));
    }

    private static List<List<String>> records(Fields fields) {
        var records = new ArrayList<List<String>>();
        while (fields.nextRecord()) {
            var record = new ArrayList<String>();
            do {
                fields.read();
                record.add(fields.text());
            } while (fields.next());
            fields.endRecord();
            records.add(record);
        }
        return records;
    }

    /** The cases of the npm package csv-spectrum 2.0.0. */
    static Stream<Arguments> spectrum() {
        return Stream.of(
                Arguments.of(
                        "first,last,address,city,zip\nJohn,Doe,120 any st.,\"Anytown, WW\",08123\n",
                        List.of(
                                List.of("first", "last", "address", "city", "zip"),
                                List.of("John", "Doe", "120 any st.", "Anytown, WW", "08123"))),
                Arguments.of(
                        "a,b,c\n1,\"\",\"\"\n2,3,4",
                        List.of(List.of("a", "b", "c"), List.of("1", "", ""), List.of("2", "3", "4"))),
                Arguments.of(
                        "a,b,c\r\n1,\"\",\"\"\r\n2,3,4",
                        List.of(List.of("a", "b", "c"), List.of("1", "", ""), List.of("2", "3", "4"))),
                Arguments.of(
                        "a,b\n1,\"ha \"\"ha\"\" ha\"\n3,4\n",
                        List.of(List.of("a", "b"), List.of("1", "ha \"ha\" ha"), List.of("3", "4"))),
                Arguments.of(
                        "key,val\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"coordinates\"\": [102.0, 0.5]}\"\n",
                        List.of(
                                List.of("key", "val"),
                                List.of("1", "{\"type\": \"Point\", \"coordinates\": [102.0, 0.5]}"))),
                Arguments.of(
                        "Contact Phone Number,Location Coordinates,Cities,Counties\n"
                                + "2095257564,37\ufffd36'37.8\"N 121\ufffd2'17.9\"W,Modesto,Stanislaus",
                        List.of(
                                List.of("Contact Phone Number", "Location Coordinates", "Cities", "Counties"),
                                List.of(
                                        "2095257564",
                                        "37\ufffd36'37.8\"N 121\ufffd2'17.9\"W",
                                        "Modesto",
                                        "Stanislaus"))),
                Arguments.of(
                        "a,b,c\n1,2,3\n\"Once upon \na time\",5,6\n7,8,9\n",
                        List.of(
                                List.of("a", "b", "c"),
                                List.of("1", "2", "3"),
                                List.of("Once upon \na time", "5", "6"),
                                List.of("7", "8", "9"))),
                Arguments.of(
                        "a,b,c\r\n1,2,3\r\n\"Once upon \r\na time\",5,6\r\n7,8,9\r\n",
                        List.of(
                                List.of("a", "b", "c"),
                                List.of("1", "2", "3"),
                                List.of("Once upon \r\na time", "5", "6"),
                                List.of("7", "8", "9"))),
                Arguments.of(
                        "a,b\n1,\"ha \n\"\"ha\"\" \nha\"\n3,4\n",
                        List.of(List.of("a", "b"), List.of("1", "ha \n\"ha\" \nha"), List.of("3", "4"))),
                Arguments.of("a,b,c\n1,2,3\n", List.of(List.of("a", "b", "c"), List.of("1", "2", "3"))),
                Arguments.of("a,b,c\r\n1,2,3\r\n", List.of(List.of("a", "b", "c"), List.of("1", "2", "3"))),
                Arguments.of(
                        "a,b,c\n1,2,3\n4,5,\u02a4",
                        List.of(List.of("a", "b", "c"), List.of("1", "2", "3"), List.of("4", "5", "\u02a4"))));
    }

    @ParameterizedTest
    @MethodSource("spectrum")
    void theSpectrumOfCsv(String text, List<List<String>> due) {
        assertThat(records(text, Dialect.CSV)).isEqualTo(due);
    }

    private static final String[] PIECES = {
        "a",
        "12",
        "-3.5e4",
        "Zürich",
        "15\" screen",
        "it's",
        " blank before",
        "blank after ",
        "NA",
        "",
        "",
        "\ud83d\ude00",
        "#x"
    };
    private static final String[] QUOTED = {
        "a,b", "two\nlines", "two\r\nlines", "cr\rhere", "\"", "say \"\"", "", "plain"
    };
    private static final String[] ENDS = {"\n", "\r\n", "\r"};

    /** A text of random fields, none of whose lines is empty. */
    private static String text(SplittableRandom random, char delimiter) {
        var text = new StringBuilder();
        boolean isMixed = random.nextBoolean();
        String end = ENDS[random.nextInt(3)];
        int width = 2 + random.nextInt(4);
        for (int row = 0, rows = 1 + random.nextInt(30); row < rows; row++) {
            for (int c = 0; c < width; c++) {
                text.append(c == 0 ? "" : String.valueOf(delimiter));
                if (random.nextInt(3) == 0) {
                    String inner = QUOTED[random.nextInt(QUOTED.length)].replace(',', delimiter);
                    text.append('"').append(inner.replace("\"", "\"\"")).append('"');
                } else {
                    text.append(PIECES[random.nextInt(PIECES.length)]);
                }
            }
            text.append(isMixed ? ENDS[random.nextInt(3)] : end);
        }
        if (random.nextBoolean() && text.length() > 1 && !text.toString().endsWith("\r\n")) {
            text.setLength(text.length() - 1);
        }
        return text.toString();
    }

    /** FastCSV reads the same fields; quotes within plain fields included. */
    @RepeatedTest(400)
    void fieldsAreThoseOfFastCsv(RepetitionInfo repetition) throws Exception {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        char delimiter = ",;\t|".charAt(random.nextInt(4));
        String text = text(random, delimiter);
        var due = new ArrayList<List<String>>();
        try (var reader = CsvReader.builder().fieldSeparator(delimiter).ofCsvRecord(text)) {
            for (var record : reader) {
                due.add(record.getFields());
            }
        }
        var dialect = Dialect.CSV.withDelimiter(String.valueOf(delimiter));
        assertThat(records(text, dialect)).as(text).isEqualTo(due);
    }

    /** However a text is cut, by its cutter, the pieces hold its records; and lines are counted through them. */
    @RepeatedTest(400)
    void cuttersCutWhereRecordsEnd(RepetitionInfo repetition) {
        var random = new SplittableRandom(1000 + repetition.getCurrentRepetition());
        boolean hasQuotes = random.nextInt(4) != 0;
        char delimiter = ",;\t| ".charAt(random.nextInt(5));
        var dialect = Dialect.CSV.withDelimiter(String.valueOf(delimiter)).withQuotes(hasQuotes);
        String text = text(random, delimiter);
        var all = text.getBytes(StandardCharsets.UTF_8);
        List<List<String>> due;
        try {
            due = records(text, dialect);
        } catch (BadLine bad) {
            return; // such as blanks around a field that a quote begins: an error in one piece and in many
        }
        var cutter = Fields.cutter(dialect);
        int size = 1 + random.nextInt(60);
        var records = new ArrayList<List<String>>();
        long lines = 0;
        int from = 0;
        while (from < all.length) {
            int length = size;
            int end = 0;
            while (end == 0) {
                int to = Math.min(all.length, from + length);
                var chunk = java.util.Arrays.copyOfRange(all, from, to);
                end = to == all.length ? chunk.length : cutter.lastEnd(chunk, chunk.length);
                length *= 2;
            }
            var fields = new Fields(new Scan(java.util.Arrays.copyOfRange(all, from, from + end), 0, end), dialect);
            records.addAll(records(fields));
            lines += fields.scan.line;
            from += end;
        }
        assertThat(records).as(text).isEqualTo(due);
        var whole = new Fields(new Scan(all, 0, all.length), dialect);
        records(whole);
        assertThat(lines).as(text).isEqualTo(whole.scan.line);
    }

    @Test
    void blanksAroundQuotesMeanNothing() {
        assertThat(records("1, \"a, b\" ,x\n", Dialect.CSV)).containsExactly(List.of("1", "a, b", "x"));
        assertThat(records("1;\t\"a\"\t;x\n", Dialect.CSV.withDelimiter(";"))).containsExactly(List.of("1", "a", "x"));
    }

    @Test
    void blanksMayBeTheDelimiter() {
        var blanks = Dialect.CSV.withDelimiter(Dialect.BLANKS);
        assertThat(records("  a   b\tc  \n\n\"d e\" f   \"\"\r\n", blanks))
                .containsExactly(List.of("a", "b", "c"), List.of("d e", "f", ""));
    }

    @Test
    void twoColonsMayBeTheDelimiter() {
        var colons = Dialect.CSV.withDelimiter("::");
        assertThat(records("1::a:b::c\n2::::\"x::y\"\n", colons))
                .containsExactly(List.of("1", "a:b", "c"), List.of("2", "", "x::y"));
    }

    @Test
    void commentsBeginWithAMarkAndABlank() {
        var comments = Dialect.CSV.withDelimiter("\t").withComments(true);
        assertThat(records("# \"a comment\n#java\t#spark\n%\n%% also\nx\ty\n", comments))
                .containsExactly(List.of("#java", "#spark"), List.of("x", "y"));
    }

    @Test
    void whatFollowsAQuoteIsAnError() {
        assertThatThrownBy(() -> records("a,b\n1,\"x\"y\n", Dialect.CSV))
                .isInstanceOf(BadLine.class)
                .hasMessageContaining("behind the closing quote, found 'y'");
        assertThatThrownBy(() -> records("a,b\n1,\"x\n", Dialect.CSV))
                .isInstanceOf(BadLine.class)
                .hasMessageContaining("a quoted field has no end");
        assertThat(records("a,b\n1,\"x\"y\n", Dialect.CSV.withQuotes(false)))
                .containsExactly(List.of("a", "b"), List.of("1", "\"x\"y"));
    }
}
