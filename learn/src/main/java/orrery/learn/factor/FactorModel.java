package orrery.learn.factor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;
import orrery.data.Ratings;
import orrery.engine.train.Model;
import orrery.engine.train.ModelFile;
import orrery.engine.train.ModelParts;
import orrery.engine.train.ModelRows;
import orrery.store.Place;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;

/**
 * What was learned of users and items.
 *
 * @param userNames by number; empty if they have none but their numbers
 * @param itemNames by number; empty likewise
 * @param rank factors of a row, without the bias that follows them
 * @param mean of all ratings
 * @param userFactors a row per user
 * @param itemFactors a row per item
 * @param provenance where it comes from
 */
public record FactorModel(
        List<String> userNames,
        List<String> itemNames,
        int rank,
        float mean,
        ModelRows userFactors,
        ModelRows itemFactors,
        Map<String, String> provenance)
        implements Model {
    /** What the file says that it is. */
    public static final String FORMAT = "orrery-factors-1";

    public int userCount() {
        return userFactors.count();
    }

    public int itemCount() {
        return itemFactors.count();
    }

    /** The rows of all users, one after another; see {@link ModelRows#values}. */
    public float[] users() {
        return userFactors.values();
    }

    /** The rows of all items, one after another; see {@link ModelRows#values}. */
    public float[] items() {
        return itemFactors.values();
    }

    /** What a user will think of an item. */
    public float predict(int user, int item) {
        if (userFactors instanceof ModelRows.Dense(var users, int _)
                && itemFactors instanceof ModelRows.Dense(var items, int _)) {
            return predict(users, user * (rank + 1), items, item * (rank + 1));
        }
        var ofUser = new float[rank + 1];
        var ofItem = new float[rank + 1];
        userFactors.row(user, ofUser);
        itemFactors.row(item, ofItem);
        return predict(ofUser, 0, ofItem, 0);
    }

    private float predict(float[] users, int u, float[] items, int i) {
        float sum = 0;
        for (int c = 0; c < rank; c++) {
            sum += users[u + c] * items[i + c];
        }
        return mean + users[u + rank] + items[i + rank] + sum;
    }

    private float bias(ModelRows of, int number) {
        var row = new float[rank + 1];
        of.row(number, row);
        return row[rank];
    }

    /** The same of users and items that the model may not know, which are negative: they have no factors and no bias. */
    float predictAny(int user, int item) {
        if (user >= 0 && item >= 0) {
            return predict(user, item);
        }
        float ofUser = user < 0 ? 0 : bias(userFactors, user);
        float ofItem = item < 0 ? 0 : bias(itemFactors, item);
        return mean + ofUser + ofItem;
    }

    /** Predicts by names, which may be unknown: then it is the mean and the bias of the one that is known. */
    public final class ByName {
        private final Map<String, Integer> userOf = numbers(userNames, userCount());
        private final Map<String, Integer> itemOf = numbers(itemNames, itemCount());

        private static Map<String, Integer> numbers(List<String> names, int known) {
            Map<String, Integer> byName = HashMap.newHashMap(known);
            for (int n = 0; n < known; n++) {
                byName.put(names.isEmpty() ? String.valueOf(n) : names.get(n), n);
            }
            return byName;
        }

        public float predict(String user, String item) {
            return predictAny(user(user), item(item));
        }

        /** The same by numbers, which are negative for those that are not known. */
        public float predict(int user, int item) {
            return predictAny(user, item);
        }

        /** The number of a user; -1 for one that the model does not know. */
        public int user(String name) {
            return userOf.getOrDefault(name, -1);
        }

        /** The number of an item; -1 for one that the model does not know. */
        public int item(String name) {
            return itemOf.getOrDefault(name, -1);
        }

        public FactorModel model() {
            return FactorModel.this;
        }
    }

    /** Ready to predict by names. */
    public ByName byName() {
        return new ByName();
    }

    /** What ratings of another source are about, as this model numbers it. */
    private final class Numbering {
        private final int[] userOf;
        private final int[] itemOf;

        Numbering(Ratings ratings) {
            var byName = byName();
            userOf = numbers(ratings.userCount(), ratings::userName, byName.userOf);
            itemOf = numbers(ratings.itemCount(), ratings::itemName, byName.itemOf);
        }

        private static int[] numbers(int count, IntFunction<String> nameOf, Map<String, Integer> byName) {
            var numbers = new int[count];
            Arrays.setAll(numbers, n -> byName.getOrDefault(nameOf.apply(n), -1));
            return numbers;
        }
    }

    /** Takes a rating's number and what is predicted for it. */
    @FunctionalInterface
    public interface Taker {
        void take(int rating, float predicted);
    }

    /** Predicts ratings that may come from elsewhere: users and items are known by their names. */
    public void predict(Ratings ratings, Taker taker) {
        var numbering = new Numbering(ratings);
        for (int k = 0; k < ratings.size(); k++) {
            taker.take(k, predictAny(numbering.userOf[ratings.users()[k]], numbering.itemOf[ratings.items()[k]]));
        }
    }

    /** The scores of ratings from elsewhere, and which part of them has a user or an item that the model does not know. */
    public Map<String, Double> scoreLike(Ratings ratings) {
        var numbering = new Numbering(ratings);
        var users = new int[ratings.size()];
        var items = new int[ratings.size()];
        int strange = 0;
        for (int k = 0; k < users.length; k++) {
            users[k] = numbering.userOf[ratings.users()[k]];
            items[k] = numbering.itemOf[ratings.items()[k]];
            strange += users[k] < 0 || items[k] < 0 ? 1 : 0;
        }
        var scores = score(users, items, ratings.values());
        scores.put("strangers", (double) strange / users.length);
        return scores;
    }

    /** Root of the mean squared error, and mean absolute error. */
    public Map<String, Double> score(Ratings ratings) {
        return score(ratings.users(), ratings.items(), ratings.values());
    }

    private Map<String, Double> score(int[] ofUser, int[] ofItem, float[] values) {
        double squares = 0;
        double absolute = 0;
        double ofMean = 0;
        for (int k = 0; k < values.length; k++) {
            double error = values[k] - predictAny(ofUser[k], ofItem[k]);
            squares += error * error;
            ofMean += (values[k] - (double) mean) * (values[k] - (double) mean);
            absolute += Math.abs(error);
        }
        var scores = new LinkedHashMap<String, Double>();
        scores.put("rmse", Math.sqrt(squares / values.length));
        scores.put("baselineRmse", Math.sqrt(ofMean / values.length));
        scores.put("mae", absolute / values.length);
        return scores;
    }

    /** An item, or a user, and what is predicted for it. */
    public record Entry(int number, String name, double rating) {}

    /** What an item is called. */
    public String itemName(int item) {
        return itemNames.isEmpty() ? String.valueOf(item) : itemNames.get(item);
    }

    /** What a user is called. */
    public String userName(int user) {
        return userNames.isEmpty() ? String.valueOf(user) : userNames.get(user);
    }

    /** The {@code k} items that a user will think most of, without those in {@code known}; the best first. */
    public List<Entry> recommend(int user, int k, BitSet known) {
        return best(itemCount(), k, known, item -> predict(user, item), this::itemName);
    }

    /** The {@code k} users that will think most of an item; the best first. */
    public List<Entry> recommendUsers(int item, int k) {
        return best(userCount(), k, new BitSet(), user -> predict(user, item), this::userName);
    }

    private static List<Entry> best(
            int count, int k, BitSet without, IntToDoubleFunction rating, IntFunction<String> name) {
        var worstFirst = Comparator.comparingDouble(Entry::rating)
                .thenComparing(Comparator.comparingInt(Entry::number).reversed());
        var best = new PriorityQueue<>(worstFirst);
        for (int n = 0; n < count; n++) {
            double of = without.get(n) ? Double.NEGATIVE_INFINITY : rating.applyAsDouble(n);
            var worst = best.peek();
            if (without.get(n) || (worst != null && best.size() == k && of <= worst.rating())) {
                continue;
            }
            best.add(new Entry(n, name.apply(n), of));
            if (best.size() > k) {
                best.remove();
            }
        }
        var sorted = new ArrayList<>(best);
        sorted.sort(worstFirst.reversed());
        return List.copyOf(sorted);
    }

    @Override
    public FactorModel from(Map<String, String> where) {
        return new FactorModel(userNames, itemNames, rank, mean, userFactors, itemFactors, Map.copyOf(where));
    }

    @Override
    public void save(Place file) throws IOException {
        var about = new LinkedHashMap<String, String>();
        about.put("mean", String.valueOf(mean));
        about.put("rank", String.valueOf(rank));
        var tensors = new ArrayList<Tensor>();
        if (userFactors instanceof ModelRows.InParts users) {
            about.put("users", String.valueOf(userCount()));
            about.put("items", String.valueOf(itemCount()));
            users.parts().save(file, about);
        } else {
            tensors.add(Tensor.floats("users", users(), userCount(), rank + 1L));
            tensors.add(Tensor.floats("items", items(), itemCount(), rank + 1L));
        }
        tensors.add(Tensor.bytes("userNames", String.join("\n", userNames).getBytes(StandardCharsets.UTF_8)));
        tensors.add(Tensor.bytes("itemNames", String.join("\n", itemNames).getBytes(StandardCharsets.UTF_8)));
        ModelFile.write(file, FORMAT, about, provenance, tensors);
    }

    /** Loads what {@link #save} has saved. */
    public static FactorModel load(Path path) throws IOException {
        return load(Place.of(path));
    }

    /** The same from any place. */
    public static FactorModel load(Place path) throws IOException {
        try (var file = ModelFile.open(path, FORMAT, "a factorisation")) {
            if (ModelParts.has(file)) {
                return inParts(file, path);
            }
            var shape = file.shape("users");
            var others = file.shape("items");
            if (shape.length != 2 || others.length != 2 || shape[1] != others[1] || shape[1] < 2) {
                throw new IOException(path + ": users and items do not fit each other");
            }
            float mean = number(file, "mean", path);
            int width = (int) shape[1];
            return new FactorModel(
                    names(file.bytes("userNames"), shape[0], path),
                    names(file.bytes("itemNames"), others[0], path),
                    width - 1,
                    mean,
                    new ModelRows.Dense(ModelFile.finite(file, "users"), width),
                    new ModelRows.Dense(ModelFile.finite(file, "items"), width),
                    ModelFile.provenance(file));
        }
    }

    private static FactorModel inParts(Safetensors file, Place path) throws IOException {
        var parts = ModelParts.open(file, path);
        int rank = ModelFile.count(file, "rank", path);
        int users = ModelFile.count(file, "users", path);
        int items = ModelFile.count(file, "items", path);
        return new FactorModel(
                names(file.bytes("userNames"), users, path),
                names(file.bytes("itemNames"), items, path),
                rank,
                number(file, "mean", path),
                new ModelRows.InParts(parts, FactorRecipe.USERS, users, rank + 1),
                new ModelRows.InParts(parts, FactorRecipe.ITEMS, items, rank + 1),
                ModelFile.provenance(file));
    }

    private static float number(Safetensors file, String name, Place path) throws IOException {
        try {
            return Float.parseFloat(file.metadata().getOrDefault(name, ""));
        } catch (NumberFormatException e) {
            throw new IOException(path + ": does not say its " + name, e);
        }
    }

    private static List<String> names(byte[] bytes, long due, Place path) throws IOException {
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
