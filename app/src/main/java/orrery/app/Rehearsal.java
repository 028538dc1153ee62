package orrery.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Runs all verbs on small data, so that the JDK can record what they load and where they spend their time (JEP 483, 514,
 * 515). The launcher calls it once after a build; later starts are from what was recorded. Argument: a folder for its
 * files, which is removed.
 */
final class Rehearsal {
    private static final int EXAMPLES = 20_000;
    private static final int FEATURES = 100;
    private static final int RATINGS = 40_000;
    private static final int EDGES = 40_000;

    private final Path folder;
    private final List<String> failures = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(1);

    private Rehearsal(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] args) throws IOException {
        failures(Path.of(args[0])); // what goes wrong is no matter: it is recorded less
    }

    /** Runs all in a folder that is removed in the end; what has failed, and what it said. */
    static List<String> failures(Path folder) throws IOException {
        Files.createDirectories(folder);
        try {
            var rehearsal = new Rehearsal(folder);
            rehearsal.all();
            return List.copyOf(rehearsal.failures);
        } finally {
            remove(folder);
        }
    }

    private void all() throws IOException {
        var libsvm = file("examples.libsvm", examples());
        var csv = file("examples.csv", table());
        var ratings = file("ratings.tsv", ratings());
        var edges = file("edges.txt", edges());
        run("--help");
        run("train", "--help");
        run("train", "lr", "--help");
        run("help");
        train("lr", libsvm);
        train("lr", libsvm, "--test", libsvm, "--quiet");
        train("lr", libsvm, "--json");
        train("svm", libsvm);
        train("svm", libsvm, "--solver", "dual");
        train("softmax", csv, "--split", "0.2");
        train("least-squares", csv, "--label", "x1");
        train("kmeans", libsvm, "--iterations", "10");
        train("mf", ratings, "--split", "0.1", "--passes", "2");
        train("pagerank", edges);
        for (var members : List.of("lr", "pagerank", "mf")) {
            var data = members.equals("lr") ? libsvm : members.equals("mf") ? ratings : edges;
            train(members, data, "--on", "this-jvm", "--processes", "2", "--workers", "2");
        }
        var model = folder.resolve("run-1").toString();
        run("predict", model, libsvm);
        run("evaluate", model, libsvm);
        run("show", model);
        run("data", "list");
        run("data", "describe", csv);
        run("plan", "pagerank", edges, "--processes", "2", "--workers", "2");
        run("runs");
    }

    private int runs;

    private void train(String application, String data, String... more) {
        var arguments = new ArrayList<>(List.of("train", application, data));
        arguments.addAll(List.of("--run", folder.resolve("run-" + ++runs).toString()));
        arguments.addAll(List.of(more));
        run(arguments.toArray(String[]::new));
    }

    private void run(String... arguments) {
        var said = new StringWriter();
        int code = Orrery.run(new PrintWriter(said), new PrintWriter(said), arguments);
        if (code != 0) {
            failures.add(String.join(" ", arguments) + ": " + code + "\n" + said);
        }
    }

    private String file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content).toString();
    }

    private String examples() {
        var text = new StringBuilder();
        for (int i = 0; i < EXAMPLES; i++) {
            var features = new StringBuilder();
            int sum = 0;
            for (int f = 1 + random.nextInt(10); f <= FEATURES; f += 1 + random.nextInt(15)) {
                features.append(' ').append(f).append(":1");
                sum += f % 2 == 0 ? 1 : -1;
            }
            text.append(sum > 0 ? "+1" : "-1").append(features).append('\n');
        }
        return text.toString();
    }

    private String table() {
        var text = new StringBuilder("x1,x2,kind,label\n");
        for (int i = 0; i < EXAMPLES / 10; i++) {
            double x = random.nextDouble();
            text.append(x).append(',').append(random.nextInt(100)).append(",k").append(random.nextInt(7));
            text.append(x > 0.5 ? ",yes\n" : ",no\n");
        }
        return text.toString();
    }

    private String ratings() {
        var text = new StringBuilder();
        for (int i = 0; i < RATINGS; i++) {
            text.append(random.nextInt(500))
                    .append('\t')
                    .append(random.nextInt(300))
                    .append('\t');
            text.append(1 + random.nextInt(5)).append('\n');
        }
        return text.toString();
    }

    private String edges() {
        var text = new StringBuilder();
        for (int i = 0; i < EDGES; i++) {
            text.append(random.nextInt(3000))
                    .append('\t')
                    .append(random.nextInt(3000))
                    .append('\n');
        }
        return text.toString();
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
