package orrery.bench.topics;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import orrery.bench.Python;
import orrery.data.Corpus;
import orrery.data.Loaded;
import orrery.learn.topic.TopicModel;
import orrery.learn.topic.TopicOptions;

/** Topics by scikit-learn's variational inference, in a Python of its own, where there is one that has it. */
final class ScikitLearn {
    private final Python python;

    ScikitLearn(String command) {
        python = new Python(command);
    }

    boolean isHere() throws InterruptedException {
        return python.has("sklearn");
    }

    /** Topics, and the CPU seconds that they took. */
    record Found(TopicModel model, double cpu) {}

    Found model(Loaded documents, TopicOptions options, long seed) throws IOException, InterruptedException {
        var folder = Files.createTempDirectory("scikit-learn");
        var source = folder.resolve("documents");
        var target = folder.resolve("topics");
        try {
            write(documents, source);
            int words = documents.examples().features();
            var said = python.run(
                    ScikitLearn.class,
                    "lda.py",
                    Map.of(),
                    List.of(
                            source.toString(),
                            target.toString(),
                            String.valueOf(words),
                            String.valueOf(options.topics()),
                            String.valueOf(options.iterations()),
                            String.valueOf(options.prior()),
                            String.valueOf(options.beta()),
                            String.valueOf(seed)));
            double cpu = said.lines()
                    .filter(line -> line.startsWith("cpu "))
                    .mapToDouble(line -> Double.parseDouble(line.substring("cpu ".length())))
                    .findFirst()
                    .orElseThrow(() -> new IOException("scikit-learn said: " + said));
            return new Found(read(documents, options, target, words), cpu);
        } finally {
            for (var file : List.of(source, target, folder)) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static void write(Loaded documents, Path file) throws IOException {
        var cursor = documents.examples().cursor();
        try (var out = new PrintWriter(Files.newBufferedWriter(file))) {
            for (long d = 0; d < documents.examples().size(); d++) {
                cursor.move(d);
                for (int k = cursor.from(); k < cursor.to(); k++) {
                    out.print(cursor.indices()[k] + ":" + (int) cursor.values()[k] + " ");
                }
                out.print('\n');
            }
        }
    }

    /** How often each word is expected to have each topic, as whole numbers. */
    private static TopicModel read(Loaded documents, TopicOptions options, Path file, int words) throws IOException {
        var expected = ByteBuffer.wrap(Files.readAllBytes(file)).asDoubleBuffer();
        var builder = new TopicModel.Builder(documents.schema(), words, options);
        for (int w = 0; w < words; w++) {
            for (int k = 0; k < options.topics(); k++) {
                int count = (int) Math.round(expected.get(k * words + w) - options.beta());
                if (count > 0) {
                    builder.count(k, count);
                }
            }
            builder.endWord();
        }
        var alpha = new float[options.topics()];
        Arrays.fill(alpha, (float) options.prior());
        return builder.build(alpha).measuredOn(Corpus.of(documents));
    }
}
