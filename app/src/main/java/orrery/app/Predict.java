package orrery.app;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import orrery.learn.ModelFile;
import orrery.learn.cluster.ClusterModel;
import orrery.learn.factor.FactorModel;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.Loss;
import orrery.store.Place;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Predicts with a model: a line per example. */
@Command(
        name = "predict",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Predicts: per example a line with the class and, with --probabilities, each class's probability; under"
                        + " least squares the number.")
final class Predict implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL", description = "A model, or a run.")
    @SuppressWarnings("NullAway.Init")
    String model;

    @Parameters(index = "1", paramLabel = "DATA", description = "Read as the model's training data was.")
    @SuppressWarnings("NullAway.Init")
    String data;

    @Option(
            names = {"-p", "--probabilities"},
            description = "A column per class, named by a first line.")
    boolean probabilities;

    @Mixin
    DataFlags reading = new DataFlags();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** Loads a model by its file or its run's folder. */
    static LinearModel load(String fileOrRun) throws IOException {
        return LinearModel.load(file(fileOrRun));
    }

    /** A model's file, given by itself or by its run's folder. */
    static Place file(String fileOrRun) throws IOException {
        var place = new Place(fileOrRun);
        boolean isFile = fileOrRun.endsWith(".safetensors") || place.path().isEmpty() || place.isFile();
        return isFile ? place : Place.of(RunFolder.open(fileOrRun).model());
    }

    /** The number of each example's cluster. */
    private void assign(ClusterModel clusters) throws IOException {
        if (probabilities) {
            throw new UsageException("clusters have no probabilities; leave --probabilities out");
        }
        var examples = reading.data()
                .readLike(data, clusters.schema(), reading.options(), false)
                .examples();
        var out = spec.commandLine().getOut();
        clusters.assign(examples, (i, cluster, distance) -> out.println(cluster));
        out.flush();
    }

    /** A number per rating. */
    private void rate(FactorModel factors) throws IOException {
        if (probabilities) {
            throw new UsageException("ratings have no probabilities; leave --probabilities out");
        }
        var out = spec.commandLine().getOut();
        factors.predict(reading.data().ratings(data), (i, predicted) -> out.println(predicted));
        out.flush();
    }

    @Override
    public Integer call() throws IOException {
        var file = file(model);
        if (ModelFile.format(file).equals(FactorModel.FORMAT)) {
            rate(FactorModel.load(file));
            return 0;
        }
        if (ModelFile.format(file).equals(ClusterModel.FORMAT)) {
            assign(ClusterModel.load(file));
            return 0;
        }
        var loaded = LinearModel.load(file);
        if (probabilities && (loaded.loss() == Loss.HINGE || loaded.loss() == Loss.SQUARED_HINGE)) {
            throw new UsageException(
                    "a support vector machine has no probabilities; leave --probabilities out, or train lr");
        }
        var examples = reading.data()
                .readLike(data, loaded.schema(), reading.options(), false)
                .examples();
        var out = spec.commandLine().getOut();
        var classes = loaded.classes();
        if (probabilities && !classes.isEmpty()) {
            out.println("class\t" + String.join("\t", classes));
        }
        var line = new StringBuilder();
        loaded.predict(examples, (i, predicted) -> {
            line.setLength(0);
            if (classes.isEmpty()) {
                line.append(predicted[0]);
            } else {
                int best = 0;
                for (int k = 1; k < predicted.length; k++) {
                    best = predicted[k] > predicted[best] ? k : best;
                }
                line.append(classes.get(best));
                for (int k = 0; probabilities && k < predicted.length; k++) {
                    line.append('\t').append(String.format(Locale.ROOT, "%.6f", predicted[k]));
                }
            }
            out.println(line);
        });
        out.flush();
        return 0;
    }
}
