package orrery.app;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.Callable;
import orrery.learn.ModelFile;
import orrery.learn.cluster.ClusterModel;
import orrery.learn.linear.LinearModel;
import orrery.store.Json;
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
        var file = Predict.file(model);
        boolean isClusters = ModelFile.format(file).equals(ClusterModel.FORMAT);
        var clusters = isClusters ? Optional.of(ClusterModel.load(file)) : Optional.<ClusterModel>empty();
        var linear = isClusters ? Optional.<LinearModel>empty() : Optional.of(LinearModel.load(file));
        var schema = clusters.map(ClusterModel::schema)
                .orElseGet(() -> linear.orElseThrow().schema());
        var examples = reading.data()
                .readLike(data, schema, reading.options(), !isClusters)
                .examples();
        var metrics = clusters.map(model -> model.score(examples))
                .orElseGet(() -> linear.orElseThrow().score(examples).ordered());
        var out = spec.commandLine().getOut();
        if (json) {
            var result = new LinkedHashMap<String, Object>();
            result.put("model", model);
            result.put("data", data);
            result.put("examples", examples.size());
            result.put("nonZeros", examples.nonZeros());
            result.put("test", metrics);
            out.println(Json.line(result));
        } else {
            out.println(examples);
            Train.printMetrics(out, "test", metrics);
        }
        return 0;
    }
}
