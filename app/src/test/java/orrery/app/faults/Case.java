package orrery.app.faults;

import java.util.ArrayList;
import java.util.List;

/**
 * A training that faults happen to.
 *
 * @param data the file that it learns from, of {@link DataSets}
 * @param isExact whether it promises the same bits, however often members are lost
 */
record Case(String app, String consistency, DataSets.Kind data, List<String> options, boolean isExact) {
    private static final List<String> STALE = List.of("ssp:2", "essp:1", "asp");

    /** All applications under all consistencies that they have. */
    static List<Case> all() {
        var all = new ArrayList<Case>();
        for (var app : List.of("lr", "svm", "least-squares")) {
            add(all, app, DataSets.Kind.TWO_CLASSES, List.of("--batch", "20", "--passes", "6"), "sparse-ssp:1:2");
        }
        add(all, "softmax", DataSets.Kind.THREE_CLASSES, List.of("--batch", "20", "--passes", "6"));
        add(all, "mf", DataSets.Kind.RATINGS, List.of("--passes", "12", "--rank", "4"));
        add(all, "kmeans", DataSets.Kind.TWO_CLASSES, List.of("--clusters", "8", "--batch", "50", "--iterations", "6"));
        // Lloyd's iterations and ranks wait for all workers, whatever is said
        var lloyd = List.of("--clusters", "40", "--iterations", "100");
        all.add(new Case("kmeans", "bsp", DataSets.Kind.TWO_CLASSES, lloyd, true));
        all.add(new Case("kmeans", "asp", DataSets.Kind.TWO_CLASSES, lloyd, true));
        var ranks = List.of("--iterations", "100", "--tolerance", "0");
        for (var consistency : List.of("bsp", "ssp:2", "essp:1")) {
            all.add(new Case("pagerank", consistency, DataSets.Kind.EDGES, ranks, true));
        }
        var untilTheyStay = List.of("--iterations", "1000", "--tolerance", "1e-8"); // ends early, at a cut
        for (var consistency : List.of("local:4", "asp")) {
            all.add(new Case("pagerank", consistency, DataSets.Kind.EDGES, untilTheyStay, true));
        }
        all.add(new Case(
                "lda", "rotating", DataSets.Kind.DOCUMENTS, List.of("--topics", "15", "--iterations", "40"), true));
        return List.copyOf(all);
    }

    private static void add(List<Case> all, String app, DataSets.Kind data, List<String> options, String... alsoStale) {
        all.add(new Case(app, "bsp", data, options, true));
        all.add(new Case(app, "local:4", data, options, true));
        for (var consistency : STALE) {
            all.add(new Case(app, consistency, data, options, false));
        }
        for (var consistency : alsoStale) {
            all.add(new Case(app, consistency, data, options, false));
        }
    }

    /** The command line without what is of processes and places. */
    List<String> train(String file) {
        var arguments = new ArrayList<>(List.of("train", app, file));
        arguments.addAll(options);
        arguments.addAll(List.of("--workers", "4", "--consistency", consistency, "--no-cache"));
        return arguments;
    }

    @Override
    public String toString() {
        return app + (options.contains("100") && app.equals("kmeans") ? " (lloyd)" : "") + " " + consistency;
    }
}
