package orrery.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import orrery.data.ReadOptions.Role;

final class ReadersTest {
    @TempDir
    Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private Loaded read(String name, String text, ReadOptions options) throws IOException {
        return Data.parse(file(name, text), options, null, true);
    }

    private static String row(Examples examples, long i) {
        var cursor = examples.cursor();
        cursor.move(i);
        var text = new StringBuilder().append(cursor.label()).append(':');
        for (int k = cursor.from(); k < cursor.to(); k++) {
            text.append(' ').append(cursor.indices()[k]).append('=').append(cursor.values()[k]);
        }
        return text.toString();
    }

    @Test
    void libsvmAsItIsFoundInTheWild() throws IOException {
        var loaded = read(
                "a.libsvm",
                "+1 3:1 1:-2.5e-1  7:.5\r\n\n# a comment\n-1\t2:4 # more\n  0.5 0:1e3 5:0\n1",
                ReadOptions.defaults());
        var examples = loaded.examples();
        assertThat(examples.size()).isEqualTo(4);
        assertThat(examples.features()).isEqualTo(8);
        assertThat(row(examples, 0)).isEqualTo("1.0: 3=1.0 1=-0.25 7=0.5");
        assertThat(row(examples, 1)).isEqualTo("-1.0: 2=4.0");
        assertThat(row(examples, 2)).isEqualTo("0.5: 0=1000.0");
        assertThat(row(examples, 3)).isEqualTo("1.0:");
    }

    static Stream<Arguments> badFiles() {
        return Stream.of(
                Arguments.of("a.libsvm", "1 1:1\n1 17;0.5\n", "a.libsvm:2: expected index:value, found '17;0.5'"),
                Arguments.of("a.libsvm", "1 1:1\n\n\nx 1:1\n", "a.libsvm:4: expected a number as label, found 'x'"),
                Arguments.of("a.libsvm", "nan 1:1\n", "a.libsvm:1: expected a number as label, found 'nan'"),
                Arguments.of(
                        "a.libsvm",
                        "1e999 1:1\n",
                        "a.libsvm:1: a label must be within the range of a double, found '1e999'"),
                Arguments.of("a.libsvm", "1 1:nan\n", "a.libsvm:1: expected index:value, found '1:nan'"),
                Arguments.of(
                        "a.libsvm",
                        "1 1:1e60\n",
                        "a.libsvm:1: values must be within the range of a float, found '1:1e60'"),
                Arguments.of("a.libsvm", "1 -1:2\n", "a.libsvm:1: expected index:value, found '-1:2'"),
                Arguments.of("a.libsvm", "1 1:2x\n", "a.libsvm:1: expected index:value, found '1:2x'"),
                Arguments.of("a.libsvm", "1 1:\n", "a.libsvm:1: expected index:value, found '1:'"),
                Arguments.of(
                        "a.libsvm",
                        "1 99999999999:1\n",
                        "a.libsvm:1: the largest index is 2147483639, found '99999999999:1';"
                                + " --hash-bits 64 takes any number of 64 bits"),
                Arguments.of("a.libsvm", "# nothing\n", "a.libsvm: there are no examples in it"),
                Arguments.of("a.csv", "", "a.csv: there is nothing in it"),
                Arguments.of("a.csv", "label,a\n1,2\n1,2,3\n", "a.csv:3: expected 2 fields, found more"),
                Arguments.of("a.csv", "label,a\n1,2\n1\n", "a.csv:3: expected 2 fields, found 1"),
                Arguments.of(
                        "a.csv",
                        "label,a\n1,2\n,3\n",
                        "a.csv:3: column 'label': the label is empty; leave the line out"),
                Arguments.of(
                        "a.csv",
                        "label,a\n1,\"2\n",
                        "a.csv:2: a quoted field has no end; if quotes are plain characters here: --no-quotes"),
                Arguments.of(
                        "a.csv",
                        "label,a\n1,\"2\"3\n",
                        "a.csv:2: expected comma or the line's end behind the closing quote, found '3'; if quotes are plain characters here: --no-quotes"),
                Arguments.of(
                        "a.csv",
                        "a b\n1 2\n",
                        "a.csv: no column is left for features, only the label of [1]; is another --delimiter between the fields?"));
    }

    @ParameterizedTest(name = "{2}")
    @MethodSource("badFiles")
    void badFilesAreToldByLine(String name, String text, String message) {
        assertThatThrownBy(() -> read(name, text, ReadOptions.defaults()))
                .isInstanceOf(DataException.class)
                .hasMessage(message);
    }

    @Test
    void linesAreCountedAcrossChunks() throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < 1_200_000; i++) {
            text.append("1 1:1 2:3\n"); // 12 MB: three chunks
        }
        text.append("1 oops\n");
        file("big.libsvm", text.toString());
        assertThatThrownBy(() -> Data.parse(folder.resolve("big.libsvm"), ReadOptions.defaults(), null, true))
                .hasMessage("big.libsvm:1200001: expected index:value, found 'oops'");
    }

    /** Many threads, or one: the same examples in the same order; plain, or compressed. */
    @Test
    void threadsAndCompressionChangeNothing() throws IOException {
        var random = new SplittableRandom(3);
        var text = new StringBuilder();
        for (int i = 0; i < 200_000; i++) {
            text.append(i % 3);
            for (int k = 0, n = random.nextInt(6); k < n; k++) {
                text.append(' ').append(random.nextInt(1000)).append(':').append((float) random.nextGaussian());
            }
            text.append('\n');
        }
        var bytes = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.toString().getBytes(StandardCharsets.UTF_8));
        }
        Files.write(folder.resolve("x.libsvm.gz"), bytes.toByteArray());
        var one = read("x.libsvm", text.toString(), ReadOptions.defaults().withThreads(1))
                .examples();
        var four = Data.parse(
                        folder.resolve("x.libsvm.gz"), ReadOptions.defaults().withThreads(4), null, true)
                .examples();
        assertThat(four.sum()).isEqualTo(one.sum());
        assertThat(four.size()).isEqualTo(200_000);
        Files.write(folder.resolve("cut.libsvm.gz"), Arrays.copyOf(bytes.toByteArray(), bytes.size() / 2));
        assertThatThrownBy(() -> Data.parse(folder.resolve("cut.libsvm.gz"), ReadOptions.defaults(), null, true))
                .hasMessageContaining("cut.libsvm.gz: the compressed file is damaged or cut short");
    }

    @RepeatedTest(50)
    void numbersAreParsedAsTheJdkDoes(RepetitionInfo seed) {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        for (int i = 0; i < 200; i++) {
            String text = switch (random.nextInt(5)) {
                case 0 -> String.valueOf(random.nextInt());
                case 1 -> String.valueOf((float) random.nextGaussian());
                case 2 -> String.valueOf(Double.longBitsToDouble(random.nextLong() & 0x43ffffffffffffffL));
                case 3 -> random.nextInt(1000) + "." + random.nextInt(1_000_000) + "e" + random.nextInt(-30, 30);
                default -> (random.nextBoolean() ? "-." : "+") + random.nextLong(1L << 62);
            };
            var bytes = text.getBytes(StandardCharsets.UTF_8);
            var scan = new Scan(bytes, 0, bytes.length);
            float is = (float) scan.number();
            assertThat(scan.isAtEnd()).as(text).isTrue();
            float due = Float.parseFloat(text);
            // through a double: at worst the neighbour, where the double lies on the half
            assertThat(Math.abs(is - due)).as(text).isLessThanOrEqualTo(Math.ulp(due));
        }
    }

    @Test
    void csvWithQuotesHeaderAndLineEndsInFields() throws IOException {
        var loaded = read(
                "a.csv",
                "color,size,target\r\n\"re\"\"d\",1,yes\r\n\"bl\nue\",3,no\r\n\"re\"\"d\",5,yes\r\n",
                ReadOptions.defaults());
        var schema = loaded.schema();
        assertThat(schema.columns())
                .extracting(Schema.Column::role)
                .containsExactly(Role.CATEGORICAL, Role.NUMERIC, Role.LABEL);
        assertThat(schema.classes()).containsExactly("no", "yes");
        assertThat(schema.features()).isEqualTo(1 + (1 << 18));
        var examples = loaded.examples();
        assertThat(examples.label(0)).isEqualTo(1);
        assertThat(examples.label(1)).isEqualTo(0);
        var cursor = examples.cursor();
        cursor.move(0);
        int red = cursor.indices()[cursor.from()];
        assertThat(red).isGreaterThanOrEqualTo(1);
        assertThat(cursor.values()[cursor.from() + 1]).isCloseTo((float) (-2 / Math.sqrt(8 / 3.0)), within(1e-6f));
        cursor.move(2);
        assertThat(cursor.indices()[cursor.from()]).isEqualTo(red);
    }

    @Test
    void columnsAreFoundByNameInNewData() throws IOException {
        var train = read("a.csv", "label,a,b,c\n1,10,0,x\n0,-10,5,y\n1,12,1,x\n", ReadOptions.defaults());
        var turned = Data.parse(
                file("b.csv", "c,b,more,a,label\nx,0,?,10,1\n"), ReadOptions.defaults(), train.schema(), true);
        assertThat(sorted(turned.examples(), 0)).isEqualTo(sorted(train.examples(), 0));
        var unlabelled = Data.parse(file("c.csv", "a,b,c\n10,0,x\n"), ReadOptions.defaults(), train.schema(), false);
        assertThat(sorted(unlabelled.examples(), 0)).isEqualTo(sorted(train.examples(), 0));
        assertThatThrownBy(() -> Data.parse(file("d.csv", "10,0,x\n"), ReadOptions.defaults(), train.schema(), false))
                .hasMessage(
                        "d.csv:1: has no column 'a', which the model needs; the first line is [10, 0, x], where the training data had the names of the columns");
        assertThatThrownBy(() -> Data.parse(folder.resolve("c.csv"), ReadOptions.defaults(), train.schema(), true))
                .hasMessageContaining("has no column 'label', which the model needs");
    }

    private static List<String> sorted(Examples examples, long i) {
        return Stream.of(row(examples, i).split(" ")).skip(1).sorted().toList();
    }

    @Test
    void textBecomesTheCommonestWords() throws IOException {
        var options = ReadOptions.defaults().withRole("1", Role.LABEL).withRole("2", Role.TEXT);
        var loaded = read(
                "a.tsv",
                "1\tThe \"cat\"<br /><br />The CAT sat\n0\tthe dog, the \u00e9t\u00e9\n1\tcat's \u00e9t\u00e9 dog\n",
                options);
        // "cat" is in one text only, "cat's" in another
        assertThat(loaded.schema().words()).containsExactlyInAnyOrder("the", "dog", "\u00e9t\u00e9");
        var cursor = loaded.examples().cursor();
        cursor.move(1);
        double squares = 0;
        for (int k = cursor.from(); k < cursor.to(); k++) {
            squares += cursor.values()[k] * cursor.values()[k];
        }
        assertThat(squares).isCloseTo(1, within(1e-6));
        var again = Data.parse(file("b.tsv", "0\tunknown dog words\n"), options, loaded.schema(), true);
        assertThat(row(again.examples(), 0))
                .isEqualTo("0.0: " + loaded.schema().words().indexOf("dog") + "=1.0");
    }

    @Test
    void rolesThatCannotBeAreNamed() {
        var options = ReadOptions.defaults();
        assertThatThrownBy(() -> read("a.csv", "label,alpha\n1,2\n", options.withRole("alpa", Role.NUMERIC)))
                .hasMessage("a.csv: has no column 'alpa'; did you mean 'alpha'?");
        assertThatThrownBy(() -> read("a.csv", "1,2\n3,4\n", options.withRole("7", Role.NUMERIC)))
                .hasMessage("a.csv: has columns 1 to 2, asked for column 7");
    }

    @Test
    void nothingLeaksAcrossASplitByGroup() throws IOException {
        var text = new StringBuilder("label,g,x\n");
        for (int i = 0; i < 3000; i++) {
            text.append(i % 2)
                    .append(",g")
                    .append(i / 10)
                    .append(',')
                    .append(i / 10)
                    .append('\n');
        }
        var options = ReadOptions.defaults().withRole("g", Role.GROUP);
        var all = read("g.csv", text.toString(), options).examples();
        var split = all.split(0.3, 5);
        assertThat(split.train().size() + split.test().size()).isEqualTo(3000);
        assertThat(split.test().size() % 10).isZero();
        assertThat(split.test().size() / 3000.0).isBetween(0.2, 0.4);
        var again = all.split(0.3, 5);
        assertThat(again.test().sum()).isEqualTo(split.test().sum());
        assertThat(all.split(0.3, 6).test().sum()).isNotEqualTo(split.test().sum());
    }

    @Test
    void theCacheIsUsedUntilTheSourceChanges() throws IOException {
        var cache = Cache.in(folder.resolve("cache"));
        var data = new Data(cache, new Catalogue(folder));
        var file = file("a.libsvm", "1 1:1\n0 2:2\n");
        var first = data.read(file.toString(), ReadOptions.defaults());
        var key = Cache.key(
                FileSet.of(file.toString(), () -> ""), ReadOptions.defaults().key());
        var kept = cache.find(key, Packed.EXAMPLES);
        assertThat(kept).isNotNull();
        assertThat(kept.examples().sum()).isEqualTo(first.examples().sum());
        assertThat(kept.schema()).isEqualTo(first.schema());
        file("a.libsvm", "1 1:1\n0 2:2\n1 3:3\n");
        assertThat(data.read(file.toString(), ReadOptions.defaults()).examples().size())
                .isEqualTo(3);
        var entry = folder.resolve("cache/examples")
                .resolve(Cache.key(
                                FileSet.of(file.toString(), () -> ""),
                                ReadOptions.defaults().key())
                        .file());
        Files.write(entry, Arrays.copyOf(Files.readAllBytes(entry), 40)); // damaged: as if it were not there
        assertThat(data.read(file.toString(), ReadOptions.defaults()).examples().size())
                .isEqualTo(3);
    }

    @Test
    void wordsSurviveBeingJoined() {
        var words = List.of("plain", "with\nline", "back\\slash", "\\n", "");
        assertThat(Cache.splitWords(Cache.joinWords(words))).isEqualTo(words);
    }

    @Test
    void missingDataNamesTheNearest() {
        var data = new Data(Cache.none(), new Catalogue(folder));
        assertThatThrownBy(() -> data.read("jdk-verb", ReadOptions.defaults()))
                .hasMessage("jdk-verb: no such file, and no set of that name; did you mean 'jdk-verbs'?");
        assertThatThrownBy(() -> data.read("spam", ReadOptions.defaults()))
                .hasMessage("the set 'spam' is not here yet; fetch it with: orrery data get spam");
        assertThatThrownBy(() -> data.read(folder.toString(), ReadOptions.defaults()))
                .hasMessageContaining("the folder holds no file");
    }

    @Test
    void convertedFilesReadBackTheSame() throws IOException {
        var loaded = read("a.libsvm", "1 4:0.25 2:3\n0 0:1\n", ReadOptions.defaults());
        var text = new StringWriter();
        LibsvmFile.write(loaded.examples(), loaded.schema(), text);
        assertThat(text.toString()).isEqualTo("1 2:3 4:0.25\n0 0:1\n");
    }

    @Test
    void theMethodsOfTheJdkAreData() throws IOException {
        var loaded = JdkVerbs.read(2);
        assertThat(loaded.schema().classes()).hasSize(20).contains("get", "set", "is", "to");
        assertThat(loaded.examples().size()).isGreaterThan(10_000);
        assertThat(loaded.examples().sum())
                .isEqualTo(JdkVerbs.read(1).examples().sum());
    }
}
