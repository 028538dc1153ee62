package orrery.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Situations that people have reported of programs like this one, with their right outcomes; by the reports' letters. */
final class CasesTest {
    private static final Path CASES =
            Path.of(System.getProperty("orrery.data", "nowhere")).resolveSibling("cases");

    @TempDir
    Path folder;

    private int runs;

    @BeforeEach
    void theFilesAreHere() {
        assumeTrue(Files.isDirectory(CASES), "no cases at " + CASES);
    }

    private static String of(String file) {
        return CASES.resolve(file).toString();
    }

    /** Trains; the run is {@link #run}. */
    private Ran train(String application, String data, String... more) {
        var args = new ArrayList<>(List.of("train", application, data, "--json", "--no-cache", "--run"));
        args.add(folder.resolve("run" + ++runs).toString());
        args.addAll(List.of(more));
        return Ran.of(args.toArray(String[]::new));
    }

    private String run() {
        return folder.resolve("run" + runs).toString();
    }

    private static long examples(Ran ran, String passes) throws IOException {
        return ((Number) ran.json().get("examples")).longValue() / Long.parseLong(passes);
    }

    private static String columns(Ran ran) throws IOException {
        var read = (Map<?, ?>) ran.json().get("read");
        return ((List<?>) read.get("columns"))
                .stream()
                        .map(column -> ((Map<?, ?>) column).get("name") + " " + ((Map<?, ?>) column).get("role"))
                        .collect(Collectors.joining(", "));
    }

    private static Map<?, ?> top(Ran ran) throws IOException {
        return (Map<?, ?>) ran.json().get("top");
    }

    private static void isRank(Map<?, ?> top, String node, double rank) {
        assertThat(((Number) top.get(node)).doubleValue()).isCloseTo(rank, within(1e-4));
    }

    @Test
    void c2_aStrayQuoteIsACharacterWhateverTheSizeOfTheFile() throws IOException {
        var big = folder.resolve("big.csv");
        try (var in = new GZIPInputStream(Files.newInputStream(CASES.resolve("C2/big.csv.gz")))) {
            Files.copy(in, big);
        }
        assertThat(examples(train("lr", big.toString(), "--passes", "1"), "1")).isEqualTo(150_000);
        assertThat(examples(train("lr", of("C2/small.csv"), "--passes", "1"), "1"))
                .isEqualTo(records("C2/small.csv"));
    }

    /** Lines but the first, those within quotes not counted. */
    private static long records(String file) throws IOException {
        long quotes = 0;
        long records = -1;
        for (var line : Files.readAllLines(CASES.resolve(file))) {
            boolean isOpen = quotes % 2 == 1;
            for (int i = 0; i < line.length(); i++) {
                boolean encloses = line.charAt(i) == '"'
                        && (quotes % 2 == 1 || i == 0 || line.charAt(i - 1) == ',' || line.charAt(i - 1) == '"');
                quotes += encloses ? 1 : 0;
            }
            records += isOpen ? 0 : 1;
        }
        return records;
    }

    @Test
    void c3_columnsMayComeInAnyOrder() throws IOException {
        train("lr", of("C3/train.csv")).json();
        String predicted =
                Ran.of("predict", run(), of("C3/train.csv"), "--no-cache").out();
        assertThat(Ran.of("predict", run(), of("C3/swap.csv"), "--no-cache").out())
                .isEqualTo(predicted);
        assertThat(Ran.of("predict", run(), of("C3/nolabel.csv"), "--no-cache").out())
                .isEqualTo(predicted);
        assertThat(Ran.of("predict", run(), of("C3/missing.csv"), "--no-cache").err())
                .contains("missing.csv:1: has no column 'x2'");
    }

    @Test
    void c4_lineEndsByteOrderMarksAndUtf16() throws IOException {
        double due = train("lr", of("C4/lf.libsvm")).metric("train", "logLoss");
        assertThat(train("lr", of("C4/crlf.libsvm")).metric("train", "logLoss")).isEqualTo(due);
        double ofColumns = train("lr", of("L1/cr.csv")).metric("train", "logLoss"); // the same examples
        assertThat(train("lr", of("C4/bom.csv")).metric("train", "logLoss")).isEqualTo(ofColumns);
        var utf16 = train("lr", of("C4/utf16.csv"));
        assertThat(utf16.metric("train", "logLoss")).isEqualTo(ofColumns);
        assertThat(utf16.json().get("read").toString()).contains("UTF-16");
    }

    /** The launcher sets the JVM's locale; what is read and written here is UTF-8 in any. */
    @Test
    void e1_namesAreUtf8() throws IOException {
        var trained = train("softmax", of("E1/uni.csv"), "--numeric", "größe");
        assertThat(columns(trained)).isEqualTo("label label, größe numeric, farbe categorical");
        assertThat(Ran.of("predict", run(), of("E1/uni.csv"), "--no-cache")
                        .out()
                        .lines())
                .contains("žena", "Müller");
        var ranked = train("pagerank", of("E1/uni.edges"), "--from", "Zürich");
        assertThat(top(ranked).keySet().toString()).contains("Zürich", "Genève", "Bern");
    }

    @Test
    void g1_gzipMembersFollowOneAnother() throws IOException {
        var trained = train("lr", of("G1/two-members.libsvm.gz"), "--passes", "5");
        assertThat(examples(trained, "5")).isEqualTo(4000);
    }

    @Test
    void g3_otherCompressionsAreRead() throws IOException {
        for (var file : List.of("G3/x.libsvm.bz2", "G3/x.libsvm.zst", "G3/x.csv.xz", "G3/x.zip")) {
            assertThat(train("lr", of(file)).metric("train", "accuracy"))
                    .as(file)
                    .isGreaterThan(0.95);
        }
    }

    @Test
    void h1_aHeaderOverTextsOnly() throws IOException {
        var trained = train("softmax", of("H1/train.csv"), "--test", of("H1/test.csv"), "--passes", "5");
        assertThat(examples(trained, "5")).isEqualTo(400);
        assertThat(columns(trained)).isEqualTo("edibility label, cap-colour categorical, cap-shape categorical");
        var evaluated = Ran.of("evaluate", run(), of("H1/test.csv"), "--json", "--no-cache");
        assertThat(evaluated.json()).containsEntry("examples", 200);
        assertThat(Ran.of("predict", run(), of("H1/test.csv"), "-p", "--no-cache")
                        .out()
                        .lines()
                        .findFirst())
                .hasValue("class\tedible\tpoisonous");
    }

    @Test
    void h3_anIndexColumnIsNoFeature() throws IOException {
        for (var file : List.of("H3/train.csv", "H3/train-R.csv")) {
            var trained = train("lr", of(file), "--label", "-1");
            assertThat(columns(trained)).isEqualTo("column 1 ignore, a numeric, b numeric, outcome label");
        }
        var sorted = train("lr", of("H3/sorted.csv"), "--split", "0.5");
        assertThat(sorted.metric("test", "accuracy")).isLessThan(0.6); // 0.986 with the index as a feature
    }

    @Test
    void h4_equalNamesAreAnErrorAtTraining() {
        var trained = train("lr", of("H4/train.csv"));
        assertThat(trained.code()).isEqualTo(1);
        assertThat(trained.err()).contains("train.csv:1: columns 2 and 3 are both named 'x'");
    }

    @Test
    void k1_clustersFarFromTheOrigin() throws IOException {
        assertThat(train("kmeans", of("K1/four2.libsvm"), "--clusters", "2").metric("train", "inertia"))
                .isCloseTo(1, within(0.001));
        assertThat(train("kmeans", of("K1/four.libsvm"), "--clusters", "2").metric("train", "inertia"))
                .isCloseTo(0.04, within(0.00004));
        assertThat(train("kmeans", of("K1/year.libsvm"), "--clusters", "2").metric("train", "inertia"))
                .isCloseTo(11.666, within(0.0117));
    }

    @Test
    void l1_linesThatEndWithCr() throws IOException {
        assertThat(examples(train("lr", of("L1/cr.libsvm"), "--passes", "5"), "5"))
                .isEqualTo(300);
        assertThat(examples(train("lr", of("L1/cr.csv"), "--passes", "5"), "5")).isEqualTo(300);
        var mixed = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            mixed.append(i % 2).append(i % 2 == 0 ? " 1:1\r 2:0.5\n" : " 1:-1 3:2\n");
        }
        var file = Files.writeString(folder.resolve("mixed.libsvm"), mixed);
        assertThat(train("lr", file.toString()).json()).containsEntry("nonZeros", 200);
    }

    @Test
    void l2_queriesArePassedBy() throws IOException {
        var trained = train("softmax", of("L2/qid.libsvm"));
        assertThat(trained.json()).containsEntry("nonZeros", 4);
        assertThat(trained.err()).containsOnlyOnce("qid, which");
    }

    @Test
    void l4_convertedIndicesAreThoseThatWereRead() throws IOException {
        var converted = folder.resolve("converted.libsvm").toString();
        train("lr", of("L4/inline-comment.libsvm"));
        String run = run();
        assertThat(Ran.of("data", "convert", of("L4/inline-comment.libsvm"), converted)
                        .code())
                .isZero();
        assertThat(Files.readAllLines(Path.of(converted)).getFirst()).isEqualTo("1 1:1 3:0.5");
        assertThat(Ran.of("evaluate", run, converted, "--json", "--no-cache").metric("test", "accuracy"))
                .isEqualTo(1);
    }

    @Test
    void n1_missingNumbersHaveManyNames() throws IOException {
        double due = train("lr", of("N1/train-empty.csv"), "--test", of("N1/test-empty.csv"))
                .metric("test", "accuracy");
        assertThat(due).isCloseTo(0.792, within(0.005));
        for (var kind : List.of("na", "nan", "q")) {
            var trained = train("lr", of("N1/train-" + kind + ".csv"), "--test", of("N1/test-" + kind + ".csv"));
            assertThat(trained.metric("test", "accuracy")).isEqualTo(due);
            assertThat(trained.err()).contains("age numeric, 104 missing");
        }
    }

    @Test
    void n2_aBlankCellIsAnEmptyCell() throws IOException {
        double due = train("lr", of("N1/train-empty.csv"), "--test", of("N1/test-empty.csv"))
                .metric("test", "accuracy");
        assertThat(train("lr", of("N2/train-blank.csv"), "--test", of("N2/test-blank.csv"))
                        .metric("test", "accuracy"))
                .isEqualTo(due);
    }

    @Test
    void n5_aMissingValueAfterAThousandLines() throws IOException {
        var trained = train("lr", of("N5/late.csv"));
        assertThat(columns(trained)).isEqualTo("label label, x1 numeric, x2 numeric");
        assertThat(trained.err()).contains("x1 numeric, 1 missing");
    }

    @Test
    void p1_edgesHaveAHeaderAndWeights() throws IOException {
        var unweighted = top(train("pagerank", of("P1/gephi.csv"), "--unweighted"));
        isRank(unweighted, "c", 0.3974);
        isRank(unweighted, "a", 0.3878);
        isRank(unweighted, "b", 0.2148);
        var weighted = train("pagerank", of("P1/gephi.csv")); // networkx.pagerank(weight="weight")
        isRank(top(weighted), "c", 0.45316);
        isRank(top(weighted), "a", 0.43519);
        isRank(top(weighted), "b", 0.11165);
        assertThat(weighted.err()).contains("weights used");
        assertThat(top(train("pagerank", of("P1/gephi-types.csv"))).keySet().toString())
                .isEqualTo("[a, b, c]");
    }

    @Test
    void p3_aMatrixHasALineOfItsSize() throws IOException {
        var top = top(train("pagerank", of("P3/mtx.mtx")));
        isRank(top, "3", 0.3974);
        isRank(top, "1", 0.3878);
        isRank(top, "2", 0.2148);
    }

    @Test
    void p5_loopsDeadEndsRepetitionsAndLargeNumbers() throws IOException {
        isRank(top(train("pagerank", of("P5/bigids.txt"))), "9007199254740993", 0.2148);
        isRank(top(train("pagerank", of("P5/dangling.txt"))), "4", 0.39036);
        isRank(top(train("pagerank", of("P5/dup.txt"))), "a", 0.48649);
        isRank(top(train("pagerank", of("P5/selfloop.txt"))), "2", 0.48006);
    }

    @Test
    void q1_aFolderOfPartsIsOneDataSet() throws IOException {
        var parts = Files.createDirectory(folder.resolve("parts"));
        var lines = Files.readAllLines(CASES.resolve("C3/train.csv"));
        Files.writeString(parts.resolve("_SUCCESS"), "");
        for (int p = 0; p < 3; p++) {
            var part = new ArrayList<>(lines.subList(1 + 100 * p, 101 + 100 * p));
            part.addFirst(lines.getFirst());
            Files.write(parts.resolve("part-0000" + p + ".csv"), part);
        }
        double due = train("lr", of("C3/train.csv")).metric("train", "logLoss");
        var trained = train("lr", parts.toString());
        assertThat(trained.metric("train", "logLoss")).isCloseTo(due, within(1e-6));
        assertThat(trained.err()).contains("files 3");
    }

    @Test
    void q3_otherDataIsRefusedWhenARunGoesOn() throws IOException {
        var data = folder.resolve("resume.csv");
        Files.copy(CASES.resolve("C3/train.csv"), data);
        var trained = train("lr", data.toString(), "--passes", "3");
        assertThat(trained.code()).isZero();
        Files.delete(Path.of(run()).resolve("result.json"));
        var lines = Files.readAllLines(data);
        Files.write(data, lines.subList(0, lines.size() - 1));
        assertThat(Ran.of("train", "--resume", run(), "--passes", "3").err()).contains("data was");
    }

    @Test
    void r1_namesWithBlanksAndCommas() throws IOException {
        for (var file : List.of("R1/spaces.csv", "R1/quoted.csv")) {
            assertThat(train("mf", of(file)).err()).contains("40 ratings of 2 users for 20 items");
        }
    }

    @Test
    void r3_aMissingRatingIsAnErrorWithItsLine() {
        var trained = train("mf", of("R3/missing-rating.csv"));
        assertThat(trained.code()).isEqualTo(1);
        assertThat(trained.err()).contains("missing-rating.csv:3:");
    }

    @Test
    void r4_anIndexBeforeTheRatings() throws IOException {
        var trained = train("mf", of("R4/index-column.csv"));
        assertThat(trained.err()).contains("40 ratings of 4 users for 5 items");
        assertThat(columns(trained)).isEqualTo("column 1 ignore, User_id user, Item_id item, Score rating");
    }

    @Test
    void r6_whatIsToBePredictedIsNotWanted() throws IOException {
        train("mf", of("R6/ml.csv")).json();
        assertThat(Ran.of("predict", run(), of("R6/pairs.csv")).out().lines()).hasSize(2);
    }

    @Test
    void s1_equalSizeAndTimeAreNotEqualContent() throws IOException {
        var data = folder.resolve("same.csv");
        Files.writeString(folder.resolve("train.csv"), "label,x1,x2\n1,3,20\n0,-3,0\n1,4,18\n0,-2,-1\n");
        Ran.of("train", "lr", folder.resolve("train.csv").toString(), "--no-cache", "--run", folder + "/s1");
        var answers = new ArrayList<String>();
        for (var content : List.of("S1/a.csv", "S1/b.csv")) {
            Files.write(data, Files.readAllBytes(CASES.resolve(content)));
            Files.setLastModifiedTime(data, java.nio.file.attribute.FileTime.fromMillis(1_000_000));
            answers.add(Ran.of("predict", folder + "/s1", data.toString()).out().strip()); // with the cache
        }
        assertThat(answers).containsExactly("1", "0");
    }

    @Test
    void t1_pricesAreLearnedWithoutAFlag() throws IOException {
        var trained = train("least-squares", of("T1/houses.csv"), "--split", "0.2");
        assertThat(trained.metric("train", "rmse")).isLessThan(1.02 * 5040); // of ordinary least squares
        assertThat(trained.metric("train", "baselineRmse")).isGreaterThan(50_000);
        assertThat(train("least-squares", of("T1/const.csv")).metric("train", "rmse"))
                .isLessThan(0.01);
    }

    @Test
    void t3_aRateThatIsTooLargeIsAnError() {
        var trained = train("lr", of("C4/lf.libsvm"), "--rule", "sgd", "--rate", "1e30");
        assertThat(trained.code()).isEqualTo(1);
        assertThat(trained.err()).contains("the training diverged");
    }

    @Test
    void x1_rareClassesBalanced() throws IOException {
        var trained = train("lr", of("X1/imb.libsvm"), "--balanced", "--passes", "20");
        assertThat(trained.metric("train", "accuracy")).isCloseTo(0.682, within(0.02));
    }

    @Test
    void x2_oneLineOrNone() throws IOException {
        var one = Files.writeString(folder.resolve("one.csv"), "y,x\n3,1\n");
        assertThat(train("least-squares", one.toString()).metric("train", "rmse"))
                .isLessThan(1e-3);
        var none = Files.writeString(folder.resolve("none.csv"), "y,x\n");
        assertThat(train("least-squares", none.toString()).err()).contains("there are no examples in it");
        var empty = Files.writeString(folder.resolve("empty.csv"), "");
        assertThat(train("least-squares", empty.toString()).err()).contains("there is nothing in it");
    }
}
