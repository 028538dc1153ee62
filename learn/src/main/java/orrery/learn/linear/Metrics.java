package orrery.learn.linear;

import java.util.LinkedHashMap;
import java.util.Map;

/** How good predictions are: metric to value, as far as they apply. Accuracy, AUC and macro-F1 are fractions. */
public record Metrics(Map<String, Double> values) {
    public Metrics {
        values = Map.copyOf(values);
    }

    /** The value of a metric that applies. */
    public double get(String name) {
        var value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("there is no metric '" + name + "', only " + values.keySet());
        }
        return value;
    }

    /** In the order in which they are shown. */
    public Map<String, Double> ordered() {
        var map = new LinkedHashMap<String, Double>();
        for (var name : new String[] {
            "accuracy", "baselineAccuracy", "auc", "logLoss", "macroF1", "rmse", "baselineRmse", "loss"
        }) {
            var value = values.get(name);
            if (value != null) {
                map.put(name, value);
            }
        }
        return map;
    }

    /** The same with longer names. */
    Map<String, Double> named(String prefix) {
        var map = new LinkedHashMap<String, Double>();
        ordered().forEach((name, value) -> map.put(prefix + name, value));
        return map;
    }

    /** The mean of the classes' F1; classes that neither occur nor are predicted do not count. */
    static double macroF1(long[][] confusion) {
        int k = confusion.length;
        double sum = 0;
        int counted = 0;
        for (int c = 0; c < k; c++) {
            long predicted = 0;
            long actual = 0;
            for (int other = 0; other < k; other++) {
                predicted += confusion[other][c];
                actual += confusion[c][other];
            }
            if (predicted + actual > 0) {
                sum += 2.0 * confusion[c][c] / (predicted + actual);
                counted++;
            }
        }
        return sum / counted;
    }
}
