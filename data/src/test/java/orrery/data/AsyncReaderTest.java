package orrery.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import orrery.store.Place;

@Timeout(60)
final class AsyncReaderTest {
    @TempDir
    Path folder = Path.of("");

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    /** Lines whose labels count from 0, of very different lengths, some of them empty or of a comment only. */
    private static String lines(SplittableRandom random, int count, boolean endsWell) {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            if (random.nextInt(10) == 0) {
                text.append(random.nextBoolean() ? "\n" : "# nothing\r\n");
            }
            text.append(i);
            int features = random.nextInt(20) == 0 ? 500 : random.nextInt(4);
            for (int f = 0; f < features; f++) {
                text.append(' ').append(random.nextInt(1000)).append(":1.5");
            }
            text.append(i + 1 < count || endsWell ? "\n" : "");
        }
        return text.toString();
    }

    private static List<Double> labels(AsyncReader reader, int batch) throws Exception {
        var labels = new ArrayList<Double>();
        try (reader) {
            for (var next = reader.next(); next != null; next = reader.next()) {
                assertThat(next.examples().size()).isBetween(1L, (long) batch);
                for (long i = 0; i < next.examples().size(); i++) {
                    labels.add(next.examples().label(i));
                }
            }
        }
        return labels;
    }

    /** However a file is cut into pieces, each line is in one of them. */
    @RepeatedTest(60)
    void everyLineIsInOnePiece(RepetitionInfo repetition) throws Exception {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        int count = random.nextInt(1, 300);
        var path = file("lines.libsvm", lines(random, count, random.nextBoolean()));
        var pieces = Piece.of(List.of(Place.of(path)), random.nextInt(1, 600));
        int batch = random.nextInt(1, 50);
        var due = IntStream.range(0, count).mapToObj(i -> (double) i).toList();
        assertThat(labels(new AsyncReader(pieces, batch, 2, 1000, 1), batch)).isEqualTo(due);
        var each = new ArrayList<Double>();
        for (var piece : pieces) {
            each.addAll(labels(new AsyncReader(List.of(piece), batch, 1, 1000, 1), batch));
        }
        assertThat(each).isEqualTo(due);
        var stream = Stream.survey(List.of(Place.of(path)), random.nextInt(1, 600), 2);
        assertThat(stream.size()).isEqualTo(count);
    }

    @Test
    void passesAndSkippingGoOnWhereTheyShould() throws Exception {
        var path = file("passes.libsvm", lines(new SplittableRandom(1), 100, true));
        var pieces = Piece.of(List.of(Place.of(path)), 1000);
        var twice = labels(new AsyncReader(pieces, 7, 3, 1000, 2), 7);
        assertThat(twice).hasSize(200);
        assertThat(twice.subList(0, 100)).isEqualTo(twice.subList(100, 200));
        try (var reader = new AsyncReader(pieces, 7, 3, 1000, 1)) {
            reader.skip(5);
            var next = reader.next();
            assertThat(next.examples().label(0)).isEqualTo(35);
            reader.skip(100);
            assertThat(reader.next()).isNull();
            assertThat(reader.next()).isNull();
        }
    }

    @Test
    void keysAreWhatTheBatchTouches() throws Exception {
        var path = file("keys.libsvm", "1 5:1 2:1\n0 5:2\n1 9:1\n");
        try (var reader = new AsyncReader(Piece.of(List.of(Place.of(path)), 1 << 20), 2, 1, 10, 1)) {
            assertThat(reader.next().keys()).containsExactly(2, 5);
            assertThat(reader.next().keys()).containsExactly(9);
        }
    }

    /** What was packed to disk comes back as it was, batch by batch. */
    @RepeatedTest(20)
    void spilledExamplesComeBack(RepetitionInfo repetition) throws Exception {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        var batches = new ArrayList<Examples>();
        for (int b = random.nextInt(20); b >= 0; b--) {
            var packer = new Examples.Packer();
            boolean hasWeights = random.nextBoolean();
            for (int i = random.nextInt(1, 30); i > 0; i--) {
                for (int f = random.nextInt(6); f > 0; f--) {
                    packer.feature(random.nextInt(1000), (float) random.nextDouble());
                }
                packer.example(random.nextInt(3), hasWeights ? random.nextInt(5) : 1);
            }
            batches.add(packer.pack(1000));
        }
        var left = new ArrayList<>(batches);
        try (var spill = Spill.write(folder, 1000, () -> left.isEmpty() ? null : left.removeFirst())) {
            assertThat(spill.batches()).isEqualTo(batches.size());
            assertThat(spill.examples())
                    .isEqualTo(batches.stream().mapToLong(Examples::size).sum());
            try (var reader = new AsyncReader(spill.passes(), 2, 2)) {
                for (int pass = 0; pass < 2; pass++) {
                    for (var due : batches) {
                        assertThat(reader.next().examples().sum()).isEqualTo(due.sum());
                    }
                }
                assertThat(reader.next()).isNull();
            }
        }
        assertThat(folder).isEmptyDirectory();
    }

    /** Columns of every kind, packed on disk: the schema is the one from memory, and so is each example, to the bit. */
    @RepeatedTest(10)
    void columnsOnDiskAreThoseInMemory(RepetitionInfo repetition) throws Exception {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        var colours = List.of("red", "green", "blue");
        var text = new StringBuilder("y,x,colour,words,z,w\n");
        int rows = random.nextInt(1, 400);
        for (int i = 0; i < rows; i++) {
            text.append(random.nextBoolean() ? "yes," : "no,")
                    .append(random.nextInt(5) == 0 ? "" : String.valueOf(random.nextDouble(-3, 9)))
                    .append(',')
                    .append(colours.get(random.nextInt(3)))
                    .append(",\"");
            for (int w = random.nextInt(8); w > 0; w--) {
                text.append("word").append(random.nextInt(30)).append(' ');
            }
            text.append("\",")
                    .append(random.nextInt(100))
                    .append(',')
                    .append(random.nextInt(1, 3))
                    .append('\n');
        }
        var path = file("columns.csv", text.toString());
        var options = ReadOptions.defaults()
                .withRole("y", ReadOptions.Role.LABEL)
                .withRole("words", ReadOptions.Role.TEXT)
                .withRole("w", ReadOptions.Role.WEIGHT);
        var due = Data.parse(path, options, null, true);
        int batch = random.nextInt(1, 40);
        var data = new Data(Cache.none(), new Catalogue(folder));
        assertThat(data.isOfColumns(path.toString(), options)).isTrue();
        try (var spilled = data.spill(path.toString(), options, batch, folder, 1)) {
            assertThat(folder.toFile().list()).containsExactly("columns.csv");
            assertThat(spilled.schema()).isEqualTo(due.schema());
            assertThat(spilled.labels()).hasSameElementsAs(distinctLabels(due.examples()));
            int workers = random.nextInt(1, 5);
            var found = new ArrayList<String>();
            for (int w = 0; w < workers; w++) {
                long seen = 0;
                try (var reader = new AsyncReader(spilled.examples().passes(w, workers), 2, 1)) {
                    for (var next = reader.next(); next != null; next = reader.next()) {
                        seen += next.examples().size();
                        found.addAll(described(next.examples()));
                    }
                }
                assertThat(spilled.size(w, workers)).isEqualTo(seen);
            }
            var all = described(due.examples());
            assertThat(found).containsExactlyInAnyOrderElementsOf(all);
            assertThat(rows < 100 || !found.equals(all)).as("order").isTrue();
        }
    }

    private static List<Double> distinctLabels(Examples examples) {
        var labels = new java.util.TreeSet<Double>();
        for (long i = 0; i < examples.size(); i++) {
            labels.add(examples.label(i));
        }
        return List.copyOf(labels);
    }

    private static List<String> described(Examples examples) {
        var all = new ArrayList<String>();
        var at = examples.cursor();
        for (long i = 0; i < examples.size(); i++) {
            at.move(i);
            var text = new StringBuilder(at.label() + " " + at.weight());
            for (int k = at.from(); k < at.to(); k++) {
                text.append(' ').append(at.indices()[k]).append(':').append(at.values()[k]);
            }
            all.add(text.toString());
        }
        return all;
    }

    /** Examples that come sorted lie in no order afterwards, and the same each time. */
    @Test
    void theOrderIsRandomAndThatOfTheSeed() throws Exception {
        var part = new PartBuilder();
        for (int i = 0; i < 30_000; i++) {
            part.feature(i % 7, 1);
            part.example(i);
        }
        var orders = new ArrayList<List<Double>>();
        for (long seed : new long[] {1, 1, 2}) {
            try (var shuffle = new Shuffling(folder, 300L << 20, seed);
                    var writer = new Spill.Writer(folder)) {
                shuffle.add(part.build());
                shuffle.to(writer, 100);
                try (var spill = writer.end(7)) {
                    orders.add(labels(new AsyncReader(spill.passes(), 2, 1), 100));
                }
            }
        }
        assertThat(orders.get(0)).isEqualTo(orders.get(1)).isNotEqualTo(orders.get(2));
        double ofFirst = orders.get(0).subList(0, 10_000).stream()
                .mapToDouble(label -> label)
                .average()
                .orElse(0);
        assertThat(ofFirst).isBetween(15_000 - 500d, 15_000 + 500d); // deviation 71
        assertThat(orders.get(0)).doesNotHaveDuplicates().hasSize(30_000);
        assertThat(folder).isEmptyDirectory();
    }

    /** Whoever reads on when all is given back is told, and nothing is left on the disk meanwhile. */
    @Test
    void aSpillThatIsClosedIsReadNoMore() throws Exception {
        var given = new ArrayList<Examples>();
        for (int i = 0; i < 5; i++) {
            var examples = new Examples.Packer();
            examples.feature(3, 1).example(1, 1);
            given.add(examples.pack(4));
        }
        var spill = Spill.write(folder, 4, () -> given.isEmpty() ? null : given.removeFirst());
        assertThat(folder).isEmptyDirectory();
        try (var reader = new AsyncReader(spill.passes(), 1, 1000)) {
            assertThat(reader.next()).isNotNull();
            spill.close();
            assertThatThrownBy(() -> reader.skip(5000)).hasRootCauseMessage("Already closed");
        }
        spill.close();
    }

    /** It goes no further ahead than it may. */
    @Test
    void noMoreIsReadThanMayWait() throws Exception {
        var path = file("ahead.libsvm", lines(new SplittableRandom(2), 1000, true));
        try (var reader = new AsyncReader(Piece.of(List.of(Place.of(path)), 1 << 20), 10, 3, 1000, 1000)) {
            for (int taken = 0; taken < 50; taken++) {
                assertThat(reader.next()).isNotNull();
                assertThat(reader.waiting()).isBetween(0, 3);
            }
        }
    }

    @Test
    void compressedFilesAreOnePiece() throws Exception {
        var path = folder.resolve("text.libsvm.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(path))) {
            out.write(lines(new SplittableRandom(3), 500, true).getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        var pieces = Piece.of(List.of(Place.of(path)), 100);
        assertThat(pieces).hasSize(1);
        assertThat(labels(new AsyncReader(pieces, 64, 2, 1000, 1), 64)).hasSize(500);
    }

    @Test
    void badLinesAreToldWithTheirPlace() throws Exception {
        var path = file("bad.libsvm", "1 3:1\n0 17;0.5\n");
        try (var reader = new AsyncReader(Piece.of(List.of(Place.of(path)), 1 << 20), 10, 1, 100, 1)) {
            assertThatThrownBy(reader::next)
                    .isInstanceOf(IOException.class)
                    .hasMessage(path + ": line at byte 6: expected index:value, found '17;0.5'");
            assertThat(reader.next()).isNull();
        }
        try (var reader = new AsyncReader(Piece.of(List.of(Place.of(path)), 1 << 20), 1, 1, 3, 1)) {
            assertThatThrownBy(reader::next).hasMessageContaining("feature 3, there are 0 to 2 only");
        }
        assertThatThrownBy(() -> Piece.of(List.of(Place.of(folder.resolve("none"))), 10))
                .isInstanceOf(java.nio.file.NoSuchFileException.class);
    }

    // Who reads what

    @RepeatedTest(100)
    void everyPieceHasOneReader(RepetitionInfo repetition) {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        int machines = random.nextInt(1, 6);
        var pieces = new ArrayList<Piece>();
        for (int p = 0; p < random.nextInt(1, 40); p++) {
            var hosts = random.ints(random.nextInt(3), 0, machines)
                    .distinct()
                    .mapToObj(m -> "machine-" + m)
                    .toList();
            pieces.add(new Piece(new Place("file"), p * 100L, p * 100L + random.nextInt(1, 101), hosts));
        }
        var workers = random.ints(random.nextInt(1, 9), 0, machines)
                .mapToObj(m -> "machine-" + m)
                .toList();
        var dealt = FileAssigner.assign(pieces, workers);
        var all = new ArrayList<Piece>();
        dealt.forEach(all::addAll);
        assertThat(all).containsExactlyInAnyOrderElementsOf(pieces);
        assertThat(FileAssigner.assign(pieces, workers)).isEqualTo(dealt);
        long most = dealt.stream().mapToLong(AsyncReaderTest::bytes).max().orElse(0);
        long mean = pieces.stream().mapToLong(Piece::bytes).sum() / workers.size();
        assertThat(most).isLessThanOrEqualTo(mean + 100); // one piece more than its part at most
    }

    private static long bytes(List<Piece> pieces) {
        return pieces.stream().mapToLong(Piece::bytes).sum();
    }

    /** Three copies of each block, as HDFS keeps them: whoever has one at hand reads it. */
    @Test
    void piecesAreReadWhereTheyAre() {
        var random = new SplittableRandom(5);
        var hosts = IntStream.range(0, 8).mapToObj(i -> "machine-" + i).toList();
        var pieces = new ArrayList<Piece>();
        for (int p = 0; p < 200; p++) {
            var copies = random.ints(0, 8)
                    .distinct()
                    .limit(3)
                    .mapToObj(i -> "machine-" + i)
                    .toList();
            pieces.add(new Piece(new Place("file"), p * 100L, p * 100L + 100, copies));
        }
        var dealt = FileAssigner.assign(pieces, hosts);
        long local = 0;
        for (int w = 0; w < 8; w++) {
            String host = hosts.get(w);
            assertThat(dealt.get(w)).hasSize(25);
            local += dealt.get(w).stream()
                    .filter(piece -> piece.hosts().contains(host))
                    .count();
        }
        assertThat(local).isGreaterThan(190);
        var elsewhere = new Piece(new Place("file"), 0, 100, List.of("machine-9"));
        assertThat(FileAssigner.assign(List.of(elsewhere), List.of("machine-1")))
                .isEqualTo(List.of(List.of(elsewhere)));
    }

    @Test
    void aSurveySeesWhatThereIs() throws Exception {
        var path = file("survey.libsvm", "1 3:1\n-1 17:2\n1 2:2\n");
        var stream = Stream.survey(List.of(Place.of(path)), 8, 2);
        assertThat(stream.size()).isEqualTo(3);
        assertThat(stream.features()).isEqualTo(18);
        assertThat(stream.labels()).containsExactly(-1.0, 1.0);
        assertThat(stream.shares(List.of("a", "b")).stream()
                        .mapToLong(Stream.Share::examples)
                        .sum())
                .isEqualTo(3);
        var empty = file("empty.libsvm", "\n# none\n");
        assertThatThrownBy(() -> Stream.survey(List.of(Place.of(empty)), 100, 1))
                .hasMessageContaining("there are no examples in it");
    }

    /** A file that is changed between two passes, in place or by another: in a value, by half, by more. */
    @Test
    void aFileThatChangesUnderARunIsNoticed() throws Exception {
        var text = lines(new SplittableRandom(4), 300, true);
        var path = file("changing.libsvm", text);
        var stream = Stream.survey(List.of(Place.of(path)), 1000, 2);
        var share = stream.shares(List.of("a")).getFirst();
        assertThat(labels(new AsyncReader(stream.passes(share, 10), 2, 2), 10)).hasSize(600);
        var changes = List.of(
                text.replaceFirst("\n1 ", "\n0 "),
                text.substring(0, text.indexOf('\n', text.length() / 2) + 1),
                text.replaceFirst("1:", "2:"));
        for (var changed : changes) {
            if (changed.equals(text)) {
                continue;
            }
            Files.writeString(path, changed);
            try (var reader = new AsyncReader(stream.passes(share, 10), 2, 1)) {
                assertThatThrownBy(() -> reader.skip(1000))
                        .hasMessageContaining(path + " changed while the run was reading it: bytes ")
                        .hasMessageContaining(", expected crc32c:");
            }
        }
        assertThat(stream.sums()).hasSize(stream.pieces().size());
        Files.writeString(path, text + "1 1:1\n"); // of what came later nothing is read
        assertThat(labels(new AsyncReader(stream.passes(share, 10), 2, 1), 10)).hasSize(300);
    }
}
