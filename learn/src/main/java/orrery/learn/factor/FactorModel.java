package orrery.learn.factor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import orrery.data.Ratings;
import orrery.learn.Model;
import orrery.learn.ModelFile;
import orrery.store.Safetensors.Tensor;

/**
 * What was learned of users and items.
 *
 * @param userNames by number; empty if they have none but their numbers
 * @param itemNames by number; empty likewise
 * @param rank factors of a row, without the bias that follows them
 * @param mean of all ratings
 * @param users (users, rank + 1)
 * @param items (items, rank + 1)
 * @param provenance where it comes from
 */
public record FactorModel(
        List<String> userNames,
        List<String> itemNames,
        int rank,
        float mean,
        float[] users,
        float[] items,
        Map<String, String> provenance)
        implements Model {
    /** What the file says that it is. */
    public static final String FORMAT = "orrery-factors-1";

    public int userCount() {
        return users.length / (rank + 1);
    }

    public int itemCount() {
        return items.length / (rank + 1);
    }

    /** What a user will think of an item. */
    public float predict(int user, int item) {
        int u = user * (rank + 1);
        int i = item * (rank + 1);
        float sum = 0;
        for (int c = 0; c < rank; c++) {
            sum += users[u + c] * items[i + c];
        }
        return mean + users[u + rank] + items[i + rank] + sum;
    }

    /** Root of the mean squared error, and mean absolute error. */
    public Map<String, Double> score(Ratings ratings) {
        double squares = 0;
        double absolute = 0;
        for (int k = 0; k < ratings.size(); k++) {
            double error = ratings.values()[k] - predict(ratings.users()[k], ratings.items()[k]);
            squares += error * error;
            absolute += Math.abs(error);
        }
        var scores = new LinkedHashMap<String, Double>();
        scores.put("rmse", Math.sqrt(squares / ratings.size()));
        scores.put("mae", absolute / ratings.size());
        return scores;
    }

    /** An item and what is predicted for it. */
    public record Entry(int item, String name, double rating) {}

    /** The {@code k} items that a user will think most of, without those in {@code known}; the best first. */
    public List<Entry> recommend(int user, int k, BitSet known) {
        var worstFirst = Comparator.comparingDouble(Entry::rating)
                .thenComparing(Comparator.comparingInt(Entry::item).reversed());
        var best = new PriorityQueue<>(worstFirst);
        for (int item = 0; item < itemCount(); item++) {
            if (!known.get(item)) {
                best.add(new Entry(
                        item, itemNames.isEmpty() ? String.valueOf(item) : itemNames.get(item), predict(user, item)));
                if (best.size() > k) {
                    best.remove();
                }
            }
        }
        var sorted = new ArrayList<>(best);
        sorted.sort(worstFirst.reversed());
        return List.copyOf(sorted);
    }

    @Override
    public FactorModel from(Map<String, String> where) {
        return new FactorModel(userNames, itemNames, rank, mean, users, items, Map.copyOf(where));
    }

    @Override
    public void save(Path file) throws IOException {
        var tensors = List.of(
                Tensor.floats("users", users, userCount(), rank + 1L),
                Tensor.floats("items", items, itemCount(), rank + 1L),
                Tensor.bytes("userNames", String.join("\n", userNames).getBytes(StandardCharsets.UTF_8)),
                Tensor.bytes("itemNames", String.join("\n", itemNames).getBytes(StandardCharsets.UTF_8)));
        var about = Map.of("rank", String.valueOf(rank), "mean", String.valueOf(mean));
        ModelFile.write(file, FORMAT, about, provenance, tensors);
    }

    /** Loads what {@link #save} has saved. */
    public static FactorModel load(Path path) throws IOException {
        try (var file = ModelFile.open(path, FORMAT, "a factorisation")) {
            var shape = file.shape("users");
            var others = file.shape("items");
            if (shape.length != 2 || others.length != 2 || shape[1] != others[1] || shape[1] < 2) {
                throw new IOException(path + ": users and items do not fit each other");
            }
            float mean;
            try {
                mean = Float.parseFloat(file.metadata().getOrDefault("mean", ""));
            } catch (NumberFormatException e) {
                throw new IOException(path + ": says no mean rating", e);
            }
            return new FactorModel(
                    names(file.bytes("userNames"), shape[0], path),
                    names(file.bytes("itemNames"), others[0], path),
                    (int) shape[1] - 1,
                    mean,
                    ModelFile.finite(file, "users"),
                    ModelFile.finite(file, "items"),
                    ModelFile.provenance(file));
        }
    }

    private static List<String> names(byte[] bytes, long due, Path path) throws IOException {
        if (bytes.length == 0) {
            return List.of();
        }
        var names = List.of(new String(bytes, StandardCharsets.UTF_8).split("\n", -1));
        if (names.size() != due) {
            throw new IOException(path + ": has " + names.size() + " names for " + due + " rows");
        }
        return names;
    }
}
