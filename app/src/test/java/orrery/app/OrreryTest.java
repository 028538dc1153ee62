package orrery.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import orrery.app.apps.Applications;
import orrery.app.run.Progress;
import orrery.engine.event.RunEvent;
import orrery.store.Json;
import orrery.store.Safetensors;
import orrery.store.Storage;

/** The command line as a user has it: arguments in, text and exit code out. */
final class OrreryTest {
    @TempDir
    Path folder;

    /** Runs a command line in which {@code @} stands for the folder, in what it prints, too. */
    private Ran orrery(String... args) {
        var ran = Ran.of(
                Arrays.stream(args).map(arg -> arg.replace("@", folder + "/")).toArray(String[]::new));
        return new Ran(ran.code(), ran.out(), ran.err().replace(folder + "/", "@"));
    }

    @BeforeEach
    void files() throws IOException {
        var random = new SplittableRandom(1);
        var text = new StringBuilder();
        for (int i = 0; i < 400; i++) {
            double x = random.nextGaussian();
            double y = random.nextGaussian();
            text.append(x + y > 0 ? 1 : -1)
                    .append(" 1:")
                    .append(x)
                    .append(" 2:")
                    .append(y)
                    .append('\n');
        }
        Files.writeString(folder.resolve("two.libsvm"), text);
        Files.writeString(folder.resolve("three.libsvm"), "1 1:1\n2 2:1\n3 3:1\n");
        Files.writeString(folder.resolve("bad.libsvm"), "1 1:1\n1 17;0.5\n");
        Files.writeString(folder.resolve("nan.libsvm"), "nan 1:1\n1 1:2\n");
        Files.writeString(folder.resolve("one.libsvm"), "1 1:1\n1 1:2\n");
        Files.writeString(folder.resolve("words.csv"), "label,x\na,1\nb,2\n");
        Files.writeString(folder.resolve("ragged.csv"), "label,x\n1,2\n0,1,1\n");
        Files.writeString(folder.resolve("not.safetensors"), "nothing of the kind");
        Files.writeString(folder.resolve("bad.conf"), "# options\nseed = 2\nworker = 3\n");
        Files.writeString(folder.resolve("bad.jobs"), "# jobs\n0 evaluate lr\n");
        Files.writeString(folder.resolve("good.jobs"), """
                0 train lr '@two.libsvm' --solver svrg --workers 2 --run @pool-1 --no-cache
                0 train svm @two.libsvm --workers 1 --run @pool-2 --no-cache  # and another
                0.05 train lr @two.libsvm --workers 9 --run @pool-3 --no-cache
                """.replace("@", folder + "/"));
        Files.writeString(folder.resolve("noequals.conf"), "passes 2\n");
        Files.writeString(folder.resolve("flag.conf"), "json = yes\n");
        Files.writeString(
                folder.resolve("good.conf"),
                "app = lr\ntrain = " + folder.resolve("two.libsvm") + "\npasses = 2\nseed = 5\n");
    }

    /** What a user may get wrong, what is said, and the exit code. */
    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake(2, "unknown verb 'trian'; did you mean 'train'?", "trian"),
                mistake(2, "a verb is missing"),
                mistake(
                        2,
                        "--faults is about several processes; add --processes",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--faults",
                        "drop=1%"),
                mistake(
                        2,
                        "--layout must be auto, dense, keyed or sparse",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--layout",
                        "odd"),
                mistake(
                        2,
                        "--from-model: @nothing: is no run and no model",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--from-model",
                        "@nothing"),
                mistake(
                        1,
                        "the layout is sparse, not keyed",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--hash-bits",
                        "64",
                        "--layout",
                        "keyed"),
                mistake(
                        1,
                        "dual needs features with numbers",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--hash-bits",
                        "64",
                        "--solver",
                        "dual"),
                mistake(
                        1,
                        "k-means needs features with numbers",
                        "train",
                        "kmeans",
                        "@two.libsvm",
                        "--hash-bits",
                        "64"),
                mistake(
                        2,
                        "hash bits must be 1 to 28, or 64 for keys",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--hash-bits",
                        "40"),
                mistake(
                        2,
                        "--solver svrg has no --rule",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--solver",
                        "svrg",
                        "--rule",
                        "sgd"),
                mistake(
                        2,
                        "--solver must be rule, dual, svrg or sag",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--solver",
                        "newton"),
                mistake(
                        2,
                        "--solver dual has no --rate",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--solver",
                        "dual",
                        "--rate",
                        "1"),
                mistake(
                        2,
                        "--solver-tolerance is for --solver dual",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--solver-tolerance",
                        "0.1"),
                mistake(2, "--step-workers is for --solver svrg", "train", "lr", "@two.libsvm", "--step-workers", "2"),
                mistake(2, "the hinge loss is not smooth", "train", "svm", "@two.libsvm", "--solver", "svrg"),
                mistake(1, "no such file", "train", "lr", "@gone.csv", "--stream", "--format", "csv"),
                mistake(2, "--stream holds nothing out", "train", "lr", "@two.libsvm", "--stream", "--split", "0.5"),
                mistake(1, "bad.libsvm: line at byte 6: expected", "train", "lr", "@bad.libsvm", "--stream"),
                mistake(1, "no such file, and no set", "train", "lr", "@nothing.libsvm", "--stream"),
                mistake(2, "JOBS is missing", "pool"),
                mistake(1, "nothing.txt: no such file", "pool", "@nothing.txt"),
                mistake(2, "bad.jobs:2: expected SECONDS train APP", "pool", "@bad.jobs"),
                mistake(2, "a scheduler is sequential, greedy or", "pool", "@good.jobs", "--scheduler", "fair"),
                mistake(
                        2,
                        "--processes 3 share 2 workers: each needs one at least; add --workers 3",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "-p",
                        "3",
                        "-w",
                        "2"),
                mistake(2, "--processes must be 0 or more, got -1", "train", "lr", "@two.libsvm", "-p", "-1"),
                mistake(2, "--memory is a number with k, m or g", "train", "lr", "@two.libsvm", "--memory", "lots"),
                mistake(
                        2,
                        "faults are drop=1%,duplicate=1%",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "-p",
                        "2",
                        "-w",
                        "2",
                        "--faults",
                        "rain=1%"),
                mistake(
                        2,
                        "a lease must be 100 ms or more, got PT0.01S",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "-p",
                        "2",
                        "-w",
                        "2",
                        "--lease",
                        "0.01"),
                mistake(
                        2,
                        "unknown option '--worker'; did you mean '--workers'?",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--worker",
                        "2"),
                mistake(
                        2,
                        "unknown application 'logistic'; there are mean, lr, svm, softmax, least-squares",
                        "train",
                        "logistic",
                        "@two.libsvm"),
                mistake(2, "what is to be trained? One of mean, lr, svm, softmax, least-squares", "train"),
                mistake(2, "which data?", "train", "lr"),
                mistake(2, "workers must be 1 to 1024, got 0", "train", "lr", "@two.libsvm", "--workers", "0"),
                mistake(2, "'x' is not an int", "train", "lr", "@two.libsvm", "--workers", "x"),
                mistake(
                        2,
                        "consistency must be bsp, ssp:STALENESS (such as ssp:3), essp:STALENESS, sparse-ssp:STALENESS:SPECULATION, local:STEPS, rotating, rotating:BLOCKS or asp, got 'ssp'",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--consistency",
                        "ssp"),
                mistake(2, "--no-scaling needs --rate", "train", "lr", "@two.libsvm", "--no-scaling"),
                mistake(2, "staleness must be 0 or more, got -1", "train", "lr", "@two.libsvm", "--staleness=-1"),
                mistake(
                        2,
                        "--staleness 2 means --consistency ssp:2, but --consistency bsp was given, too",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--consistency",
                        "bsp",
                        "--staleness",
                        "2"),
                mistake(2, "passes must be 1 or more, got 0", "train", "lr", "@two.libsvm", "--passes", "0"),
                mistake(2, "batch must be 1 or more, got -5", "train", "lr", "@two.libsvm", "--batch=-5"),
                mistake(
                        2,
                        "unknown rule 'adgrad'; did you mean 'adagrad'?",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--rule",
                        "adgrad"),
                mistake(2, "adagrad: rate must be above 0, got -1.0", "train", "lr", "@two.libsvm", "--rate=-1"),
                mistake(
                        2,
                        "the rule sgd has no --momentum, only --l1, --l2",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--rule",
                        "sgd",
                        "--momentum",
                        "0.9"),
                mistake(
                        2,
                        "train lr has no option --squared-hinge, which is of svm",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--squared-hinge"),
                mistake(
                        2,
                        "--test and --split are two ways to have test data; give one",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--test",
                        "@two.libsvm",
                        "--split",
                        "0.5"),
                mistake(
                        2,
                        "--split must be above 0 and below 1, got 1.5",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--split",
                        "1.5"),
                mistake(2, "holds out none of 400 examples", "train", "lr", "@two.libsvm", "--split", "0.0000001"),
                mistake(
                        2,
                        "hash bits must be 1 to 28, or 64 for keys, got 40",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--hash-bits",
                        "40"),
                mistake(
                        2,
                        "column 'x' is given two roles",
                        "train",
                        "lr",
                        "@words.csv",
                        "--numeric",
                        "x",
                        "--text",
                        "x"),
                mistake(2, " is a folder; name a file", "train", "lr", "@two.libsvm", "--model", "@"),
                mistake(
                        2,
                        "@bad.conf:3: unknown name 'worker'; did you mean 'workers'?",
                        "train",
                        "--config",
                        "@bad.conf"),
                mistake(
                        2,
                        "@noequals.conf:1: expected name = value, found 'passes 2'",
                        "train",
                        "--config",
                        "@noequals.conf"),
                mistake(2, "@flag.conf:1: json must be true or false, found 'yes'", "train", "--config", "@flag.conf"),
                mistake(2, "@none.conf: no such config file", "train", "--config", "@none.conf"),
                mistake(2, "@none: is no run", "train", "--resume", "@none"),
                mistake(2, "is no run and no model; list the runs with: orrery runs", "show", "@none"),
                mistake(1, "@none.libsvm: no such file, and no set of that name", "train", "lr", "@none.libsvm"),
                mistake(1, "bad.libsvm:2: expected index:value, found '17;0.5'", "train", "lr", "@bad.libsvm"),
                mistake(1, "nan.libsvm:1: expected a number as label, found 'nan'", "train", "lr", "@nan.libsvm"),
                mistake(1, "ragged.csv:3: expected 2 fields, found more", "train", "lr", "@ragged.csv"),
                mistake(1, "has no column 'y'", "train", "lr", "@words.csv", "--label", "y"),
                mistake(
                        1,
                        "lr needs 2 classes, the data has 3 [1, 2, 3]; use softmax, or --solver dual for one class against the rest",
                        "train",
                        "lr",
                        "@three.libsvm"),
                mistake(1, "lr needs 2 classes, the data has 1 [1]", "train", "lr", "@one.libsvm"),
                mistake(
                        1,
                        "least-squares needs numbers as labels, the data has the classes [a, b]",
                        "train",
                        "least-squares",
                        "@words.csv"),
                mistake(
                        1,
                        "there is no class '7' to weigh, only [-1, 1]",
                        "train",
                        "lr",
                        "@two.libsvm",
                        "--class-weight",
                        "7=2"),
                mistake(1, "not a safetensors file", "predict", "@not.safetensors", "@two.libsvm"),
                mistake(1, "there is no set 'span'; did you mean 'spam'?", "data", "get", "span"));
    }

    private static Arguments mistake(int code, String message, String... args) {
        return Arguments.of(code, message, args);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("mistakes")
    void everyMistakeGetsOneClearMessageAndLeavesNothing(int code, String message, String[] args) throws IOException {
        var before = listing();
        var all = new ArrayList<>(List.of(args));
        if (!all.isEmpty() && all.getFirst().equals("train") && !all.contains("--resume")) {
            all.addAll(List.of("--run", "@run", "--no-cache", "--quiet"));
        }
        var ran = orrery(all.toArray(String[]::new));
        assertThat(ran.err())
                .contains(message)
                .startsWith("orrery: ")
                .doesNotContain("\tat ")
                .doesNotContain("Exception");
        assertThat(ran.code()).isEqualTo(code);
        assertThat(ran.out()).isEmpty();
        assertThat(listing()).isEqualTo(before);
    }

    private List<Path> listing() throws IOException {
        try (var files = Files.walk(folder)) {
            return files.sorted().toList();
        }
    }

    @Test
    void trainingLeavesARunThatCanBeShownEvaluatedAndPredictedFrom() throws IOException {
        var trained = orrery(
                "train",
                "lr",
                "@two.libsvm",
                "--test",
                "@two.libsvm",
                "--run",
                "@run",
                "--no-cache",
                "--json",
                "--quiet");
        assertThat(trained.err()).isEmpty();
        assertThat(trained.code()).isZero();
        var result = Json.object(trained.out(), "result");
        assertThat(result.keySet())
                .containsExactly(
                        "app",
                        "data",
                        "workers",
                        "consistency",
                        "seconds",
                        "cpuSeconds",
                        "examples",
                        "nonZeros",
                        "train",
                        "test",
                        "read",
                        "model",
                        "run",
                        "phases");
        assertThat(result)
                .containsEntry("app", "lr")
                .containsEntry("examples", 40000)
                .containsEntry("nonZeros", 800);
        assertThat(result.get("train").toString()).contains("accuracy", "auc", "logLoss", "macroF1");
        var run = folder.resolve("run");
        for (var file : List.of(
                "config", "provenance.json", "metrics.jsonl", "model.safetensors", "result.json", "checkpoints")) {
            assertThat(run.resolve(file)).exists();
        }
        assertThat(Files.readString(run.resolve("provenance.json"))).contains("dataSum", "seed", "commit", "jdk");
        assertThat(Files.readAllLines(run.resolve("metrics.jsonl"))).allSatisfy(line -> Json.object(line, "metrics"));

        var evaluated = orrery("evaluate", "@run", "@two.libsvm", "--json", "--no-cache");
        assertThat(Json.object(evaluated.out(), "evaluated").get("test")).isEqualTo(result.get("test"));
        var predicted = orrery("predict", "@run/model.safetensors", "@two.libsvm", "--probabilities", "--no-cache")
                .out()
                .lines()
                .toList();
        assertThat(predicted.getFirst()).isEqualTo("class\t-1\t1");
        assertThat(predicted).hasSize(401);
        var labels = Files.readAllLines(folder.resolve("two.libsvm"));
        long right = 0;
        for (int i = 0; i < 400; i++) {
            right += predicted.get(i + 1).startsWith(labels.get(i).split(" ")[0] + "\t") ? 1 : 0;
        }
        assertThat(String.valueOf(right / 400.0))
                .isEqualTo(String.valueOf(((Map<?, ?>) result.get("test")).get("accuracy")));
        var shown = orrery("show", "@run");
        assertThat(shown.out()).contains("app = lr", "# provenance", "event cut", "# model: logistic");
        var checkpoint =
                Storage.local(folder.resolve("run/checkpoints")).list("").getLast();
        var sound = orrery("show", "@run/checkpoints/" + checkpoint);
        assertThat(sound.code()).isZero();
        assertThat(sound.out())
                .contains("# checkpoint", "job = lr", "weights.table.safetensors")
                .doesNotContain("DAMAGED");
        Files.writeString(folder.resolve("run/checkpoints/" + checkpoint + "/weights.table.safetensors"), "else");
        var damaged = orrery("show", "@run/checkpoints/" + checkpoint);
        assertThat(damaged.code()).isEqualTo(1);
        assertThat(damaged.out()).contains("DAMAGED");
        assertThat(orrery("train", "lr", "@two.libsvm", "--run", "@run", "--no-cache")
                        .err())
                .contains("exists; go on with --resume");
        assertThat(orrery("train", "--resume", "@run").err()).contains("is done");
    }

    /** Logistic regression on two processes has the bits of one, in fair weather and in bad. */
    @Test
    void processesLearnWhatThreadsDo() throws IOException {
        String[] common = {
            "train",
            "lr",
            "@two.libsvm",
            "--split",
            "0.2",
            "--passes",
            "3",
            "--batch",
            "16",
            "-w",
            "4",
            "--early-stop",
            "2",
            "--no-cache",
            "--json"
        };
        var due = train(common, "--run", "@threads");
        assertThat(train(common, "--run", "@two", "--processes", "2")).containsExactly(due);
        assertThat(train(common, "--run", "@here", "--processes", "2", "--on", "this-jvm"))
                .containsExactly(due);
        assertThat(train(
                        common,
                        "--run",
                        "@bad",
                        "--processes",
                        "3",
                        "--insecure",
                        "--faults",
                        "drop=1%,delay=2ms,duplicate=1%,reorder=2%"))
                .containsExactly(due);
        assertThat(Json.object(Files.readString(folder.resolve("two/result.json")), "result"))
                .containsEntry("processes", 2);
    }

    /** Weights by key: two processes write them in parts, which all verbs read; and another training begins with them. */
    @Test
    void modelsInPartsAreUsedAsOthersAre() throws IOException {
        String[] common = {
            "train",
            "lr",
            "@two.libsvm",
            "--split",
            "0.2",
            "--passes",
            "3",
            "--batch",
            "16",
            "-w",
            "4",
            "--no-cache",
            "--json"
        };
        var due = orrery(with(common, "--run", "@dense")).json();
        for (var layout : List.of("keyed", "sparse")) {
            var is = orrery(with(common, "--run", "@" + layout, "--layout", layout, "--processes", "2"))
                    .json();
            assertThat(is.get("test")).isEqualTo(due.get("test"));
            assertThat(String.valueOf(is.get("layout"))).contains(layout, "as asked");
            assertThat(folder.resolve(layout + "/model-00002-of-00002.safetensors"))
                    .exists();
            for (var verb : List.of("predict", "evaluate")) {
                assertThat(orrery(verb, "@" + layout, "@two.libsvm").out())
                        .isEqualTo(orrery(verb, "@dense", "@two.libsvm").out())
                        .isNotEmpty();
            }
            assertThat(orrery("show", "@" + layout + "/model.safetensors", "--top", "2")
                            .out())
                    .isEqualTo(orrery("show", "@dense/model.safetensors", "--top", "2")
                            .out());
            var next = orrery(with(
                            common,
                            "--run",
                            "@next-" + layout,
                            "--layout",
                            layout,
                            "--from-model",
                            "@" + layout,
                            "--processes",
                            "2"))
                    .json();
            assertThat(((Number) ((Map<?, ?>) next.get("train")).get("logLoss")).doubleValue())
                    .isLessThan(((Number) ((Map<?, ?>) due.get("train")).get("logLoss")).doubleValue());
        }
    }

    private static String[] with(String[] common, String... more) {
        var all = new ArrayList<>(List.of(common));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    /** Categories as 64-bit keys: nothing of them is kept but the weights, by which new data is read. */
    @Test
    void categoriesAreKeys() throws IOException {
        var text = new StringBuilder("clicked,shop,page,hour\n");
        for (int i = 0; i < 600; i++) {
            text.append(i % 3 == 0 ? "yes" : "no")
                    .append(",shop" + i % 3)
                    .append(",page" + i)
                    .append("," + i % 24)
                    .append('\n');
        }
        Files.writeString(folder.resolve("clicks.csv"), text);
        var all = orrery("train", "lr", "@clicks.csv", "--hash-bits", "64", "--run", "@keys", "--no-cache", "--json")
                .json();
        assertThat(String.valueOf(all.get("layout"))).contains("sparse", "64-bit keys");
        assertThat(orrery("predict", "@keys", "@clicks.csv").out().lines().limit(3))
                .containsExactly("yes", "no", "no");
        assertThat(orrery("show", "@keys/model.safetensors", "--top", "2").out())
                .contains("64-bit keys", "hash#");
        var few = orrery(
                        "train",
                        "lr",
                        "@clicks.csv",
                        "--hash-bits",
                        "64",
                        "--passes",
                        "1",
                        "--make-after",
                        "2",
                        "--run",
                        "@few",
                        "--no-cache",
                        "--json")
                .json();
        assertThat(((Number) few.get("updatesThatMadeNoRow")).longValue()).isGreaterThan(500);
        assertThat(orrery("data", "describe", "@clicks.csv", "--hash-bits", "64")
                        .code())
                .isZero();
        assertThat(orrery("data", "convert", "@clicks.csv", "@keys.libsvm", "--hash-bits", "64")
                        .code())
                .isZero();
        var again = orrery(
                        "train", "lr", "@keys.libsvm", "--hash-bits", "64", "--run", "@again", "--no-cache", "--json")
                .json();
        assertThat(again.get("nonZeros")).isEqualTo(all.get("nonZeros"));
    }

    /** What the launcher has the JDK record: all of it has to work. */
    @Test
    void theRehearsalRunsAllVerbs() throws IOException {
        assertThat(Rehearsal.failures(folder.resolve("rehearsal"))).isEmpty();
    }

    /** Ranks have the same bits wherever the rows lie, in bad weather, too. */
    @Test
    void ranksAreTheSameOnProcesses() throws IOException {
        var random = new SplittableRandom(1);
        var edges = new StringBuilder("# from, to\n");
        for (int i = 0; i < 3000; i++) {
            edges.append("n")
                    .append(random.nextInt(400))
                    .append('\t')
                    .append("n")
                    .append((int) (400 * Math.pow(random.nextDouble(), 3)))
                    .append('\n');
        }
        Files.writeString(folder.resolve("edges.txt"), edges);
        String[] common = {"train", "pagerank", "@edges.txt", "-w", "4", "--iterations", "25"};
        var due = train(common, "--run", "@ranked");
        assertThat(train(
                        common,
                        "--run",
                        "@ranked-on-two",
                        "--processes",
                        "2",
                        "--insecure",
                        "--faults",
                        "drop=1%,delay=1ms,duplicate=1%,reorder=2%"))
                .containsExactly(due);
        assertThat(folder.resolve("ranked-on-two/plan.safetensors")).exists();
        assertThat(train(common, "--run", "@ranked-later", "--processes", "2", "--plan-by", "first-pass"))
                .containsExactly(due);
        assertThat(Files.readString(folder.resolve("ranked-later/metrics.jsonl")))
                .contains("\"planned\"");
        assertThat(folder.resolve("ranked-later/checkpoints/plan.safetensors")).exists();
        assertThat(orrery("show", "@ranked").out()).contains("# ranks of ");
        var plan = orrery("plan", "pagerank", "@edges.txt", "-w", "4", "--processes", "2");
        assertThat(plan.code()).as(plan.err()).isZero();
        assertThat(plan.out()).contains("table shares", "over the wire");
    }

    /** Topics of texts and of counts: trained by threads and by processes, looked at, used on other documents. */
    @Test
    void topicsOfDocumentsAreFound() throws IOException {
        var texts = new StringBuilder("id,text\n");
        for (int i = 0; i < 120; i++) {
            texts.append(i)
                    .append(
                            i % 2 == 0
                                    ? ",tea cup milk sugar tea pot spoon\n"
                                    : ",ship sail mast harbour ship rope anchor\n");
        }
        Files.writeString(folder.resolve("texts.csv"), texts);
        String[] options = {
            "train", "lda", "@texts.csv", "--text", "text", "--topics", "2", "--iterations", "10", "--no-cache"
        };
        var trained = orrery(with(options, "--split", "0.2", "--run", "@topics", "--json"));
        assertThat(trained.metric("train", "logLikelihood")).isBetween(-3.0, -1.0);
        assertThat(trained.metric("test", "perplexity")).isBetween(4.0, 14.0);
        assertThat(trained.err()).contains("read as texts: texts in text, stop words 2", "words are kept");
        var processes =
                orrery(with(options, "--split", "0.2", "--run", "@spread", "--processes", "2", "--workers", "2"));
        assertThat(processes.code()).as(processes.err()).isZero();
        var threads = orrery(with(options, "--split", "0.2", "--run", "@here", "--workers", "2"));
        assertThat(threads.out().lines().limit(4).skip(1))
                .isEqualTo(processes.out().lines().limit(4).skip(1).toList());
        var shown = orrery("topics", "@topics", "--top", "3", "--html", "@page.html");
        assertThat(shown.out().lines().toList().subList(1, 3))
                .anyMatch(line -> line.contains("tea 0.") && !line.contains("ship"))
                .anyMatch(line -> line.contains("ship 0.") && !line.contains("tea"));
        assertThat(Files.readString(folder.resolve("page.html"))).contains("<h1>2 topics</h1>", ">ship</b>");
        assertThat(orrery("topics", "@topics", "--json").json()).containsKeys("coherence", "topics");
        assertThat(orrery("predict", "@topics", "@texts.csv", "--text", "text", "--no-cache")
                        .out()
                        .lines())
                .hasSize(120)
                .allMatch(line -> line.matches("[01]:0[.]9[0-9]+ ?.*|[01]:1.*"));
        assertThat(orrery("evaluate", "@topics", "@texts.csv", "--text", "text", "--no-cache")
                        .out())
                .contains("perplexity");
        assertThat(orrery("show", "@topics/model.safetensors").out()).contains("# 2 topics, ");
        Files.writeString(folder.resolve("docword.txt"), "2\n3\n3\n1 1 2\n1 3 1\n2 2 1\n");
        assertThat(orrery("evaluate", "@topics", "@docword.txt", "--no-cache").err())
                .contains("give --vocabulary FILE");
        assertThat(orrery("train", "lda", "@texts.csv", "--no-cache").err()).contains("name the column of texts");
        assertThat(orrery("train", "lda", "@docword.txt", "--topics", "0").err())
                .contains("topics must be 1 to 1048576, got 0");
        assertThat(orrery("train", "lda", "@docword.txt", "--topics", "70000").err())
                .contains("the sampler exact has up to 65536 topics, got 70000; light and warp have up to 1048576");
        String[] inFiles = {
            "train", "lda", "@docword.txt", "--topics", "70000", "--sampler", "light", "--iterations", "3"
        };
        String[] pool = {"--out-of-core", "--model-pool", "1m", "--pool-folder", "@pool", "--run", "@filed"};
        assertThat(orrery(with(with(inFiles, pool), "--checkpoint-every", "0")).code())
                .isZero();
        assertThat(orrery(with(with(inFiles, pool), "--split", "0.5")).err())
                .contains("--out-of-core holds no documents out");
        assertThat(orrery("train", "lda", "@texts.csv", "--text", "text", "--out-of-core")
                        .err())
                .contains("documents that are not held in memory are of format docword");
        assertThat(orrery("topics", "@two.libsvm").code()).isNotZero();
    }

    /** Clusters predict and are measured as models are; factors recommend, without what is known. */
    @Test
    void clustersAndFactorsAreModelsLikeOthers() throws IOException {
        var clustered =
                orrery("train", "kmeans", "@two.libsvm", "--clusters", "3", "--run", "@clustered", "--no-cache");
        assertThat(clustered.code()).as(clustered.err()).isZero();
        assertThat(clustered.out()).contains("inertia", "sizes");
        assertThat(orrery("predict", "@clustered", "@two.libsvm", "--no-cache")
                        .out()
                        .lines())
                .allMatch(line -> line.matches("[0-2]"));
        assertThat(orrery("evaluate", "@clustered", "@two.libsvm", "--no-cache").out())
                .contains("inertia");
        assertThat(orrery("show", "@clustered").out()).contains("# 3 clusters");
        String[] byKey = {"train", "kmeans", "@two.libsvm", "--clusters", "3", "--layout", "keyed", "--no-cache"};
        var keyedClusters = orrery(with(byKey, "--processes", "2", "--run", "@keyed-clusters"));
        assertThat(keyedClusters.code()).as(keyedClusters.err()).isZero();
        assertThat(keyedClusters.err()).contains("keyed: each process holds its own clusters");
        assertThat(orrery(with(byKey, "--run", "@alone-clusters")).code()).isZero();
        for (var verb : List.of("predict", "evaluate")) {
            assertThat(orrery(verb, "@keyed-clusters", "@two.libsvm", "--no-cache")
                            .out())
                    .isEqualTo(orrery(verb, "@alone-clusters", "@two.libsvm", "--no-cache")
                            .out())
                    .isNotEmpty();
        }
        assertThat(orrery("show", "@keyed-clusters/model.safetensors").out())
                .isEqualTo(orrery("show", "@alone-clusters/model.safetensors").out());
        assertThat(orrery(with(byKey, "--starts", "2")).err()).contains("--starts is of the dense layout");
        var ratings = new StringBuilder("user,item,rating\n");
        var random = new SplittableRandom(2);
        for (int i = 0; i < 600; i++) {
            int user = random.nextInt(20);
            int item = random.nextInt(30);
            ratings.append("u")
                    .append(user)
                    .append(",i")
                    .append(item)
                    .append(',')
                    .append(1 + (user + item) % 5)
                    .append('\n');
        }
        Files.writeString(folder.resolve("ratings.csv"), ratings);
        var factorised = orrery("train", "mf", "@ratings.csv", "--rank", "4", "--split", "0.2", "--run", "@factors");
        assertThat(factorised.code()).as(factorised.err()).isZero();
        assertThat(factorised.out()).contains("rmse", "mae");
        var best = orrery("recommend", "@factors", "u3", "--top", "30", "--without", "@ratings.csv");
        assertThat(best.code()).as(best.err()).isZero();
        long known = ratings.toString()
                .lines()
                .filter(line -> line.startsWith("u3,"))
                .map(line -> line.split(",")[1])
                .distinct()
                .count();
        assertThat(best.out().lines()).hasSize((int) (30 - known));
        assertThat(orrery("recommend", "@factors", "u33").err()).contains("knows no user 'u33'");
        var keyed = orrery(
                "train",
                "mf",
                "@ratings.csv",
                "--rank",
                "4",
                "--split",
                "0.2",
                "--layout",
                "keyed",
                "--processes",
                "2",
                "-w",
                "2",
                "--run",
                "@keyed");
        assertThat(keyed.code()).as(keyed.err()).isZero();
        var dense =
                orrery("train", "mf", "@ratings.csv", "--rank", "4", "--split", "0.2", "-w", "2", "--run", "@dense");
        for (var layout : List.of("keyed", "dense")) {
            assertThat(orrery("recommend", "@" + layout, "u3", "--top", "30").out())
                    .isEqualTo(
                            orrery("recommend", "@dense", "u3", "--top", "30").out())
                    .isNotEmpty();
            assertThat(orrery("predict", "@" + layout, "@ratings.csv").out())
                    .isEqualTo(orrery("predict", "@dense", "@ratings.csv").out())
                    .isNotEmpty();
        }
        assertThat(folder.resolve("keyed/model-items-00002-of-00002.safetensors"))
                .exists();
        assertThat(dense.out()).contains("rmse");
        assertThat(orrery("train", "mf", "@ratings.csv", "--layout", "sparse").err())
                .contains("--layout must be auto, dense or keyed, got 'sparse'");
        assertThat(orrery("evaluate", "@factors", "@ratings.csv").out()).contains("rmse", "strangers 0\n");
        var strange = "u3,i4,5\nu3,nothing,2\nnobody,i4,2\nnobody,nothing,4\n";
        Files.writeString(folder.resolve("strange.csv"), strange);
        assertThat(orrery("evaluate", "@factors", "@strange.csv").out()).contains("strangers 0.75");
        assertThat(orrery("predict", "@factors", "@strange.csv").out().lines()).hasSize(4);
        assertThat(orrery("predict", "@factors", "@strange.csv", "-p").err()).contains("have no probabilities");
        Files.writeString(folder.resolve("test.tsv"), "user\titem\trating\nu3\ti4\t3\nnobody\ti5\t1\n");
        var fixed = orrery("train", "mf", "@ratings.csv", "--test", "@test.tsv", "--run", "@fixed");
        assertThat(fixed.code()).as(fixed.err()).isZero();
        assertThat(fixed.err()).contains("test: 2, 1 of them with a user or item that the training data lacks");
        assertThat(fixed.out()).contains("test   rmse");
    }

    @Test
    void anOptionOfAnotherApplicationIsAnError() throws IOException {
        assertThat(orrery("train", "pagerank", "jdk-graph", "--rate", "1").err())
                .contains("pagerank has no option --rate");
        assertThat(orrery("train", "lr", "@two.libsvm", "--top", "1").err()).contains("lr has no option --top");
        assertThat(orrery("train", "pagerank", "jdk-verbs").err()).contains("is no graph");
        assertThat(orrery("train", "pagerankk", "jdk-graph").err()).contains("did you mean 'pagerank'");
        Files.writeString(folder.resolve("bad.txt"), "a b\n\nc\n");
        assertThat(orrery("train", "pagerank", "@bad.txt").err())
                .contains("bad.txt:3: expected two nodes among 2 fields, found 1");
    }

    private float[] train(String[] common, String... more) throws IOException {
        var args = new ArrayList<>(List.of(common));
        args.addAll(List.of(more));
        var ran = orrery(args.toArray(String[]::new));
        assertThat(ran.code()).as(ran.err()).isZero();
        var run = more[1].substring(1);
        try (var file = Safetensors.open(Storage.local(folder.resolve(run)), "model.safetensors")) {
            return file.floats(file.names().contains("weights") ? "weights" : "ranks");
        }
    }

    @Test
    void aConfigFileSaysWhatTheCommandLineWould() throws IOException {
        var byFile = orrery("train", "--config", "@good.conf", "--run", "@a", "--no-cache", "--json", "--quiet");
        var byHand = orrery(
                "train",
                "lr",
                "@two.libsvm",
                "--passes",
                "2",
                "--seed",
                "5",
                "--run",
                "@b",
                "--no-cache",
                "--json",
                "--quiet");
        assertThat(byFile.code()).isZero();
        assertThat(Files.readAllBytes(folder.resolve("a/model.safetensors")).length)
                .isPositive();
        assertThat(Json.object(byFile.out(), "a").get("test"))
                .isEqualTo(Json.object(byHand.out(), "b").get("test"));
        assertThat(Json.object(byFile.out(), "a").get("train"))
                .isEqualTo(Json.object(byHand.out(), "b").get("train"));
        var again = orrery("train", "--config", "@a/config", "--run", "@c", "--no-cache", "--json", "--quiet");
        assertThat(Json.object(again.out(), "c").get("train"))
                .isEqualTo(Json.object(byFile.out(), "a").get("train"));
    }

    /** As after a kill: the newest checkpoint is there, the result is not. */
    @Test
    void aRunIsResumedFromItsCheckpointToTheSameModel() throws IOException {
        assertThat(orrery("train", "lr", "@two.libsvm", "--run", "@whole", "--no-cache", "-q")
                        .code())
                .isZero();
        assertThat(orrery("train", "lr", "@two.libsvm", "--run", "@cut", "--no-cache", "-q")
                        .code())
                .isZero();
        var cut = folder.resolve("cut");
        Files.delete(cut.resolve("result.json"));
        Files.delete(cut.resolve("model.safetensors"));
        try (var checkpoints = Files.list(cut.resolve("checkpoints"))) {
            var newest = checkpoints.sorted().toList().getLast();
            Files.delete(newest.resolve("MANIFEST.json")); // so that there is something left to do
        }
        var misfit = orrery("train", "--resume", "@cut", "--workers", "3", "-q");
        assertThat(misfit.err()).contains("cannot go on: ").contains("clocks");
        assertThat(misfit.code()).isEqualTo(1);
        assertThat(orrery("train", "--resume", "@cut", "-q").code()).isZero();
        assertThat(orrery("evaluate", "@cut", "@two.libsvm", "--no-cache").out())
                .isEqualTo(orrery("evaluate", "@whole", "@two.libsvm", "--no-cache")
                        .out());
        assertThat(orrery("show", "@cut/model.safetensors").out())
                .isEqualTo(orrery("show", "@whole/model.safetensors").out());
    }

    /** Each gets what it wants, in its turn; what never could is told, and fails alone. */
    @Test
    void jobsShareAPool() throws IOException {
        var ran = orrery("pool", "@good.jobs", "--slots", "2");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out())
                .contains("1 lr: stage 1 begins, 2 workers")
                .contains("2 svm: stage 1 begins, 1 worker")
                .contains("1 lr  |")
                .contains("3 lr, which failed with status")
                .contains("task '3 lr', stage 0: wants 9 anywhere, and there are only 2 on node 1")
                .doesNotContain("Exception");
        assertThat(folder.resolve("pool-1/model.safetensors")).exists();
        assertThat(folder.resolve("pool-2/model.safetensors")).exists();
        var again = orrery("pool", "--replay", "@good.jobs.decisions.jsonl");
        assertThat(again.code()).isZero();
        assertThat(again.out()).contains("all the same");
        var first =
                Files.readAllLines(folder.resolve("good.jobs.decisions.jsonl")).getFirst();
        Files.writeString(
                folder.resolve("other.jsonl"),
                first.replaceAll("\"starts\":\\[.*?\\](?=,\"standings)", "\"starts\":[]"));
        assertThat(orrery("pool", "--replay", "@other.jsonl").out()).contains("1 different");
    }

    /** The stages of svrg on processes, and data that are read again at each pass. */
    @Test
    void otherSolversAndStreamsTrain() {
        var svrg = orrery(
                "train",
                "lr",
                "@two.libsvm",
                "--solver",
                "svrg",
                "--step-workers",
                "auto",
                "--processes",
                "2",
                "--run",
                "@svrg",
                "--quiet",
                "--no-cache");
        assertThat(svrg.code()).as(svrg.err()).isZero();
        assertThat(svrg.out()).contains("accuracy 0.9").contains("lr on ");
        var stream = orrery(
                "train", "lr", "@two.libsvm", "--stream", "--test", "@two.libsvm", "--run", "@stream", "--quiet");
        assertThat(stream.code()).as(stream.err()).isZero();
        assertThat(stream.out()).contains("test   accuracy 0.9").contains("40,000 examples");
        var columns =
                orrery("train", "lr", "@words.csv", "--stream", "--test", "@words.csv", "--run", "@columns", "--quiet");
        assertThat(columns.code()).as(columns.err()).isZero();
        assertThat(columns.out()).contains("test   accuracy");
        var sparse = orrery(
                "train",
                "lr",
                "@two.libsvm",
                "--consistency",
                "sparse-ssp:1:3",
                "--run",
                "@sparse",
                "--quiet",
                "--no-cache");
        assertThat(sparse.code()).as(sparse.err()).isZero();
        assertThat(sparse.out()).contains("sparse-ssp:1:3").contains("accuracy ");
    }

    /** An application of another jar: with flags of its own, on threads and processes, its model used by the same verbs. */
    @Test
    void anApplicationOfOthersIsLikeThoseHere() throws IOException {
        Files.writeString(folder.resolve("numbers.csv"), "y,x\n1,0\n2,0\n3,1\n6,1\n");
        assertThat(orrery("train", "--help").out()).contains("mean", "computes the mean of the labels");
        assertThat(orrery("train", "mean", "--help").out()).contains("--times", "--label", "--workers");
        var trained = orrery("train", "mean", "@numbers.csv", "--times", "2", "--run", "@mean", "--no-cache");
        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(trained.out()).contains("mean 6.0");
        assertThat(orrery("show", "@mean/model.safetensors").out()).isEqualTo("# mean 6.0\n");
        assertThat(orrery("predict", "@mean", "@numbers.csv").out()).isEqualTo("6.0\n");
        assertThat(orrery("evaluate", "@mean", "@numbers.csv").err()).contains("cannot be measured");
        assertThat(orrery("train", "lr", "@two.libsvm", "--times", "2").err())
                .contains("train lr has no option --times, which is of mean");
    }

    /** What an application takes fits on a screen; what another takes is not in it. */
    @Test
    void helpIsShortAndOfOneApplication() {
        assertThat(orrery("train", "--help").out().lines().count()).isLessThanOrEqualTo(25);
        for (var application : Applications.all()) {
            var help = orrery("train", application.name(), "--help").out();
            assertThat(help.lines().count()).as(application.name()).isLessThanOrEqualTo(46);
            assertThat(help.lines()).allMatch(line -> line.length() <= 100);
            assertThat(help.contains("--iterations"))
                    .isEqualTo(List.of("kmeans", "lda", "pagerank").contains(application.name()));
            var all = orrery("train", application.name(), "--help-all").out();
            assertThat(all).contains("--wait-limit SECONDS", "fails").hasLineCount((int)
                    all.lines().count());
            assertThat(all.lines().count()).isGreaterThan(help.lines().count());
        }
    }

    @Test
    void helpIsHelp() {
        for (var verb : List.of("demo", "train", "pool", "predict", "evaluate", "data", "runs", "show", "doctor")) {
            var ran = orrery(verb, "--help");
            assertThat(ran.code()).isZero();
            assertThat(ran.out()).contains("Usage: orrery " + verb);
        }
        assertThat(orrery("--version").out()).contains("orrery 0.1.0").contains("JDK");
        assertThat(orrery("data", "list").out()).contains("jdk-verbs", "spam");
    }

    @Test
    void aLogGetsLinesAtDoublingIntervals() {
        var err = new StringWriter();
        var progress = new Progress(new PrintWriter(err), false, "examples");
        for (int i = 1; i <= 400; i++) {
            progress.accept(new RunEvent.Progressed("train", i, 400, i * 10L, Duration.ofMillis(100L * i)));
        }
        assertThat(err.toString().lines()).hasSize(6); // at 1, 2, 4, 8, 16 and 32 s
        assertThat(err.toString()).contains("train: clock 320 of 400 (80 %), 100 examples/s, 8.0 s left");
    }
}
