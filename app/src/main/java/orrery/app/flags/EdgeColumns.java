package orrery.app.flags;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.data.ListOptions;
import orrery.data.TextOptions;
import picocli.CommandLine.Option;

/** Which columns edges are in. */
public final class EdgeColumns {
    @Option(
            names = "--from-column",
            paramLabel = "COLUMN",
            description = "Where edges begin (default: source, from, ..., or the first).")
    @Nullable
    String from;

    @Option(
            names = "--to-column",
            paramLabel = "COLUMN",
            description = "Where edges end (default: target, to, ..., or the second).")
    @Nullable
    String to;

    @Option(
            names = "--weight-column",
            paramLabel = "COLUMN",
            description = "Weights of edges (default: weight, ..., or a third of numbers).")
    @Nullable
    String weight;

    @Option(names = "--unweighted", description = "All edges count alike; weights are not read.")
    boolean unweighted;

    /** How edges are read. */
    public ListOptions options(TextOptions text) {
        if (unweighted && weight != null) {
            throw new UsageException("--weight-column and --unweighted contradict each other; give one");
        }
        Map<String, String> columns = new TreeMap<>();
        RatingColumns.put(columns, "from", from);
        RatingColumns.put(columns, "to", to);
        RatingColumns.put(columns, "weight", weight);
        var options = ListOptions.defaults().with(text).with(columns);
        return unweighted ? options.withoutWeights() : options;
    }
}
