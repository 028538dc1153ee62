package orrery.app.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.UsageException;
import orrery.data.Data;
import orrery.data.Loaded;
import orrery.data.Reading;
import orrery.data.Schema;
import orrery.engine.stage.Run;
import orrery.engine.train.Model;
import orrery.engine.train.Trained;
import orrery.engine.train.Training;
import orrery.store.Place;
import orrery.store.Readers;

/**
 * Something that can be trained on the command line: {@code orrery train NAME DATA}. Found by {@link
 * java.util.ServiceLoader}, so one more touches no other.
 */
public interface Application {
    /** By which the command line knows it. */
    String name();

    /** What it does, in one line. */
    String summary();

    /** What is trained on, in one line. */
    String data();

    /** What a training goes through and counts, in the plural. */
    default String counted() {
        return "examples";
    }

    /** Command lines to begin with, without {@code orrery}. */
    List<String> examples();

    /** Flags of one call, all at their defaults. */
    Flags flags();

    /** What the files of its models say that they are. */
    String format();

    /** A model that was saved by it, to be used; with flags of its own. */
    Saved open(Place model) throws IOException;

    /** The flags of one call. */
    interface Flags {
        /** Objects whose fields are picocli's options, by the heading under which help lists them, in its order. */
        List<FlagGroup> groups();

        /**
         * The training that the flags ask for, nothing read yet.
         *
         * @throws UsageException if flags contradict each other
         */
        Task<?> task(Given given);
    }

    /** Which options were given, and not left at their defaults. */
    @FunctionalInterface
    interface Given {
        /**
         * Whether an option was given.
         *
         * @param option with its dashes
         */
        boolean has(String option);
    }

    /** A training, from its data to its results. */
    interface Task<M extends Model> extends AutoCloseable {
        /** Reads the data, and summarises it in one line. */
        String read(String data, long seed) throws IOException;

        /** How the data was read; once it was. */
        Reading reading();

        /** A sum of the training data. */
        String dataSum();

        /** By file that was read to train on, or part of it: a sum of its bytes, as far as that can be known. */
        default Map<String, String> sums(String data) throws IOException {
            return Data.withDefaults().sums(data);
        }

        /** Who may read the files that are made of the training data. */
        default Readers readers(String data) throws IOException {
            return Data.withDefaults().readers(data);
        }

        /** Makes ready to train; what is wrong with the data is an error here. */
        Training<M> prepare(Run run) throws IOException;

        /** Whether its workers touch single rows, the same in every pass, so that a plan pays. */
        default boolean isPlanned(Run run) {
            return false;
        }

        /** What its tables are under, for people. */
        default String consistency(Run run) {
            return run.consistency().toString();
        }

        /** The results of a model that was trained, by name. */
        Map<String, Object> results(M model) throws IOException;

        /** Prints the model's results for a person. */
        void print(PrintWriter out, M model, Map<String, Object> results);

        /** Reasons to doubt that anything was learned, each with a likely cause and a flag to try. */
        default List<String> warnings(Trained<M> trained, Map<String, Object> results) {
            return List.of();
        }

        /** Gives back what was read. */
        @Override
        default void close() {}
    }

    /** A model that is used. */
    interface Saved {
        /** Objects whose fields are the options of {@code predict} and {@code evaluate}. */
        List<Object> options();

        /** What features and labels mean; empty if it is of no examples. */
        default Optional<Schema> schema() {
            return Optional.empty();
        }

        /** Prints the model, with its most important entries, that many. */
        void show(PrintWriter out, int top) throws IOException;

        /**
         * Predicts: a line per example.
         *
         * @param probabilities whether each class's is wanted, too
         */
        void predict(String data, boolean probabilities, PrintWriter out) throws IOException;

        /**
         * Writes the model as ONNX.
         *
         * @throws UsageException if this kind of model has no such form
         */
        default void export(Place file) throws IOException {
            throw new UsageException("only nets and linear models have a form as ONNX");
        }

        /** Measures the model; empty if it cannot be measured on data. */
        Optional<Measured> measure(String data) throws IOException;
    }

    /**
     * What a model does on data.
     *
     * @param data in one line
     * @param sizes of the data, by name
     */
    record Measured(String data, Reading reading, Map<String, Long> sizes, Map<String, Double> metrics) {
        /** Of examples that were read. */
        public static Measured of(Loaded loaded, Map<String, Double> metrics) {
            var examples = loaded.examples();
            var sizes = new LinkedHashMap<String, Long>();
            sizes.put("examples", examples.size());
            sizes.put("nonZeros", examples.nonZeros());
            return new Measured(examples.toString(), loaded.reading(), sizes, metrics);
        }
    }
}
