package orrery.bench.keyed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.TreeSet;

/** Examples whose features' frequencies fall as their numbers rise, some of them seen once only; the frequent ones tell. */
final class Zipf {
    private static final int TELLING = 20_000; // features

    private Zipf() {}

    private static double weight(long feature) {
        return feature >= TELLING ? 0 : ((feature * 0x9e3779b97f4a7c15L) >>> 40) / (double) (1 << 24) * 2 - 1;
    }

    private static int label(double margin, SplittableRandom random) {
        return random.nextDouble() < 1 / (1 + Math.exp(-margin)) ? 1 : 0;
    }

    /** A folder of libsvm files with {@code features} features, of which 30 an example. */
    static Path folder(Path folder, int files, int examples, long features, long seed) throws IOException {
        Files.createDirectories(folder);
        for (int f = 0; f < files; f++) {
            var random = new SplittableRandom(seed * 1000 + f);
            try (var out = Files.newBufferedWriter(folder.resolve("part-" + f + ".svm"))) {
                for (int i = 0; i < examples / files; i++) {
                    var row = new TreeSet<Long>();
                    double margin = 0;
                    while (row.size() < 30) {
                        long feature = (long) Math.pow((double) features, random.nextDouble()) - 1;
                        margin += row.add(feature) ? weight(feature) : 0;
                    }
                    if (f == 0 && i == 0) {
                        row.add(features - 1); // so that there are as many
                    }
                    var line = new StringBuilder().append(label(margin, random));
                    row.forEach(feature -> line.append(' ').append(feature).append(":1"));
                    out.append(line).append('\n');
                }
            }
        }
        return folder;
    }

    /** Ratings from 1 to 5 of users and items, the first of which are rated most; each is in them once at least. */
    static void ratings(Path file, int users, int items, int count, long seed) throws IOException {
        var random = new SplittableRandom(seed);
        try (var out = Files.newBufferedWriter(file)) {
            out.write("user,item,rating\n");
            for (int n = 0; n < count; n++) {
                int user = n < users ? n : random.nextInt(users);
                int item = n < items ? n : (int) Math.pow(items, random.nextDouble()) - 1;
                double liked =
                        3 + 1.5 * weight(user % TELLING) + weight((item + 7) % TELLING) + 0.5 * random.nextGaussian();
                out.write(user + "," + item + "," + Math.clamp(Math.round(liked), 1, 5) + "\n");
            }
        }
    }

    /** The key of a feature that has a number. */
    static long key(long number) {
        long x = number * 0x9e3779b97f4a7c15L;
        return x ^ (x >>> 29);
    }

    /**
     * Files of the same examples, with features by number and by key: 20 an example that come often, and as many that no
     * other example has.
     */
    static void twice(Path numbered, Path keyed, int examples, long firstRare, long seed) throws IOException {
        var random = new SplittableRandom(seed);
        long rare = firstRare;
        try (var numbers = Files.newBufferedWriter(numbered);
                var keys = Files.newBufferedWriter(keyed)) {
            for (int i = 0; i < examples; i++) {
                var row = new TreeSet<Long>();
                double margin = 0;
                while (row.size() < 20) {
                    long feature = (long) Math.pow(100_000, random.nextDouble()) - 1;
                    margin += row.add(feature) ? weight(feature) : 0;
                }
                for (int r = 0; r < 20; r++) {
                    row.add(rare++);
                }
                int label = label(margin, random);
                var byNumber = new StringBuilder().append(label);
                var byKey = new StringBuilder().append(label);
                for (long feature : row) {
                    byNumber.append(' ').append(feature).append(":1");
                    byKey.append(' ')
                            .append(Long.toUnsignedString(key(feature)))
                            .append(":1");
                }
                numbers.append(byNumber).append('\n');
                keys.append(byKey).append('\n');
            }
        }
    }

    /**
     * A table of clicks: a few numbers, categories whose values' frequencies fall, most of which come once or twice; the
     * frequent ones tell.
     */
    static void clicks(Path file, int examples, int columns, long seed) throws IOException {
        var random = new SplittableRandom(seed);
        try (var out = Files.newBufferedWriter(file)) {
            var header = new StringBuilder("click,n1,n2");
            for (int c = 0; c < columns; c++) {
                header.append(",c").append(c);
            }
            out.append(header).append('\n');
            for (int i = 0; i < examples; i++) {
                double n = random.nextDouble();
                double margin = -1.5 + n;
                var line = new StringBuilder();
                for (int c = 0; c < columns; c++) {
                    long values = c % 3 == 0 ? 100 : c % 3 == 1 ? 10_000 : 100_000_000;
                    long value = (long) Math.pow((double) values, random.nextDouble());
                    margin += value < 2000 ? 0.5 * weight(value * 31 + c) : 0;
                    line.append(',').append(Long.toHexString(key(value + c)));
                }
                out.append(label(margin, random) + "," + n + "," + random.nextInt(100) + line)
                        .append('\n');
            }
        }
    }
}
