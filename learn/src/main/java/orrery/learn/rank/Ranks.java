package orrery.learn.rank;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import orrery.engine.train.Model;
import orrery.engine.train.ModelFile;
import orrery.store.Place;
import orrery.store.Safetensors.Tensor;

/**
 * The ranks of a graph's nodes.
 *
 * @param names of the nodes; empty if they have none but their numbers
 * @param ranks by node; they sum up to 1
 * @param iterations it took
 * @param change that the last iteration made, in sum
 * @param provenance where they come from
 */
public record Ranks(List<String> names, float[] ranks, int iterations, double change, Map<String, String> provenance)
        implements Model {
    /** What the file says that it is. */
    public static final String FORMAT = "orrery-ranks-1";

    /** A node and its rank. */
    public record Entry(int node, String name, double rank) {}

    /** The k nodes of the highest ranks, the highest first; of equals the lower number first. */
    public List<Entry> top(int k) {
        var worstFirst = Comparator.comparingDouble((Integer v) -> ranks[v])
                .thenComparing(Comparator.<Integer>naturalOrder().reversed());
        var best = new PriorityQueue<>(worstFirst);
        for (int v = 0; v < ranks.length; v++) {
            if (best.size() < k) {
                best.add(v);
            } else if (k > 0 && ranks[v] > ranks[best.element()]) {
                best.remove();
                best.add(v);
            }
        }
        var nodes = new ArrayList<>(best);
        nodes.sort(worstFirst.reversed());
        return nodes.stream()
                .map(v -> new Entry(v, names.isEmpty() ? String.valueOf(v) : names.get(v), ranks[v]))
                .toList();
    }

    @Override
    public Ranks from(Map<String, String> where) {
        return new Ranks(names, ranks, iterations, change, Map.copyOf(where));
    }

    @Override
    public void save(Place file) throws IOException {
        var tensors = new ArrayList<Tensor>();
        tensors.add(Tensor.floats("ranks", ranks));
        tensors.add(Tensor.bytes("names", String.join("\n", names).getBytes(StandardCharsets.UTF_8)));
        var about = Map.of("iterations", String.valueOf(iterations), "change", String.valueOf(change));
        ModelFile.write(file, FORMAT, about, provenance, tensors);
    }

    /** Loads what {@link #save} has saved. */
    public static Ranks load(Path path) throws IOException {
        return load(Place.of(path));
    }

    /** The same from any place. */
    public static Ranks load(Place path) throws IOException {
        try (var file = ModelFile.open(path, FORMAT, "a ranking")) {
            var ranks = ModelFile.finite(file, "ranks");
            String names = new String(file.bytes("names"), StandardCharsets.UTF_8);
            var list = names.isEmpty() ? List.<String>of() : List.of(names.split("\n", -1));
            if (!list.isEmpty() && list.size() != ranks.length) {
                throw new IOException(path + ": has " + ranks.length + " ranks and " + list.size() + " names");
            }
            try {
                return new Ranks(
                        list,
                        ranks,
                        Integer.parseInt(file.metadata().getOrDefault("iterations", "0")),
                        Double.parseDouble(file.metadata().getOrDefault("change", "0")),
                        ModelFile.provenance(file));
            } catch (NumberFormatException e) {
                throw new IOException(path + ": says that it took no number of iterations: " + e.getMessage(), e);
            }
        }
    }
}
