package orrery.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Documents are read as counts of words, whatever they are kept as. */
final class DocumentsTest {
    @TempDir
    Path folder = Path.of("");

    private Data data() {
        return new Data(Cache.none(), new Catalogue(folder));
    }

    private String file(String name, String text) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return file.toString();
    }

    /** By document its words and counts. */
    private static List<String> shown(Loaded loaded) {
        var all = new ArrayList<String>();
        var cursor = loaded.examples().cursor();
        for (long d = 0; d < loaded.examples().size(); d++) {
            cursor.move(d);
            var words = new TreeMap<String, Integer>();
            for (int k = cursor.from(); k < cursor.to(); k++) {
                words.put(loaded.schema().featureName(cursor.indices()[k]), (int) cursor.values()[k]);
            }
            all.add(words.toString());
        }
        return all;
    }

    /** In a file they are the same, also values that are no counts, which are for others to refuse. */
    @Test
    void documentsInAFileAreTheSame() throws IOException {
        var random = new SplittableRandom(1);
        var packer = new Examples.Packer();
        for (int d = 0; d < 3000; d++) {
            int size = random.nextInt(5) == 0 ? 0 : random.nextInt(d % 100 == 0 ? 2000 : 20);
            for (int n = 0, word = 0; n < size; n++) {
                packer.feature(word += 1 + random.nextInt(3), random.nextInt(4) == 0 ? 0.25f : 1 + random.nextInt(9));
            }
            packer.example(0, 1);
        }
        var inMemory =
                Corpus.of(new Loaded(packer.pack(7000), Schema.ofFeatures("docword", List.of(), List.of(), 7000)));
        var inFile = inMemory.inFile(folder.resolve("scratch"));
        assertThat(List.of(inFile.documents(), inFile.counts(), inFile.words(), inFile.sum()))
                .isEqualTo(List.of(inMemory.documents(), inMemory.counts(), inMemory.words(), inMemory.sum()));
        assertThat(shown(inFile, 0, 3000)).isEqualTo(shown(inMemory, 0, 3000));
        assertThat(shown(inFile, 1500, 1507)).isEqualTo(shown(inMemory, 1500, 1507));
        assertThat(inFile.reading().notes()).anyMatch(note -> note.contains("in a file in"));
    }

    private static List<String> shown(Corpus corpus, long from, long to) {
        var all = new ArrayList<String>();
        corpus.read(from, to, (d, words, counts, first, last) -> {
            var shown = new StringBuilder().append(d);
            for (int k = first; k < last; k++) {
                shown.append(' ').append(words[k]).append(':').append(counts[k]);
            }
            all.add(shown.toString());
        });
        return all;
    }

    private static final String DOCWORD = "4\n3\n5\n1 1 2\n1 3 1\n2 2 1\n4 1 7\n4 2 1\n";

    @Test
    void docwordHasNumbersOrNames() throws IOException {
        var file = file("docword.txt", DOCWORD);
        var read = data().documents(file, DocumentOptions.FOUND);
        assertThat(shown(read)).containsExactly("{1=2, 3=1}", "{2=1}", "{}", "{1=7, 2=1}");
        assertThat(read.examples().features()).isEqualTo(3);
        var named = data().documents(file, DocumentOptions.FOUND.named(file("vocab.txt", "tea\ncup\nmilk\n")));
        assertThat(shown(named)).containsExactly("{milk=1, tea=2}", "{cup=1}", "{}", "{cup=1, tea=7}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "4,3,5,1 1 2,1 3 1,2 2 1,4 1 7 | docword:8: the file ends here, and says that it has 5 lines of counts, 1 more; it may be cut short",
                "4,3,2,1 1 2,1 4 1 | docword:5: expected a document of 1 to 4, a word of 1 to 3 and a count of 1 to 16777216, found 1 4 1",
                "4,3,2,2 1 2,1 1 1 | docword:5: document 1 comes after document 2: lines must be sorted by document (sort -n, without the first three lines)",
                "4,3,1,1 1 2,1 2 1 | docword:5: there is more than the 1 lines of counts that the file says it has",
                "4,3,1,1 1 0 | docword:4: expected a document of 1 to 4, a word of 1 to 3 and a count of 1 to 16777216, found 1 1 0",
                "4,3,1,1 x 1 | docword:4: expected a whole number, found 'x'",
                "4,3,1,1 1 1.5 | docword:4: expected a whole number, found '.'",
                "0,3,1,1 1 1 | docword:1: expected how many documents there are, a whole number of 1 or more, found 0"
            })
    void docwordThatIsWrongIsRefused(String lines, String message) throws IOException {
        var file = file("docword", lines.strip().replace(',', '\n') + "\n");
        var options = new DocumentOptions(
                Optional.of("docword"),
                Optional.empty(),
                List.of(),
                false,
                Optional.empty(),
                OptionalInt.empty(),
                OptionalDouble.empty(),
                TextOptions.FOUND,
                1);
        assertThatThrownBy(() -> data().documents(file, options)).hasMessage(message);
    }

    @Test
    void libsvmAndLdaCAreCounts() throws IOException {
        // lda-c: how many different words a document has, then these from 0
        var ldaC = data().documents(file("docs.dat", "2 0:1 2:3\n1 1:1\n"), DocumentOptions.FOUND);
        assertThat(shown(ldaC)).containsExactly("{0=1, 2=3}", "{1=1}");
        var libsvm = data().documents(
                        file("docs.svm", "1 1:1 3:3\n-1 2:1\n"),
                        DocumentOptions.FOUND.named(file("v.txt", "tea\ncup\nmilk\nrum\n")));
        assertThat(shown(libsvm)).containsExactly("{milk=3, tea=1}", "{cup=1}");
        assertThatThrownBy(() -> data().documents(
                                file("docs.svm", "1 1:1 3:3\n"),
                                DocumentOptions.FOUND.named(file("v.txt", "tea\ncup\n"))))
                .hasMessageEndingWith(
                        "v.txt: has 2 words, the documents have numbers up to 3; it is the vocabulary of other documents");
    }

    @Test
    void aLineMayHaveAnyNumberOfFeatures() throws IOException {
        var line = new StringBuilder("1");
        for (int i = 1; i <= 50_000; i++) {
            line.append(' ').append(i).append(":1");
        }
        var file = file("long.txt", line + "\n0 1:2\n");
        assertThat(data().documents(file, DocumentOptions.FOUND).examples().features())
                .isEqualTo(50_001); // words count from 0

        assertThat(data().read(file, ReadOptions.defaults()).examples().features())
                .isEqualTo(50_001); // words count from 0
    }

    @Test
    void textsAreCutIntoWords() throws IOException {
        var file = file("texts.csv", """
                id,title,body
                1,"The Tea-cup","It's a tea CUP, isn't it? Tea for 2, Ärger und Öl."
                2,Rum,"rum ""rum"" r2d2 x"
                """);
        var read = data().documents(file, DocumentOptions.FOUND.ofColumns("title", "body"));
        assertThat(shown(read)).containsExactly("{cup=2, tea=3, und=1, ärger=1, öl=1}", "{r2d2=1, rum=3}");
        assertThat(read.reading().lines().getFirst()).startsWith("read as texts: texts in title, body, stop words 2");
        assertThatThrownBy(() -> data().documents(file, DocumentOptions.FOUND))
                .hasMessageContaining("name the column of texts");
        assertThatThrownBy(() -> data().documents(file, DocumentOptions.FOUND.ofColumns("bodi")))
                .hasMessageContaining("bodi");
    }

    @Test
    void bigramsAreOfWordsThatFollowEachOther() throws IOException {
        var file = file("t.tsv", "text\nnew york is not york new york\n");
        var options = new DocumentOptions(
                Optional.empty(),
                Optional.empty(),
                List.of("text"),
                true,
                Optional.empty(),
                OptionalInt.empty(),
                OptionalDouble.of(1),
                TextOptions.FOUND,
                2);
        assertThat(shown(data().documents(file, options))).containsExactly("{new=2, new_york=2, york=3, york_new=1}");
    }

    @Test
    void filesOfAFolderAreDocuments() throws IOException {
        file("texts/a.txt", "tea and cup and tea");
        file("texts/b.txt", "cup");
        var read = data().documents(folder.resolve("texts").toString(), keeping(1, 1));
        assertThat(shown(read)).containsExactly("{cup=1, tea=2}", "{cup=1}");
    }

    private static DocumentOptions keeping(int least, double most) {
        return new DocumentOptions(
                Optional.empty(),
                Optional.empty(),
                List.of(),
                false,
                Optional.empty(),
                OptionalInt.of(least),
                OptionalDouble.of(most),
                TextOptions.FOUND,
                2);
    }

    @Test
    void rareAndCommonWordsAreLeftOut() throws IOException {
        var file = file("docword.txt", DOCWORD);
        var read = data().documents(file, keeping(2, 1));
        assertThat(shown(read)).containsExactly("{1=2}", "{2=1}", "{}", "{1=7, 2=1}");
        assertThat(String.valueOf(read.reading().lines()))
                .contains("2 of 3 words are kept: those in 2 documents or more");
        assertThat(shown(data().documents(file, keeping(1, 0.25)))).containsExactly("{3=1}", "{}", "{}", "{}");
        assertThatThrownBy(() -> data().documents(file, keeping(3, 1)))
                .hasMessageContaining("none of the 3 words is in 3 documents or more")
                .hasMessageEndingWith("try --least-documents 1 --most-documents 1");
    }

    @Test
    void otherDocumentsAreReadByTheModelsWords() throws IOException {
        var trained = data().documents(
                        file("docword.txt", DOCWORD),
                        DocumentOptions.FOUND.named(file("vocab.txt", "tea\ncup\nmilk\n")));
        var other = file("other.txt", "1\n4\n3\n1 1 5\n1 2 6\n1 4 7\n");
        var read = data().documentsLike(
                        other,
                        trained.schema(),
                        DocumentOptions.FOUND.named(file("vocab2.txt", "rum\nmilk\nsalt\ntea\n")));
        assertThat(shown(read)).containsExactly("{milk=6, tea=7}");
        assertThat(String.valueOf(read.reading().lines())).contains("2 of 4 words are unknown to the model");
        assertThatThrownBy(() -> data().documentsLike(other, trained.schema(), DocumentOptions.FOUND))
                .hasMessageContaining("give --vocabulary FILE");
        assertThatThrownBy(() -> data().documentsLike(
                                other, trained.schema(), DocumentOptions.FOUND.named(file("v3.txt", "a\nb\nc\nd\n"))))
                .hasMessageContaining("knows none of its 4 words");
        // without names numbers are what is known
        var numbered = data().documents(file("docword.txt", DOCWORD), DocumentOptions.FOUND);
        assertThat(shown(data().documentsLike(other, numbered.schema(), DocumentOptions.FOUND)))
                .containsExactly("{1=5, 2=6}");
    }

    @Test
    void optionsThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> keeping(0, 1)).hasMessageContaining("1 document or more, got 0");
        assertThatThrownBy(() -> keeping(1, 0)).hasMessageContaining("above 0 and at most 1, got 0.0");
    }
}
