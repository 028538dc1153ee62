package orrery.bench.stages;

import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Schema;

/** Data of the shapes that FlexPS was measured on, smaller: labels follow from a few hundred features, with noise. */
final class Shapes {
    private Shapes() {}

    /**
     * @param perExample features of an example
     * @param zipf exponent of the features' frequencies
     */
    static Loaded of(int examples, int features, int perExample, double zipf) {
        var random = new SplittableRandom(7);
        var packer = new Examples.Packer();
        float value = (float) (1 / Math.sqrt(perExample));
        for (int i = 0; i < examples; i++) {
            double margin = 0;
            var seen = new TreeSet<Integer>();
            while (seen.size() < perExample) {
                seen.add(rank(random, features, zipf));
            }
            for (int f : seen) {
                packer.feature(f, value);
                margin += weight(f) * value;
            }
            packer.example(margin + 0.3 * random.nextGaussian() > 0 ? 1 : 0, 1);
        }
        var schema = Schema.ofFeatures("generated", List.of(), List.of(), features);
        return new Loaded(packer.pack(features), schema);
    }

    /** A feature's number: low ones are frequent. */
    private static int rank(SplittableRandom random, int features, double zipf) {
        double u = random.nextDouble();
        double rank = Math.pow(u * (Math.pow(features, 1 - zipf) - 1) + 1, 1 / (1 - zipf)) - 1;
        return Math.min(features - 1, (int) rank);
    }

    private static double weight(int feature) {
        return new SplittableRandom(feature * 77L).nextDouble(-3, 3);
    }
}
