package orrery.data;

import java.util.Map;
import java.util.TreeMap;

/**
 * How ratings or edges are to be read. What is left open is found out from the file.
 *
 * @param text how the file is written, as far as it is known
 * @param columns the name or number of the column that has the {@code user}, {@code item} or {@code rating}, or the {@code
 *     from}, {@code to} or {@code weight}
 * @param known the same of data that a model was trained on: taken where there are columns of such names
 * @param needsValues whether each line must have a rating
 * @param usesWeights whether weights of edges are read
 * @param threads how many threads parse
 */
public record ListOptions(
        TextOptions text,
        Map<String, String> columns,
        Map<String, String> known,
        boolean needsValues,
        boolean usesWeights,
        int threads) {
    public ListOptions {
        columns = Map.copyOf(columns);
        known = Map.copyOf(known);
    }

    /** All that decides what is read, as text. */
    String key() {
        return text + " " + new TreeMap<>(columns) + " " + new TreeMap<>(known) + " " + needsValues + " " + usesWeights;
    }

    /** Whether a word was given as the name of a column. */
    boolean isNamed(String word) {
        return (columns.containsValue(word) || known.containsValue(word)) && !word.matches("-?[0-9]{1,9}");
    }

    /** All found out from the file; ratings and weights are read. */
    public static ListOptions defaults() {
        return new ListOptions(
                TextOptions.FOUND,
                Map.of(),
                Map.of(),
                true,
                true,
                Runtime.getRuntime().availableProcessors());
    }

    /** The same where what is read is to be predicted: ratings may be missing. */
    public ListOptions withoutValues() {
        return new ListOptions(text, columns, known, false, usesWeights, threads);
    }

    /** The same where all edges count alike. */
    public ListOptions withoutWeights() {
        return new ListOptions(text, columns, known, needsValues, false, threads);
    }

    public ListOptions with(TextOptions said) {
        return new ListOptions(said, columns, known, needsValues, usesWeights, threads);
    }

    public ListOptions with(Map<String, String> named) {
        return new ListOptions(text, named, known, needsValues, usesWeights, threads);
    }

    /** The same for data like those that a model was trained on. */
    public ListOptions like(Map<String, String> names) {
        return new ListOptions(text, columns, names, needsValues, usesWeights, threads);
    }
}
