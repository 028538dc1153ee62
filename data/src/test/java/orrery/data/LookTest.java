package orrery.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;
import orrery.data.ReadOptions.Numbers;
import orrery.data.ReadOptions.Role;

/** What is found out about a file is right, said, and the same in every line. */
final class LookTest {
    @TempDir
    Path folder;

    private Loaded read(String name, String text, ReadOptions options) throws IOException {
        return Data.parse(Files.writeString(folder.resolve(name), text), options, null, true);
    }

    private Loaded read(String text) throws IOException {
        return read("a.csv", text, ReadOptions.defaults());
    }

    private static List<String> roles(Loaded loaded) {
        return loaded.reading().columns().stream()
                .map(column -> column.name() + " " + column.role())
                .toList();
    }

    // Headers

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1;label,a,b/1,2,3/0,3,4",
                "1;kind,color/x,red/y,red/x,blue/y,blue/x,red/x,blue", // words that do not come again
                "1;id,1999,2000/3,5,6/4,7,8/9,1,2", // years
                "1;,0,1,2/0,1.5,2.5,1/1,2.5,3.5,0/2,3.5,1.5,1", // pandas, without names
                "1;0,1,2,3/1,1.5,2.5,1/0,2.5,3.5,0/1,3.5,1.5,1",
                "0;1,2,3/0,3,4/1,5,6",
                "0;y,n,y/n,n,y/y,y,n/n,y,n/y,n,n", // y is the name of many labels, and here a vote
                "0;red,small/blue,large/red,large/blue,small/red,small"
            })
    void headersAreFoundByComparison(String given) throws IOException {
        boolean isHeader = given.startsWith("1;");
        var lines = given.substring(2).split("/", -1);
        var loaded = read(String.join("\n", lines) + "\n");
        assertThat(loaded.schema().hasHeader()).isEqualTo(isHeader);
        assertThat(loaded.examples().size()).isEqualTo(lines.length - (isHeader ? 1 : 0));
        assertThat(loaded.reading().lines().getFirst()).contains(isHeader ? "header in the first line" : "header none");
    }

    @Test
    void indexColumnsAreLeftOutAndSaid() throws IOException {
        assertThat(roles(read(",x,label\n0,5,1\n1,6,0\n2,7,1\n")))
                .containsExactly("column 1 ignore", "x numeric", "label label");
        assertThat(roles(read("id,x,label\n1,5,1\n2,6,0\n3,7,1\n")))
                .containsExactly("id ignore", "x numeric", "label label");
        assertThat(roles(read(",x,label\n0,5,1\n1,6,0\n0,7,1\n"))) // as two tables one below the other have it
                .containsExactly("column 1 ignore", "x numeric", "label label");
        assertThat(roles(read("id,x,label\n1,5,1\n9,6,0\n3,7,1\n"))) // which does not count
                .containsExactly("id numeric", "x numeric", "label label");
        var ofR = read("\"x\",\"label\"\n\"a\",5,\"u\"\n\"b\",6,\"v\"\n\"c\",7,\"u\"\n");
        assertThat(roles(ofR)).containsExactly("column 1 ignore", "x numeric", "label label");
        assertThat(ofR.reading().columns().getFirst().about()).isEqualTo("index column");
    }

    @Test
    void equalNamesAreAnError() throws IOException {
        assertThatThrownBy(() -> read("label,x,x\n1,2,3\n0,3,4\n"))
                .hasMessage("a.csv:1: columns 2 and 3 are both named 'x': new data could not be matched by name; rename"
                        + " one, or --ignore 3");
        assertThat(read(
                                "a.csv",
                                "label,x,x\n1,2,3\n0,3,4\n",
                                ReadOptions.defaults().withRole("3", Role.IGNORE))
                        .schema()
                        .features())
                .isEqualTo(1);
    }

    // Delimiters, quotes, numbers

    @ParameterizedTest
    @ValueSource(strings = {",", ";", "\t", "|"})
    void delimitersAreFoundAndSaid(String delimiter) throws IOException {
        var loaded = read("label,a,b\n1,2,3\n0,3,4\n".replace(",", delimiter));
        assertThat(loaded.schema().features()).isEqualTo(2);
        assertThat(loaded.reading().facts()).containsKey("delimiter");
        assertThat(loaded.schema().dialect().delimiter()).isEqualTo(delimiter);
    }

    @Test
    void decimalCommasAreNumbersWhereSemicolonsDelimit() throws IOException {
        var loaded = read("label;x\n1;1,5\n0;-2,25\n1;3\n");
        assertThat(loaded.schema().columns().get(1).role()).isEqualTo(Role.NUMERIC);
        assertThat(loaded.schema().columns().get(1).original(0)).isCloseTo(0.75, within(1e-9));
        assertThat(loaded.reading().facts()).containsKey("decimal comma");
        assertThatThrownBy(() -> read("label,x\n1,\"1,5\"\n0,\"2,5\"\n1,\"3,5\"\n"))
                .hasMessageContaining("column 'x' holds numbers such as '1,5'");
        assertThatThrownBy(() -> read("label;x\n1;1.234,5\n0;2.234,5\n1;3.000,5\n"))
                .hasMessageContaining("column 'x' holds numbers such as '1.234,5'");
    }

    @Test
    void tabsAndQuotes() throws IOException {
        var written = read("x.tsv", "\"label\"\t\"x\"\n\"yes\"\t1\n\"no\"\t2\n", ReadOptions.defaults());
        assertThat(written.schema().classes()).containsExactly("no", "yes");
        var texts = read(
                "y.tsv",
                "1\t\"Alien\" is a film of great and lasting fear\n0\tits sequel, \"Aliens, is not so good at all\n",
                ReadOptions.defaults().withRole("1", Role.LABEL).withRole("2", Role.TEXT));
        assertThat(texts.examples().size()).isEqualTo(2);
        assertThat(texts.schema().dialect().quotes()).isFalse();
    }

    // Missing values, and values that contradict

    @Test
    void missingNumbersStayNumbers() throws IOException {
        for (var missing : List.of("", " ", "NA", "N/A", "?", "NaN", "nan", "null", "None", " NA ")) {
            var loaded = read("label,x\n1,1\n0,3\n1," + missing + "\n0,5\n");
            assertThat(roles(loaded)).as(missing).containsExactly("label label", "x numeric");
            assertThat(loaded.reading().columns().get(1).about()).isEqualTo("1 missing");
            var cursor = loaded.examples().cursor();
            cursor.move(2);
            assertThat(cursor.to() - cursor.from()).isZero(); // of standardised columns, the mean
        }
        var asked =
                new TextOptions(Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(List.of("", "-999")));
        var loaded = read(
                "a.csv",
                "label,x\n1,1\n0,3\n1,-999\n0,5\n",
                ReadOptions.defaults().with(asked));
        assertThat(loaded.schema().columns().get(1).original(0)).isCloseTo(3, within(1e-9));
        var raw = read(
                "a.csv", "label,x\n1,1\n0,3\n1,\n0,5\n", ReadOptions.defaults().with(Numbers.RAW));
        var cursor = raw.examples().cursor();
        cursor.move(2);
        assertThat(cursor.values()[cursor.from()]).isEqualTo(3); // the mean
    }

    /** Whether a value is missing is a feature where it goes with the label, and only there. */
    @Test
    void missingValuesThatTellGetAFeature() throws IOException {
        var telling = new StringBuilder("label,x,z\n");
        var silent = new StringBuilder("label,x,z\n");
        for (int i = 0; i < 400; i++) {
            telling.append(i % 2)
                    .append(',')
                    .append(i % 2 == 1 && i % 3 > 0 ? "" : i % 7)
                    .append(",1\n");
            silent.append(i % 2).append(',').append(i % 4 / 2 == 1 ? "" : i % 7).append(",1\n");
        }
        var with = read(telling.toString());
        assertThat(with.schema().features()).isEqualTo(3);
        assertThat(with.schema().featureName(2)).isEqualTo("x is missing");
        assertThat(with.reading().columns().get(1).about()).contains("an indicator feature");
        assertThat(read(silent.toString()).schema().features()).isEqualTo(2);
        var again = Data.parse(
                Files.writeString(folder.resolve("b.csv"), "x,z\n,1\n5,1\n"),
                ReadOptions.defaults(),
                with.schema(),
                false);
        var cursor = again.examples().cursor();
        cursor.move(0);
        assertThat(Arrays.copyOfRange(cursor.indices(), cursor.from(), cursor.to()))
                .contains(2);
        cursor.move(1);
        assertThat(Arrays.copyOfRange(cursor.indices(), cursor.from(), cursor.to()))
                .doesNotContain(2);
    }

    /** The same value means the same in every line, or is an error with its line. */
    @Test
    void lateValuesAreTakenAsEarlyOnes() throws IOException {
        var text = new StringBuilder("label,x\n");
        for (int i = 0; i < 10_000; i++) {
            text.append(i % 2).append(',').append(i).append('\n');
        }
        assertThat(roles(read(text + "1,NA\n"))).containsExactly("label label", "x numeric");
        assertThatThrownBy(() -> read(text + "1,far\n"))
                .hasMessage("a.csv:10002: column 'x': expected a number, found 'far'; if that stands for no value:"
                        + " --missing 'far', if the column holds categories: --categorical 'x'");
        assertThatThrownBy(() -> read(text.toString().replace("\n1,11\n", "\n1,far\n")))
                .hasMessageContaining("a.csv:13: column 'x' holds numbers, and here 'far'");
        var categories = ReadOptions.defaults().withRole("x", Role.CATEGORICAL);
        assertThat(read("a.csv", text + "1,far\n", categories).examples().size())
                .isEqualTo(10_001);
    }

    @Test
    void labelsThatAreCodesStayCodes() throws IOException {
        assertThat(read("label,x\n007,1\n010,2\n007,3\n").schema().classes()).containsExactly("007", "010");
        assertThatThrownBy(() -> read("label,x\n7,1\nNA,2\n"))
                .hasMessageContaining("a.csv:3: column 'label': the label is");
    }

    @Test
    void aCategoryIsTheSameWithAFractionOfZero() throws IOException {
        var options = ReadOptions.defaults().withRole("c", Role.CATEGORICAL);
        var loaded = read("a.csv", "label,c\n1,3\n0,3.0\n1, 3 \n0,4\n", options);
        var cursor = loaded.examples().cursor();
        cursor.move(0);
        int three = cursor.indices()[cursor.from()];
        for (int i = 1; i < 3; i++) {
            cursor.move(i);
            assertThat(cursor.indices()[cursor.from()]).isEqualTo(three);
        }
        assertThat(loaded.reading().columns().get(1).about()).isEqualTo("2 values");
    }

    /** Seconds since 1970 keep their resolution, in training and in prediction. */
    @Test
    void columnsFarFromZeroKeepTheirResolution() throws IOException {
        var text = new StringBuilder("label,t\n");
        for (int i = 0; i < 1000; i++) {
            text.append(i % 2).append(',').append(1_700_000_000L + i).append('\n');
        }
        var loaded = read(text.toString());
        var again = Data.parse(folder.resolve("a.csv"), ReadOptions.defaults(), loaded.schema(), true);
        var cursor = loaded.examples().cursor();
        var other = again.examples().cursor();
        for (int i = 0; i < 1000; i++) {
            cursor.move(i);
            other.move(i);
            float value = cursor.values()[cursor.from()];
            assertThat(value).isCloseTo((float) ((i - 499.5) / 288.675), within(1e-4f));
            assertThat(other.values()[other.from()]).isEqualTo(value);
        }
    }

    // Containers and encodings

    /** Compresses. */
    @FunctionalInterface
    private interface Compression {
        OutputStream to(OutputStream out) throws IOException;
    }

    private static byte[] compressed(String text, Compression by) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = by.to(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gz", "bz2", "xz", "zst"})
    void compressedFilesAreReadWholeOrNotAtAll(String kind) throws IOException {
        Compression by = switch (kind) {
            case "gz" -> GZIPOutputStream::new;
            case "bz2" -> BZip2CompressorOutputStream::new;
            case "xz" -> out -> new XZOutputStream(out, new LZMA2Options());
            default -> com.github.luben.zstd.ZstdOutputStream::new;
        };
        var text = new StringBuilder("label,x\n");
        for (int i = 0; i < 5000; i++) {
            text.append(i % 2).append(',').append(i * 7919 % 1000).append('\n');
        }
        byte[] whole = compressed(text.toString(), by);
        var file = folder.resolve("x.csv." + kind);
        Files.write(file, whole);
        assertThat(Data.parse(file, ReadOptions.defaults(), null, true)
                        .examples()
                        .size())
                .isEqualTo(5000);
        var two = new ByteArrayOutputStream(); // members follow one another
        two.write(whole);
        two.write(compressed("1,2\n0,3\n", by));
        Files.write(file, two.toByteArray());
        assertThat(Data.parse(file, ReadOptions.defaults(), null, true)
                        .examples()
                        .size())
                .isEqualTo(5002);
        for (int less = 1; less < two.size() - whole.length; less++) { // cut within the second, wherever
            Files.write(file, Arrays.copyOf(two.toByteArray(), two.size() - less));
            assertThatThrownBy(() -> Data.parse(file, ReadOptions.defaults(), null, true))
                    .as("less " + less)
                    .hasMessageContaining("damaged or cut short");
        }
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> Data.parse(file, ReadOptions.defaults(), null, true))
                .hasMessageContaining("damaged or cut short");
        var garbage = new ByteArrayOutputStream();
        garbage.write(whole);
        garbage.write("this is no compressed member".getBytes(StandardCharsets.UTF_8));
        Files.write(file, garbage.toByteArray());
        assertThatThrownBy(() -> Data.parse(file, ReadOptions.defaults(), null, true))
                .isInstanceOf(DataException.class);
    }

    @Test
    void archivesHoldOneFile() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("a.csv"));
            zip.write("label,x\n1,2\n0,3\n".getBytes(StandardCharsets.UTF_8));
            zip.closeEntry();
        }
        var file = Files.write(folder.resolve("a.csv.zip"), bytes.toByteArray());
        assertThat(Data.parse(file, ReadOptions.defaults(), null, true)
                        .examples()
                        .size())
                .isEqualTo(2);
        byte[] whole = bytes.toByteArray();
        for (int less : new int[] {1, 5, 22, 60}) {
            Files.write(file, Arrays.copyOf(whole, whole.length - less));
            assertThatThrownBy(() -> Data.parse(file, ReadOptions.defaults(), null, true))
                    .as("less " + less)
                    .hasMessageContaining("damaged or cut short");
        }
        Files.write(file, Arrays.copyOf(whole, whole.length + 9));
        assertThatThrownBy(() -> Data.parse(file, ReadOptions.defaults(), null, true))
                .hasMessageContaining("damaged or cut short");
        bytes.reset();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.setComment("made by hand");
            zip.putNextEntry(new ZipEntry("a.csv"));
            zip.write("label,x\n1,2\n0,3\n1,4\n".getBytes(StandardCharsets.UTF_8));
        }
        Files.write(file, bytes.toByteArray());
        assertThat(Data.parse(file, ReadOptions.defaults(), null, true)
                        .examples()
                        .size())
                .isEqualTo(3);
        bytes.reset();
        try (var zip = new ZipOutputStream(bytes)) {
            for (var name : List.of("a.csv", "b.csv")) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write("label,x\n1,2\n0,3\n".getBytes(StandardCharsets.UTF_8));
            }
        }
        Files.write(file, bytes.toByteArray());
        assertThatThrownBy(() -> Data.parse(file, ReadOptions.defaults(), null, true))
                .hasMessageContaining("holds more than one file, such as 'b.csv'");
    }

    @Test
    void whatIsNoTextIsNamed() throws IOException {
        var file = folder.resolve("x.libsvm");
        Files.write(file, new byte[] {0x04, 0x22, 0x4d, 0x18, 1, 2, 3});
        assertThatThrownBy(() -> Data.parse(file, ReadOptions.defaults(), null, true))
                .hasMessageContaining("is compressed by lz4, which is not read");
        Files.write(file, new byte[] {'1', ' ', 0, 7, 0, 27});
        assertThatThrownBy(() -> Data.parse(file, ReadOptions.defaults(), null, true))
                .hasMessageContaining("is no text");
        Files.write(file, "1 1:2\n0 \u001b[31m:\u0007\n".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> Data.parse(file, ReadOptions.defaults(), null, true))
                .hasMessage(
                        "x.libsvm:2: expected index:value, found '\\u001b[31m:\\u0007'"); // no escapes to a terminal
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
    void charactersAreUtf8OrUtf16(String charset) throws IOException {
        var text = "\ufefflabel,größe,farbe\nžena,1.5,grün\nMüller,2.5,\ud83d\ude00\nžena,1,grün\n";
        var file = Files.write(folder.resolve("x.csv"), text.getBytes(Charset.forName(charset)));
        var loaded = Data.parse(file, ReadOptions.defaults(), null, true);
        assertThat(roles(loaded)).containsExactly("label label", "größe numeric", "farbe categorical");
        assertThat(loaded.schema().classes()).containsExactly("Müller", "žena");
        var bare = Files.write(folder.resolve("y.csv"), text.substring(1).getBytes(Charset.forName(charset)));
        assertThat(Data.parse(bare, ReadOptions.defaults(), null, true)
                        .examples()
                        .sum())
                .isEqualTo(loaded.examples().sum());
    }

    // Folders

    @Test
    void partFilesAreOneDataSet() throws IOException {
        var parts = Files.createDirectory(folder.resolve("parts.csv"));
        Files.writeString(parts.resolve("_SUCCESS"), "");
        Files.writeString(parts.resolve(".part-0.crc"), "x");
        Files.writeString(parts.resolve("part-0.csv"), "label,a,b\n1,2,u\n0,3,v\n");
        Files.writeString(parts.resolve("part-1.csv"), "");
        Files.writeString(parts.resolve("part-2.csv"), "b,label,a\nv,1,4\n");
        var all = Data.parse(parts, ReadOptions.defaults(), null, true);
        assertThat(all.examples().size()).isEqualTo(3);
        assertThat(all.reading().facts()).containsEntry("files", 4 - 1);
        var one = read("one.csv", "label,a,b\n1,2,u\n0,3,v\n1,4,v\n", ReadOptions.defaults());
        assertThat(all.schema().features()).isEqualTo(one.schema().features());
        Files.writeString(parts.resolve("part-3.csv"), "label,a,c\n1,2,u\n");
        assertThatThrownBy(() -> Data.parse(parts, ReadOptions.defaults(), null, true))
                .hasMessageContaining("parts.csv/part-3.csv:1: names the columns [label, a, c]");
        var svm = Files.createDirectory(folder.resolve("svm"));
        Files.writeString(svm.resolve("part-0"), "1 1:2\n0 2:3\n");
        Files.writeString(svm.resolve("part-1"), "1 3:2\n");
        assertThat(Data.parse(svm, ReadOptions.defaults(), null, true)
                        .examples()
                        .nonZeros())
                .isEqualTo(3);
    }

    // Libsvm

    @Test
    void conventionsOfIndicesArePartOfTheSchema() throws IOException {
        var fromOne = read("a.libsvm", "1 1:1\n0 2:1\n", ReadOptions.defaults());
        assertThat(fromOne.schema().firstIndex()).isEqualTo(1);
        var other = Files.writeString(folder.resolve("b.libsvm"), "1 0:1\n0 1:1\n");
        assertThatThrownBy(() -> Data.parse(other, ReadOptions.defaults(), fromOne.schema(), true))
                .hasMessageContaining("b.libsvm:1: found the feature 0, but the training data counts features from 1");
        assertThat(Data.parse(other, ReadOptions.defaults(), null, true)
                        .schema()
                        .firstIndex())
                .isZero();
    }

    @Test
    void featuresFarFromZeroAreCountedFromAnOrigin() throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < 2500; i++) {
            text.append(i % 2)
                    .append(" 1:")
                    .append(1_700_000_000L + i)
                    .append(" 2:")
                    .append(i % 3)
                    .append('\n');
        }
        text.append("1 2:1\n"); // where it is absent it is 0, as everywhere
        var loaded = read("a.libsvm", text.toString(), ReadOptions.defaults());
        var cursor = loaded.examples().cursor();
        for (int i = 0; i < 2500; i++) {
            cursor.move(i);
            assertThat(loaded.schema().original(1, cursor.values()[cursor.from()]))
                    .isEqualTo(1_700_000_000.0 + i);
        }
        cursor.move(2500);
        assertThat(loaded.schema().original(1, cursor.values()[cursor.from() + 1]))
                .isCloseTo(0, within(100.0));
        var out = new java.io.StringWriter();
        LibsvmFile.write(loaded.examples(), loaded.schema(), out);
        assertThat(out.toString().lines().limit(3))
                .containsExactly("0 1:1700000000", "1 1:1700000001 2:1", "0 1:1700000002 2:2");
    }

    // The cache

    @Test
    void theCacheKnowsContentByItsBytes() throws IOException {
        var data = new Data(Cache.in(folder.resolve("cache")), new Catalogue(folder));
        var file = Files.writeString(folder.resolve("a.csv"), "label,x\n1,2\n0,3\n");
        var time = Files.getLastModifiedTime(file);
        double due =
                data.read(file.toString(), ReadOptions.defaults()).examples().label(0);
        Files.writeString(file, "label,x\n0,2\n1,3\n"); // equal size and time
        Files.setLastModifiedTime(file, time);
        var other = data.read(file.toString(), ReadOptions.defaults());
        assertThat(other.examples().label(0)).isNotEqualTo(due);
        assertThat(other.reading().lines())
                .isEqualTo(data.read(file.toString(), ReadOptions.defaults())
                        .reading()
                        .lines());
        try (var entries = Files.walk(folder.resolve("cache"))) {
            for (var entry : entries.filter(Files::isRegularFile).toList()) {
                byte[] bytes = Files.readAllBytes(entry);
                for (int at = 8; at < bytes.length; at += 7) { // whichever byte is damaged, the file is parsed anew
                    bytes[at] ^= 1;
                    Files.write(entry, bytes);
                    bytes[at] ^= 1;
                    var again = data.read(file.toString(), ReadOptions.defaults());
                    assertThat(again.examples().sum())
                            .isEqualTo(other.examples().sum());
                    assertThat(again.schema()).isEqualTo(other.schema());
                    Files.write(entry, bytes);
                }
            }
        }
    }

    @Test
    void aCacheThatCannotBeWrittenCostsAWord() throws IOException {
        var blocked = Files.writeString(folder.resolve("blocked"), "a file, where a folder should be");
        var data = new Data(Cache.in(blocked), new Catalogue(folder));
        var file = Files.writeString(folder.resolve("a.csv"), "label,x\n1,2\n0,3\n");
        var loaded = data.read(file.toString(), ReadOptions.defaults());
        assertThat(loaded.examples().size()).isEqualTo(2);
        assertThat(loaded.reading().notes()).anyMatch(note -> note.contains("could not be kept"));
    }

    @Test
    void aDescriptionCountsWhatThereIs() throws IOException {
        Files.writeString(folder.resolve("a.csv"), "label,age,city,one\nu,1,x,5\nv,NA,y,5\nu,4,x,5\n");
        var data = new Data(Cache.none(), new Catalogue(folder));
        var described = data.describe(folder.resolve("a.csv").toString(), ReadOptions.defaults());
        assertThat(described.examples()).isEqualTo(3);
        var age = described.columns().getFirst();
        assertThat(age.count()).isEqualTo(2);
        assertThat(age.missing()).isEqualTo(1);
        assertThat(age.mean()).isCloseTo(2.5, within(1e-12));
        assertThat(age.min()).isEqualTo(1);
        assertThat(age.max()).isEqualTo(4);
        assertThat(described.columns().get(1).distinct()).isEqualTo(2);
        assertThat(described.columns().get(2).isConstant()).isTrue();
        assertThat(described.label().get("classes")).hasToString("{u=2, v=1}");
    }
}
