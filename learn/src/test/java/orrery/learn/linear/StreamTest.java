package orrery.learn.linear;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import orrery.data.Cache;
import orrery.data.Catalogue;
import orrery.data.Data;
import orrery.data.ReadOptions;
import orrery.data.Stream;
import orrery.engine.event.JobFailedException;
import orrery.engine.event.Outcome;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.store.Place;
import orrery.store.Storage;
import orrery.table.spec.Consistency;

/** Training on files that are read again at each pass. */
final class StreamTest {
    @TempDir
    Path folder = Path.of("");

    private Path file() throws IOException {
        var random = new SplittableRandom(3);
        var truth = random.doubles(40, -2, 2).toArray();
        var text = new StringBuilder();
        for (int i = 0; i < 3000; i++) {
            double margin = 0;
            var line = new StringBuilder();
            for (int f = random.nextInt(5); f < 40; f += 1 + random.nextInt(9)) {
                double x = random.nextDouble(-1, 1);
                line.append(' ').append(f).append(':').append((float) x);
                margin += truth[f] * x;
            }
            text.append(margin > 0 ? "1" : "-1").append(line).append('\n');
        }
        return Files.writeString(folder.resolve("data.libsvm"), text);
    }

    private static Stream stream(Path file) throws IOException, InterruptedException {
        return Stream.survey(List.of(Place.of(file)), 10_000, 2);
    }

    @Test
    void learnsAsFromMemory() throws Exception {
        var file = file();
        var data = Data.parse(file, ReadOptions.defaults(), null, true);
        var learner =
                new LogisticRegression(LinearOptions.defaults().withPasses(5).withBatch(16));
        var inMemory = learner.fit(data, Run.local(2)).score(data.examples()).get("accuracy");
        var trained =
                learner.prepare(stream(file), List.of("a", "b"), Run.local(2)).run();
        assertThat(trained.outcome().examples()).isEqualTo(5 * 3000);
        assertThat(trained.model().score(data.examples()).get("accuracy")).isGreaterThan(inMemory - 0.02);
    }

    /** Whether the last batch of a pass is full or not, and whatever became of the file. */
    @ParameterizedTest
    @CsvSource({"100, 1", "100, 2", "64, 1", "3000, 1", "7, 3"})
    void aFileThatChangesUnderATrainingEndsIt(int batch, int workers) throws Exception {
        var file = file();
        var text = Files.readString(file);
        int half = text.indexOf('\n', text.length() / 2) + 1;
        for (var changed :
                List.of(text.replaceFirst("\n1 ", "\n-1 "), text.substring(0, half), text.substring(half) + text)) {
            Files.writeString(file, text);
            var learner = new LogisticRegression(
                    LinearOptions.defaults().withPasses(3).withBatch(batch));
            var run = Run.local(workers).listening(event -> {
                if (event instanceof RunEvent.CutReached) {
                    try {
                        Files.writeString(file, changed);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                }
            });
            var training = learner.prepare(stream(file), Collections.nCopies(workers, ""), run);
            assertThatThrownBy(training::run)
                    .isInstanceOf(JobFailedException.class)
                    .hasMessageContaining("chang");
        }
    }

    @Test
    void sortedExamplesAreNoticed() throws Exception {
        var sorted = new StringBuilder();
        var mixed = new StringBuilder();
        var random = new SplittableRandom(5);
        for (int i = 0; i < 2000; i++) {
            sorted.append(i < 700 ? "1" : "0").append(" 3:1\n");
            mixed.append(random.nextInt(10) < 3 ? "1" : "0").append(" 3:1\n");
        }
        assertThat(stream(Files.writeString(folder.resolve("sorted.libsvm"), sorted))
                        .areSorted())
                .isTrue();
        assertThat(stream(Files.writeString(folder.resolve("mixed.libsvm"), mixed))
                        .areSorted())
                .isFalse();
        assertThat(stream(Files.writeString(folder.resolve("one.libsvm"), "1 3:1\n".repeat(500)))
                        .areSorted())
                .isFalse();
    }

    /** From a file of columns, packed on disk; the same under however many workers it is, one of them idle at the end. */
    @Test
    void learnsFromColumns() throws Exception {
        var random = new SplittableRandom(4);
        var text = new StringBuilder("label,a,b,c\n");
        for (int i = 0; i < 2010; i++) {
            double a = random.nextDouble(-1, 1);
            double b = random.nextDouble(-1, 1);
            text.append(a > b ? "up," : "down,").append(a).append(',').append(b).append(",x\n");
        }
        var file = Files.writeString(folder.resolve("data.csv"), text);
        var data = new Data(Cache.none(), new Catalogue(folder));
        var all = data.read(file.toString(), ReadOptions.defaults());
        var learner =
                new LogisticRegression(LinearOptions.defaults().withPasses(5).withBatch(16));
        for (int workers : new int[] {1, 2, 5}) {
            try (var spilled = data.spill(file.toString(), ReadOptions.defaults(), 16, folder, 1)) {
                var trained = learner.prepare(spilled, Run.local(workers)).run();
                assertThat(trained.outcome().examples()).isEqualTo(5 * 2010);
                assertThat(trained.model().score(all.examples()).get("accuracy"))
                        .isGreaterThan(0.97);
            }
        }
    }

    /** From memory and from files, with rows announced ahead. */
    @Test
    void learnsUnderSparseSsp() throws Exception {
        var file = file();
        var data = Data.parse(file, ReadOptions.defaults(), null, true);
        var learner =
                new LogisticRegression(LinearOptions.defaults().withPasses(5).withBatch(4));
        var run = Run.local(3).with(new Consistency.SparseSsp(1, 4));
        var due = learner.fit(data, Run.local(3)).score(data.examples()).get("accuracy");
        assertThat(learner.fit(data, run).score(data.examples()).get("accuracy"))
                .isGreaterThan(due - 0.02);
        var streamed =
                learner.prepare(stream(file), List.of("a", "b", "c"), run).run();
        assertThat(streamed.outcome().examples()).isEqualTo(5 * 3000);
        assertThat(streamed.model().score(data.examples()).get("accuracy")).isGreaterThan(due - 0.02);
        assertThatThrownBy(() -> new SoftmaxRegression(LinearOptions.defaults()).fit(data, run))
                .hasMessageContaining("only models of one margin announce their rows");
    }

    @Test
    void goesOnToTheSameBits() throws Exception {
        var stream = stream(file());
        var learner =
                new LogisticRegression(LinearOptions.defaults().withPasses(5).withBatch(16));
        var hosts = List.of("a", "b", "c");
        var due = learner.prepare(stream, hosts, Run.local(3)).run().model();
        var storage = Storage.local(folder.resolve("kept"));
        var kept = Run.local(3).with(Checkpoints.in(storage));
        var stops = new ArrayList<Training<LinearModel>>();
        var training = learner.prepare(stream, hosts, kept.listening(event -> {
            if (event instanceof RunEvent.Progressed progress && progress.clock() > 0
                    || event instanceof RunEvent.CutReached) {
                stops.getFirst().job().stop(); // wherever it is
            }
        }));
        stops.add(training);
        assertThat(training.run().outcome().status()).isEqualTo(Outcome.Status.STOPPED);
        var model = learner.prepare(
                        stream, hosts, Run.local(3).with(Checkpoints.in(storage).resuming()))
                .run()
                .model();
        for (int f = 0; f < model.features(); f++) {
            assertThat(model.weight(f, 0)).isEqualTo(due.weight(f, 0));
        }
    }

    @Test
    void saysWhatNeedsAllInMemory() throws Exception {
        var options = LinearOptions.defaults();
        var balanced = new LinearOptions(1, 16, options.rule(), true, options.classWeights(), true, 0);
        assertThatThrownBy(() -> new LogisticRegression(balanced)
                        .prepare(stream(file()), List.of("a"), Run.local(1))
                        .run())
                .hasStackTraceContaining("classes are balanced by weights, where examples are not held in memory");
    }
}
