package orrery.app.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** Small data to learn from, and what may happen to it. */
final class DataSets {
    private DataSets() {}

    /** Kinds of data. */
    enum Kind {
        TWO_CLASSES("two.libsvm"),
        THREE_CLASSES("three.libsvm"),
        RATINGS("ratings.csv"),
        EDGES("edges.csv"),
        DOCUMENTS("documents.libsvm");

        final String file;

        Kind(String file) {
            this.file = file;
        }
    }

    /** Writes data of a kind to a folder. */
    static Path write(Kind kind, Path folder) throws IOException {
        var random = new SplittableRandom(kind.ordinal());
        var text = new StringBuilder();
        switch (kind) {
            case TWO_CLASSES, THREE_CLASSES -> {
                for (int i = 0; i < 4000; i++) {
                    var x = new double[6];
                    for (int f = 0; f < x.length; f++) {
                        x[f] = random.nextGaussian();
                    }
                    int label = kind == Kind.TWO_CLASSES
                            ? (x[0] + x[1] - x[2] > 0 ? 1 : -1)
                            : x[0] > x[1] ? (x[0] > x[2] ? 0 : 2) : x[1] > x[2] ? 1 : 2;
                    text.append(label);
                    for (int f = 0; f < x.length; f++) {
                        text.append(String.format(Locale.ROOT, " %d:%.4f", f + 1, x[f]));
                    }
                    text.append('\n');
                }
            }
            case RATINGS -> {
                text.append("user,item,rating\n");
                for (int i = 0; i < 20_000; i++) {
                    int user = random.nextInt(300);
                    int item = random.nextInt(200);
                    text.append("u%d,i%d,%d\n".formatted(user, item, 1 + (user * 7 + item * 3) % 5));
                }
            }
            case EDGES -> {
                text.append("from,to\n");
                for (int i = 0; i < 20_000; i++) {
                    double to = random.nextDouble();
                    text.append("n%d,n%d\n".formatted(random.nextInt(3000), (int) (to * to * 3000)));
                }
            }
            case DOCUMENTS -> {
                for (int i = 0; i < 2000; i++) { // of one of ten topics each, with ten words of its own
                    text.append('0');
                    for (int w = 0; w < 100; w++) {
                        int count = random.nextInt(w / 10 == i % 10 ? 5 : 30) / (w / 10 == i % 10 ? 1 : 29);
                        text.append(count > 0 ? " " + (w + 1) + ":" + count : "");
                    }
                    text.append('\n');
                }
            }
        }
        var file = folder.resolve(kind.file);
        Files.writeString(file, text);
        return file;
    }

    /** Changes a file as somebody might who does not know that a run reads it. */
    static String change(Path file, SplittableRandom random) throws IOException {
        List<String> lines = Files.readAllLines(file);
        int half = lines.size() / 2;
        String what = random.nextBoolean() ? "half the lines" : "other values";
        if (what.equals("half the lines")) {
            lines = lines.subList(0, half);
        } else {
            var first = lines.getFirst();
            lines = file.endsWith(Kind.DOCUMENTS.file)
                    ? lines.stream().map(line -> line.replace(":1", ":2")).toList()
                    : first.startsWith("user") || first.startsWith("from")
                            ? lines.stream().map(DataSets::changed).toList()
                            : lines.stream()
                                    .map(line -> (line.startsWith("-") ? "1" : line.startsWith("1") ? "0" : "1")
                                            + line.substring(line.indexOf(' ')))
                                    .toList();
        }
        var beside = file.resolveSibling("changed");
        Files.write(beside, lines);
        Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        return what;
    }

    /** Another item or node, another rating. */
    private static String changed(String line) {
        var fields = line.split(",", -1);
        return switch (fields[0]) {
            case "user", "from" -> line;
            default ->
                fields.length == 3
                        ? fields[0] + "," + fields[1] + "," + (6 - Integer.parseInt(fields[2]))
                        : fields[1] + "," + fields[0];
        };
    }
}
