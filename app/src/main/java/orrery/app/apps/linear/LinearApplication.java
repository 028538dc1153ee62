package orrery.app.apps.linear;

import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.stream.Collectors;
import orrery.app.apps.Application;
import orrery.app.flags.DataFlags;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.HoldOutFlags;
import orrery.app.flags.StreamFlags;
import orrery.app.flags.UsageException;
import orrery.app.onnx.LinearOnnx;
import orrery.data.Examples;
import orrery.data.Loaded;
import orrery.data.Schema;
import orrery.learn.linear.DualOptions;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearModel;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.Loss;
import orrery.store.Place;
import orrery.store.Printable;

/** What the applications that learn linear models have in common: their flags, and how their models are used. */
abstract class LinearApplication implements Application {
    private final String name;
    private final String summary;
    private final boolean hasClasses;
    private final boolean hasSolvers;

    /**
     * @param hasClasses whether labels are classes, which may weigh differently
     * @param hasSolvers whether its loss has one margin, so that there are other solvers than rules
     */
    LinearApplication(String name, String summary, boolean hasClasses, boolean hasSolvers) {
        this.name = name;
        this.summary = summary;
        this.hasClasses = hasClasses;
        this.hasSolvers = hasSolvers;
    }

    /** What learns, by these options. */
    abstract LinearLearner learner(LinearOptions options, HingeFlags hinge);

    /** Flags of the model that no other has. */
    List<Object> modelFlags(HingeFlags hinge) {
        return List.of();
    }

    /** Refuses variance-reduced gradients where the loss is not smooth. */
    void checkSvrg(HingeFlags hinge) {}

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final String summary() {
        return summary;
    }

    @Override
    public final String data() {
        return "examples (libsvm, CSV, TSV, Parquet): a file, a folder, -, or a name of: orrery data list";
    }

    @Override
    public List<String> examples() {
        return List.of(
                "train " + name + " train.csv --label outcome --split 0.2",
                "train " + name + " train.libsvm --test test.libsvm");
    }

    @Override
    public final String format() {
        return LinearModel.FORMAT;
    }

    @Override
    public final Flags flags() {
        return new LinearFlags();
    }

    private final class LinearFlags implements Flags {
        private final DataFlags reading = new DataFlags();
        private final HoldOutFlags holdOut = new HoldOutFlags();
        private final StreamFlags streaming = new StreamFlags();
        private final InterceptFlags intercept = new InterceptFlags();
        private final ClassFlags classes = new ClassFlags();
        private final HingeFlags hinge = new HingeFlags();
        private final OptimiserFlags optimiser = new OptimiserFlags();
        private final SolverFlags solver = new SolverFlags();
        private final LayoutFlags layout = new LayoutFlags();

        @Override
        public List<FlagGroup> groups() {
            var groups = new ArrayList<FlagGroup>();
            for (var flags : List.of(reading, holdOut, streaming)) {
                groups.add(new FlagGroup(FlagGroup.DATA, flags));
            }
            groups.add(new FlagGroup(FlagGroup.MODEL, intercept));
            if (hasClasses) {
                groups.add(new FlagGroup(FlagGroup.MODEL, classes));
            }
            modelFlags(hinge).forEach(flags -> groups.add(new FlagGroup(FlagGroup.MODEL, flags)));
            groups.add(new FlagGroup(FlagGroup.MODEL, layout));
            groups.add(new FlagGroup(FlagGroup.OPTIMISER, optimiser));
            if (hasSolvers) {
                groups.add(new FlagGroup(FlagGroup.OPTIMISER, solver));
            }
            return List.copyOf(groups);
        }

        @Override
        public Task<LinearModel> task(Given given) {
            holdOut.check();
            streaming.check(holdOut);
            reading.options();
            LinearLearner learner;
            try {
                learner = learner(
                        new LinearOptions(
                                optimiser.passes(),
                                optimiser.batch,
                                optimiser.rule(),
                                !intercept.noIntercept,
                                classes.weights,
                                classes.balanced,
                                optimiser.patience,
                                optimiser.scaling(given),
                                layout.layout(),
                                layout.keys(),
                                layout.initial()),
                        hinge);
            } catch (IllegalArgumentException e) {
                throw new UsageException("", e);
            }
            var bySolver = solver.solver(optimiser, !intercept.noIntercept, given);
            if (bySolver.isPresent() && !(bySolver.get() instanceof DualOptions)) {
                checkSvrg(hinge);
            }
            return new LinearTask(learner, bySolver, holdOut, streaming, reading);
        }
    }

    // A model that is used

    @Override
    public final Saved open(Place model) throws IOException {
        return new SavedModel(LinearModel.load(model));
    }

    private static final class SavedModel implements Saved {
        private static final MathContext DIGITS = new MathContext(10);
        private final LinearModel model;
        private final DataFlags reading = new DataFlags();

        SavedModel(LinearModel model) {
            this.model = model;
        }

        @Override
        public List<Object> options() {
            return List.of(reading);
        }

        @Override
        public Optional<Schema> schema() {
            return Optional.of(model.schema());
        }

        private Loaded read(String data, boolean needsLabels) throws IOException {
            return reading.data().readLike(data, model.schema(), reading.options(), needsLabels);
        }

        @Override
        public Optional<Measured> measure(String data) throws IOException {
            var loaded = read(data, true);
            return Optional.of(
                    Measured.of(loaded, model.score(loaded.examples()).ordered()));
        }

        @Override
        public void predict(String data, boolean probabilities, PrintWriter out) throws IOException {
            if (probabilities && (model.loss() == Loss.HINGE || model.loss() == Loss.SQUARED_HINGE)) {
                throw new UsageException(
                        "a support vector machine has no probabilities; leave --probabilities out, or train lr");
            }
            Examples examples = read(data, false).examples();
            var classes = model.classes();
            if (probabilities && !classes.isEmpty()) {
                out.println("class\t" + String.join("\t", classes));
            }
            var line = new StringBuilder();
            model.predict(examples, (i, predicted) -> {
                line.setLength(0);
                if (classes.isEmpty()) {
                    line.append(rounded(predicted[0]));
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
        }

        /** To as many digits as weights, which are floats, can give. */
        private static double rounded(double number) {
            return BigDecimal.valueOf(number).round(DIGITS).doubleValue();
        }

        @Override
        public void export(Place file) throws IOException {
            LinearOnnx.write(model, file);
        }

        @Override
        public void show(PrintWriter out, int top) throws IOException {
            out.printf(
                    "# model: %s, %s features%s%n",
                    model.loss().name().toLowerCase(Locale.ROOT),
                    model.schema().areKeyed() ? "64-bit keys as" : String.format(Locale.ROOT, "%,d", model.features()),
                    model.classes().isEmpty()
                            ? ""
                            : ", classes " + Printable.of(model.classes().toString()));
            for (int margin = 0; margin < model.margins(); margin++) {
                int column = margin;
                String of = model.margins() > 1
                        ? model.classes().get(margin)
                        : model.classes().isEmpty() ? "value" : model.classes().get(1);
                out.println(Printable.of(of) + ": "
                        + heaviest(column, top).stream()
                                .map(heavy -> String.format(
                                        Locale.ROOT,
                                        "%s %+.3f",
                                        Printable.of(model.schema().featureName(heavy.feature())),
                                        heavy.weight()))
                                .collect(Collectors.joining(", ")));
            }
        }

        private record Weighed(long feature, float weight, double heaviness) {}

        /** Of many classes, what speaks for each; of two, what speaks for either. Lower features first among equals. */
        private List<Weighed> heaviest(int margin, int top) throws IOException {
            var lightestFirst = Comparator.comparingDouble(Weighed::heaviness)
                    .thenComparing(Comparator.comparingLong(Weighed::feature).reversed());
            var best = new PriorityQueue<>(lightestFirst);
            model.forEachWeight((feature, row) -> {
                float weight = row[margin];
                var next = new Weighed(feature, weight, model.margins() > 1 ? weight : Math.abs(weight));
                if (best.size() < top || lightestFirst.compare(next, best.element()) > 0) {
                    best.add(next);
                    if (best.size() > top) {
                        best.remove();
                    }
                }
            });
            return best.stream().sorted(lightestFirst.reversed()).toList();
        }
    }
}
