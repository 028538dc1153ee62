package orrery.app.example;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import orrery.app.apps.Application;
import orrery.app.flags.DataFlags;
import orrery.app.flags.FlagGroup;
import orrery.data.Loaded;
import orrery.data.Reading;
import orrery.engine.Job;
import orrery.engine.event.Outcome;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.train.Model;
import orrery.engine.train.ModelFile;
import orrery.engine.train.Recipe;
import orrery.engine.train.Training;
import orrery.store.Place;
import orrery.store.Safetensors.Tensor;
import orrery.table.spec.TableSpec;
import picocli.CommandLine.Option;

/** An application that no other file names: the mean of the labels, each worker adding up its part. */
public final class MeanApplication implements Application {
    private static final String FORMAT = "example-mean-1";

    /** A flag of its own. */
    static final class MeanFlags {
        @Option(names = "--times", paramLabel = "N", description = "Multiply the mean (default: ${DEFAULT-VALUE}).")
        float times = 1;
    }

    /** What is learned. */
    record Mean(float value, Map<String, String> provenance) implements Model {
        @Override
        public Mean from(Map<String, String> where) {
            return new Mean(value, Map.copyOf(where));
        }

        @Override
        public void save(Place file) throws IOException {
            ModelFile.write(file, FORMAT, Map.of(), provenance, List.of(Tensor.floats("mean", new float[] {value})));
        }
    }

    @Override
    public String name() {
        return "mean";
    }

    @Override
    public String summary() {
        return "computes the mean of the labels";
    }

    @Override
    public String data() {
        return "examples";
    }

    @Override
    public List<String> examples() {
        return List.of("train mean numbers.csv --times 2");
    }

    @Override
    public String format() {
        return FORMAT;
    }

    @Override
    public Flags flags() {
        var reading = new DataFlags();
        var own = new MeanFlags();
        return new Flags() {
            @Override
            public List<FlagGroup> groups() {
                return List.of(new FlagGroup(FlagGroup.DATA, reading), new FlagGroup(FlagGroup.MODEL, own));
            }

            @Override
            public Application.Task<Mean> task(Given given) {
                return new MeanTask(reading, own.times);
            }
        };
    }

    private static final class MeanTask implements Application.Task<Mean> {
        private final DataFlags flags;
        private final float times;
        private Optional<Loaded> data = Optional.empty();

        MeanTask(DataFlags flags, float times) {
            this.flags = flags;
            this.times = times;
        }

        @Override
        public String read(String name, long seed) throws IOException {
            data = Optional.of(flags.data().read(name, flags.options()));
            return data.get().examples().toString();
        }

        @Override
        public Reading reading() {
            return data.orElseThrow().reading();
        }

        @Override
        public String dataSum() {
            return data.orElseThrow().examples().sum();
        }

        @Override
        public Training<Mean> prepare(Run run) {
            var examples = data.orElseThrow().examples();
            long n = examples.size();
            var job = new Job(
                    "mean",
                    List.of(TableSpec.dense("mean", 1, 1)),
                    List.of(new Stage("sum", 1, 1, worker -> (session, clock) -> {
                        double sum = 0;
                        long to = n * (worker.index() + 1) / worker.count();
                        for (long i = n * worker.index() / worker.count(); i < to; i++) {
                            sum += examples.label(i);
                        }
                        session.add(session.table("mean"), new long[] {0}, new float[] {(float) (times * sum / n)});
                        worker.processed(n / worker.count());
                    })));
            var recipe = new Recipe<Mean>() {
                @Override
                public Job job() {
                    return job;
                }

                @Override
                public Map<String, String> identity() {
                    return Map.of("data", examples.sum());
                }

                @Override
                public Mean model(Outcome outcome) {
                    var node = outcome.node();
                    return new Mean(node.values(node.table("mean"))[0], Map.of());
                }
            };
            return new Training<>(recipe, run);
        }

        @Override
        public Map<String, Object> results(Mean model) {
            return Map.of("mean", (double) model.value());
        }

        @Override
        public void print(PrintWriter out, Mean model, Map<String, Object> results) {
            out.println("mean " + model.value());
        }
    }

    @Override
    public Saved open(Place model) throws IOException {
        float value;
        try (var file = ModelFile.open(model, FORMAT, "a mean")) {
            value = file.floats("mean")[0];
        }
        return new Saved() {
            @Override
            public List<Object> options() {
                return List.of();
            }

            @Override
            public void show(PrintWriter out, int top) {
                out.println("# mean " + value);
            }

            @Override
            public void predict(String data, boolean probabilities, PrintWriter out) {
                out.println(value);
            }

            @Override
            public Optional<Measured> measure(String data) {
                return Optional.empty();
            }
        };
    }
}
