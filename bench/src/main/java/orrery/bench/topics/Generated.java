package orrery.bench.topics;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Documents whose words are as frequent as Zipf's law says, and depend on topics: a word's frequency decides on a group of
 * neighbours, and the document's topic on which of them it is.
 */
final class Generated {
    private static final int GROUP = 16; // neighbours by frequency
    private static final int TOPICS = 2000; // there are, whatever is looked for
    private static final int OF_DOCUMENT = 8; // topics that a document has

    private Generated() {}

    /** Writes documents in UCI's format. */
    static void write(Path file, long words, int documents, int vocabulary, long seed) throws IOException {
        var body = Files.createTempFile(file.toAbsolutePath().getParent(), "body-", ".txt");
        long lines = 0;
        var random = new SplittableRandom(seed);
        int length = (int) (words / documents);
        double most = Math.log(vocabulary); // Zipf with exponent 1: ranks evenly by their logarithms
        try (var out = new Lines(new BufferedOutputStream(Files.newOutputStream(body), 1 << 20))) {
            var of = new int[length];
            for (int d = 1; d <= documents; d++) {
                var topics = new int[OF_DOCUMENT];
                Arrays.setAll(topics, i -> random.nextInt(TOPICS));
                for (int n = 0; n < length; n++) {
                    int rank = (int) Math.exp(random.nextDouble() * most) - 1;
                    int topic = topics[random.nextInt(OF_DOCUMENT)];
                    int group = rank / GROUP;
                    int within = (int) Math.floorMod(
                            (topic * 0x9e3779b97f4a7c15L + group * 0xbf58476d1ce4e5b9L) >>> 20, (long) GROUP);
                    of[n] = Math.min(vocabulary - 1, group * GROUP + within);
                }
                Arrays.sort(of);
                for (int n = 0; n < length; ) {
                    int count = 1;
                    while (n + count < length && of[n + count] == of[n]) {
                        count++;
                    }
                    out.line(d, of[n] + 1, count);
                    lines++;
                    n += count;
                }
            }
        }
        try (var out = Files.newOutputStream(file)) {
            out.write((documents + "\n" + vocabulary + "\n" + lines + "\n")
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
            Files.copy(body, out);
        }
        Files.delete(body);
    }

    /** Lines of three numbers. */
    private record Lines(OutputStream out) implements AutoCloseable {
        void line(int document, int word, int count) throws IOException {
            number(document, ' ');
            number(word, ' ');
            number(count, '\n');
        }

        private void number(int number, char end) throws IOException {
            int unit = 1;
            while (number / unit >= 10) {
                unit *= 10;
            }
            for (; unit > 0; unit /= 10) {
                out.write('0' + number / unit % 10);
            }
            out.write(end);
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }
}
