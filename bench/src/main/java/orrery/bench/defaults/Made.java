package orrery.bench.defaults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** Data sets that are generated, each with a trait that defaults have come to grief on. */
final class Made {
    static final List<String> NAMES = List.of("houses", "epoch", "units", "rare", "small", "collinear");

    private Made() {}

    /** Writes a set; its label is the first column, or called label. */
    static Path write(String name, Path folder) throws IOException {
        var random = new SplittableRandom(5);
        var text = new StringBuilder();
        switch (name) {
            case "houses" -> houses(text, random);
            case "epoch" -> epoch(text, random);
            case "units" -> units(text, random);
            case "rare" -> rare(text, random);
            case "small" -> small(text, random);
            case "collinear" -> collinear(text, random);
            default -> throw new IllegalArgumentException("there is no set '" + name + "' to generate, only " + NAMES);
        }
        return Files.writeString(folder.resolve(name + (name.equals("units") ? ".libsvm" : ".csv")), text);
    }

    private static void line(StringBuilder text, String line) {
        text.append(line).append('\n');
    }

    /** Prices near 200,000. */
    private static void houses(StringBuilder text, SplittableRandom random) {
        line(text, "price,rooms,age,area");
        for (int i = 0; i < 5000; i++) {
            double rooms = 5 + random.nextGaussian();
            double age = random.nextDouble(0, 50);
            double area = 120 + 30 * random.nextGaussian();
            double price = 20_000 * rooms - 800 * age + 900 * area + 5000 * random.nextGaussian();
            line(text, String.format(Locale.ROOT, "%.0f,%.3f,%.2f,%.2f", price, rooms, age, area));
        }
    }

    /** Seconds since 1970, of which the day decides. */
    private static void epoch(StringBuilder text, SplittableRandom random) {
        line(text, "label,seconds,a,b");
        for (int i = 0; i < 20_000; i++) {
            double day = random.nextDouble(0, 30);
            double a = random.nextGaussian();
            double margin = (day - 15) / 5 + a + random.nextGaussian();
            line(
                    text,
                    String.format(
                            Locale.ROOT,
                            "%d,%.0f,%.4f,%.4f",
                            margin > 0 ? 1 : 0,
                            1.7e9 + 86_400 * day,
                            a,
                            random.nextGaussian()));
        }
    }

    /** A libsvm file whose features are of the order of 1e6, 1 and 1e-6. */
    private static void units(StringBuilder text, SplittableRandom random) {
        for (int i = 0; i < 10_000; i++) {
            var x = new double[6];
            double margin = 0.8 * random.nextGaussian();
            for (int f = 0; f < x.length; f++) {
                x[f] = random.nextGaussian();
                margin += (f % 2 == 0 ? 1 : -1) * x[f];
            }
            line(
                    text,
                    String.format(
                            Locale.ROOT,
                            "%d 1:%.6g 2:%.6g 3:%.6g 4:%.6g 5:%.6g 6:%.6g",
                            margin > 0 ? 1 : 0,
                            1e6 * x[0],
                            1e6 * x[1],
                            x[2],
                            x[3],
                            1e-6 * x[4],
                            1e-6 * x[5]));
        }
    }

    /** Two in a hundred are positive. */
    private static void rare(StringBuilder text, SplittableRandom random) {
        line(text, "label,a,b,c,d");
        for (int i = 0; i < 30_000; i++) {
            var x = new double[] {
                random.nextGaussian(), random.nextGaussian(), random.nextGaussian(), random.nextGaussian()
            };
            double margin = 2 * x[0] - 1.5 * x[1] + x[2] - 5.9 + 0.7 * random.nextGaussian();
            line(
                    text,
                    String.format(Locale.ROOT, "%d,%.4f,%.4f,%.4f,%.4f", margin > 0 ? 1 : 0, x[0], x[1], x[2], x[3]));
        }
    }

    /** A few hundred lines. */
    private static void small(StringBuilder text, SplittableRandom random) {
        line(text, "label,a,b,c,d,e");
        for (int i = 0; i < 1000; i++) {
            var x = new double[] {
                random.nextGaussian(),
                random.nextGaussian(),
                random.nextGaussian(),
                random.nextGaussian(),
                random.nextGaussian()
            };
            double margin = x[0] + x[1] - x[2] + 0.5 * random.nextGaussian();
            line(
                    text,
                    String.format(
                            Locale.ROOT,
                            "%d,%.4f,%.4f,%.4f,%.4f,%.4f",
                            margin > 0 ? 1 : 0,
                            x[0],
                            x[1],
                            x[2],
                            x[3],
                            x[4]));
        }
    }

    /** Numbers of features that nearly say the same. */
    private static void collinear(StringBuilder text, SplittableRandom random) {
        line(text, "y,a,b,c");
        for (int i = 0; i < 3000; i++) {
            double a = random.nextGaussian();
            double b = a + 0.2 * random.nextGaussian();
            double c = a - b + 0.3 * random.nextGaussian();
            line(
                    text,
                    String.format(
                            Locale.ROOT,
                            "%.4f,%.4f,%.4f,%.4f",
                            3 * a - 2 * b + c + 0.5 * random.nextGaussian(),
                            a,
                            b,
                            c));
        }
    }
}
