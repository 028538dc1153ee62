package orrery.app;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import orrery.data.Examples;
import orrery.data.Schema;
import orrery.learn.ModelFile;
import orrery.learn.cluster.ClusterModel;
import orrery.learn.factor.FactorModel;
import orrery.learn.linear.LinearModel;
import orrery.store.Json;
import orrery.store.Place;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures a model on labelled data. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures a model on labelled data.")
final class Evaluate implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL", description = "A model, or a run.")
    @SuppressWarnings("NullAway.Init")
    String model;

    @Parameters(index = "1", paramLabel = "DATA", description = "Read as the model's training data was.")
    @SuppressWarnings("NullAway.Init")
    String data;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    @Mixin
    DataFlags reading = new DataFlags();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        var measured = measure(Predict.file(model));
        var out = spec.commandLine().getOut();
        if (json) {
            var result = new LinkedHashMap<String, Object>();
            result.put("model", model);
            result.put("data", data);
            result.putAll(measured.sizes());
            result.put("test", measured.metrics());
            out.println(Json.line(result));
        } else {
            out.println(measured.data());
            Train.printMetrics(out, "test", measured.metrics());
        }
        return 0;
    }

    /** What a model does on data of a kind. */
    private record Measured(String data, Map<String, Long> sizes, Map<String, Double> metrics) {
        static Measured of(Examples examples, Map<String, Double> metrics) {
            var sizes = new LinkedHashMap<String, Long>();
            sizes.put("examples", examples.size());
            sizes.put("nonZeros", examples.nonZeros());
            return new Measured(examples.toString(), sizes, metrics);
        }
    }

    private Measured measure(Place file) throws IOException {
        switch (ModelFile.format(file)) {
            case FactorModel.FORMAT -> {
                var ratings = reading.data().ratings(data);
                var metrics = FactorModel.load(file).scoreLike(ratings);
                return new Measured(ratings.toString(), Map.of("ratings", (long) ratings.size()), metrics);
            }
            case ClusterModel.FORMAT -> {
                var clusters = ClusterModel.load(file);
                var examples = read(clusters.schema(), false);
                return Measured.of(examples, clusters.score(examples));
            }
            default -> {
                var linear = LinearModel.load(file);
                var examples = read(linear.schema(), true);
                return Measured.of(examples, linear.score(examples).ordered());
            }
        }
    }

    private Examples read(Schema schema, boolean hasLabels) throws IOException {
        return reading.data()
                .readLike(data, schema, reading.options(), hasLabels)
                .examples();
    }
}
