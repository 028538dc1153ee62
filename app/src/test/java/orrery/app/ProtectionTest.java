package orrery.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.app.run.Progress;
import orrery.app.run.RunFolder;
import orrery.data.Cache;
import orrery.data.Catalogue;
import orrery.data.Data;
import orrery.data.ReadOptions;
import orrery.engine.event.RunEvent;
import orrery.store.Json;
import orrery.store.Safetensors;
import orrery.store.Storage;

/** What a run must not do to its users: lose what it has, tell others what is private, do what names say, end without a word. */
final class ProtectionTest {
    @TempDir
    Path folder;

    private Path data(String name) throws IOException {
        var random = new SplittableRandom(1);
        var text = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            double x = random.nextGaussian();
            text.append(x > 0 ? 1 : -1).append(" 1:").append(x).append('\n');
        }
        var file = folder.resolve(name);
        Files.writeString(file, text);
        return file;
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static void chmod(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    // Privacy

    @ParameterizedTest
    @CsvSource({"rw-------, true", "rw-r-----, true", "rw-r--r--, false"})
    void whatIsMadeOfPrivateDataIsPrivate(String permissions, boolean isPrivate) throws IOException {
        var data = data("private.libsvm");
        chmod(data, permissions);
        var run = folder.resolve("run");
        var checkpoints = folder.resolve("checkpoints");
        var model = folder.resolve("model.safetensors");
        var ran = Ran.of(
                "train",
                "lr",
                data.toString(),
                "--run",
                run.toString(),
                "--model",
                model.toString(),
                "--checkpoints",
                checkpoints.toString(),
                "--no-cache",
                "--workers",
                "2",
                "--passes",
                "2");
        assertThat(ran.code()).as(ran.err()).isZero();
        var made = new ArrayList<>(List.of(model));
        for (var place : List.of(run, checkpoints)) {
            try (var below = Files.walk(place)) {
                made.addAll(below.toList());
            }
        }
        assertThat(made).hasSizeGreaterThan(8);
        for (var path : made) {
            var expected = Files.isDirectory(path) ? "rwx------" : "rw-------";
            if (isPrivate) {
                assertThat(mode(path)).as(path.toString()).isEqualTo(expected);
            } else {
                assertThat(mode(path)).as(path.toString()).isNotEqualTo(expected);
            }
        }
        var converted = folder.resolve("converted.libsvm");
        assertThat(Ran.of("data", "convert", data.toString(), converted.toString())
                        .code())
                .isZero();
        assertThat(mode(converted).equals("rw-------")).isEqualTo(isPrivate);
    }

    @Test
    void theCacheIsItsOwnersAlone() throws IOException {
        var cache = folder.resolve("cache");
        new Data(Cache.in(cache), new Catalogue(cache)).read(data("some.libsvm").toString(), ReadOptions.defaults());
        assertThat(mode(cache)).isEqualTo("rwx------");
        try (var entries = Files.walk(cache)) {
            var all = entries.toList();
            assertThat(all).anyMatch(Files::isRegularFile);
            for (var entry : all) {
                assertThat(mode(entry)).isEqualTo(Files.isDirectory(entry) ? "rwx------" : "rw-------");
            }
        }
    }

    // Names that would do something

    private static final String ESCAPE = "\u001b[2J\u0007\u009b31m\u202e";

    @Test
    void whatNamesHoldIsShownAndNotDone() throws IOException {
        var text = new StringBuilder("label,x" + ESCAPE + "\n");
        for (int i = 0; i < 100; i++) {
            text.append(i % 2 == 0 ? "yes" + ESCAPE : "no")
                    .append(',')
                    .append(i % 2 + i % 7 * 0.1)
                    .append('\n');
        }
        var data = folder.resolve("odd" + ESCAPE + ".csv");
        Files.writeString(data, text);
        var run = folder.resolve("run");
        var plain = folder.resolve("odd.csv");
        Files.copy(data, plain);
        var said = new StringBuilder();
        for (var args : List.of(
                List.of("train", "lr", plain.toString(), "--run", run.toString(), "--no-cache"),
                List.of("show", run.toString()),
                List.of("show", run.resolve("checkpoints").toString()),
                List.of("evaluate", run.toString(), plain.toString()),
                List.of("data", "describe", plain.toString()),
                List.of("train", "lr", plain.toString(), "--label", "y" + ESCAPE, "--no-cache"),
                List.of("train", "lr", folder.resolve("no" + ESCAPE).toString()),
                List.of("train", "lr", data.toString(), "--no-cache"),
                List.of("show", folder.resolve(ESCAPE).toString()),
                List.of("recommend", run.toString(), ESCAPE),
                List.of("train" + ESCAPE))) {
            var ran = Ran.of(args.toArray(String[]::new));
            said.append(ran.out()).append(ran.err());
        }
        assertThat(said.toString()).contains("\\u001b[2J\\u0007\\u009b31m\\u202e");
        for (char c : said.toString().toCharArray()) {
            assertThat(Character.isISOControl(c) && c != '\n').as((int) c + "").isFalse();
            assertThat(c).isNotEqualTo('\u202e');
        }
    }

    @Test
    void whatMembersSayIsKeptAndShownAsItIs() throws IOException {
        var run = RunFolder.create(
                folder.resolve("run").toString(), "lr", java.time.Instant.now(), orrery.store.Readers.AS_USUAL);
        var out = new StringWriter();
        new Progress(new PrintWriter(out), false, "examples")
                .accept(new RunEvent.MemberLost(2, "its last words: " + ESCAPE + "\nmember 3 is well"));
        run.recorder().accept(new RunEvent.CutReached("train", 1, Map.of("x", 1.0), 1, Duration.ZERO));
        assertThat(out.toString()).isEqualTo("its last words: \\u001b[2J\\u0007\\u009b31m\\u202e\\nmember 3 is well\n");
    }

    // Options

    @Test
    void aDelimiterOfBlanksReachesMembersAndResumedRuns() throws IOException {
        var text = new StringBuilder("label x\n");
        for (int i = 0; i < 100; i++) {
            text.append(i % 2).append(' ').append(i % 2 + i % 7 * 0.1).append('\n');
        }
        var data = folder.resolve("blanks.txt");
        Files.writeString(data, text);
        var run = folder.resolve("run");
        var ran =
                Ran.of("train", "lr", data.toString(), "--format", "csv", "--delimiter", " ", "--run", run.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(Files.readString(run.resolve("config"))).contains("delimiter = \" \"\n");
        Files.delete(run.resolve("result.json"));
        var again = Ran.of("train", "--resume", run.toString());
        assertThat(again.code()).as(again.err()).isZero();
    }

    @Test
    void aLineEndInANameIsNoOption() throws IOException {
        var data = data("two\nseed = 7");
        var run = folder.resolve("run");
        var ran = Ran.of("train", "lr", data.toString(), "--run", run.toString(), "--no-cache");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("--train: there is a line end in").contains("two\\nseed = 7");
        var file = folder.resolve("options");
        Files.writeString(file, "label = \"a\\nb\"\n");
        assertThat(Ran.of("train", "--config", file.toString()).err())
                .contains("options:1: in quotes, a backslash may only stand before");
        Files.writeString(file, "label = \"a\" b\n");
        assertThat(Ran.of("train", "--config", file.toString()).err())
                .contains("options:1: expected a value in quotes and nothing behind it");
    }

    // Runs that were lost

    @Test
    void aRunThatWasLostBeforeItsFirstCheckpointBeginsAnewUnderItsName() throws IOException {
        var run = folder.resolve("run");
        var arguments = List.of("train", "lr", data("a.libsvm").toString(), "--run", run.toString(), "--workers", "2");
        assertThat(Ran.of(arguments.toArray(String[]::new)).code()).isZero();
        Files.delete(run.resolve("result.json"));
        try (var below = Files.walk(run.resolve("checkpoints"))) { // as if it had been killed before
            for (var path : below.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
        var first = Files.readAllBytes(run.resolve("model.safetensors"));
        var again = Ran.of("train", "--resume", run.toString());
        assertThat(again.code()).as(again.err()).isZero();
        assertThat(again.err()).contains("has no checkpoint: it begins anew");
        assertThat(Files.readAllBytes(run.resolve("model.safetensors"))).hasSameSizeAs(first);
    }

    @Test
    void aDamagedResultIsNamedAndEndsNoList() throws Exception {
        var runs = Files.createDirectories(folder.resolve("runs"));
        for (var result : List.of("null", "{\"seconds\":null}", "[1]", "{\"test\":7,\"app\":null}", "")) {
            var run = Files.createDirectory(runs.resolve("run-" + Math.abs(result.hashCode())));
            Files.writeString(run.resolve("config"), "app = lr\n");
            Files.writeString(run.resolve("result.json"), result);
        }
        var good = Files.createDirectory(runs.resolve("zzz-good"));
        Files.writeString(good.resolve("config"), "app = lr\n");
        Files.writeString(good.resolve("result.json"), "{\"app\":\"lr\",\"data\":\"d\",\"seconds\":1.5}");
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "orrery.app.Orrery",
                        "runs")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said)
                .contains("zzz-good")
                .contains("result.json: is damaged: not a JSON object but null")
                .doesNotContain("Exception");
    }

    /** Any bit of any model: it is refused in words, or does what it did before. */
    @ParameterizedTest
    @ValueSource(strings = {"lr", "softmax", "kmeans", "lda", "pagerank", "mf"})
    void damagedModelsAreRefusedInWords(String app) throws IOException {
        var file = switch (app) {
            case "pagerank", "mf" -> {
                var text = new StringBuilder(app.equals("mf") ? "user,item,rating\n" : "from,to\n");
                for (int i = 0; i < 200; i++) {
                    text.append("a" + i % 17 + ",b" + i % 11 + (app.equals("mf") ? "," + (1 + i % 5) : "") + "\n");
                }
                var path = folder.resolve("pairs.csv");
                Files.writeString(path, text);
                yield path;
            }
            case "lda" -> {
                var text = new StringBuilder();
                for (int i = 0; i < 60; i++) {
                    text.append("1 1:" + (1 + i % 3) + " " + (2 + i % 17) + ":2 " + (20 + i % 11) + ":1\n");
                }
                var path = folder.resolve("counts.libsvm");
                Files.writeString(path, text);
                yield path;
            }
            default -> data("a.libsvm");
        };
        var model = folder.resolve("m.safetensors");
        var trained = Ran.of(
                "train",
                app,
                file.toString(),
                "--run",
                folder.resolve("run").toString(),
                "--model",
                model.toString(),
                "--no-cache");
        assertThat(trained.code()).as(trained.err()).isZero();
        var whole = Files.readAllBytes(model);
        var random = new SplittableRandom(app.hashCode());
        var shown = Ran.of("show", model.toString());
        int refused = 0;
        for (int i = 0; i < 150; i++) {
            var bytes = whole.clone();
            int at = random.nextInt(3) == 0 ? random.nextInt(16) : random.nextInt(bytes.length);
            bytes[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(model, bytes);
            var ran = Ran.of("show", model.toString());
            assertThat(ran.err()).doesNotContain("should not happen").doesNotContain("Exception");
            if (ran.code() == 0) {
                assertThat(ran.out()).isEqualTo(shown.out());
            } else {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(140); // all but a few in what nobody reads, such as the name of the sum
    }

    /** What others have written has no sum: nonsense in it is refused by what it is. */
    @Test
    void modelsWithoutASumAreCheckedByWhatIsInThem() throws IOException {
        var model = folder.resolve("m.safetensors");
        assertThat(Ran.of(
                                "train",
                                "lr",
                                data("a.libsvm").toString(),
                                "--run",
                                folder.resolve("run").toString(),
                                "--model",
                                model.toString(),
                                "--no-cache")
                        .code())
                .isZero();
        var metadata = new java.util.TreeMap<String, String>();
        var weights = new float[1];
        try (var file = Safetensors.open(Storage.local(folder), "m.safetensors")) {
            metadata.putAll(file.metadata());
            weights = file.floats("weights");
        }
        metadata.remove("sum");
        for (var name : List.copyOf(metadata.keySet())) {
            for (var nonsense : List.of("null", "{}", "7", "[]", "{\"format\":null}", "")) {
                var changed = new java.util.TreeMap<>(metadata);
                changed.put(name, nonsense);
                write(model, changed, weights);
                var ran = Ran.of(
                        "evaluate", model.toString(), folder.resolve("a.libsvm").toString());
                assertThat(ran.err())
                        .as(name + " = " + nonsense)
                        .doesNotContain("should not happen")
                        .doesNotContain("NullPointer");
            }
        }
    }

    private void write(Path model, Map<String, String> metadata, float[] weights) throws IOException {
        Storage.local(folder)
                .write(
                        String.valueOf(model.getFileName()),
                        out -> Safetensors.write(
                                out,
                                metadata,
                                List.of(
                                        Safetensors.Tensor.floats("weights", weights),
                                        Safetensors.Tensor.doubles("intercept", new double[1]),
                                        Safetensors.Tensor.doubles("labels", new double[] {-1, 1}))));
    }

    @Test
    void nullIsNoManifest() throws IOException {
        Files.writeString(folder.resolve("MANIFEST.json"), "null");
        assertThat(Ran.of("show", folder.toString()).err())
                .contains("MANIFEST.json: is damaged: not a JSON object but null");
        assertThat(Json.line(Map.of())).isEqualTo("{}");
    }
}
