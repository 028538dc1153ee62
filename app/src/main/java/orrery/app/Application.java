package orrery.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import orrery.engine.Run;
import orrery.learn.Model;
import orrery.learn.Training;

/** What the verbs need of an application whose flags have been given: its data, its training, its results. */
interface Application<M extends Model> extends AutoCloseable {
    /** Reads the data, and says what there is. */
    String read(String data, long seed) throws IOException;

    /** A sum of the training data. */
    String dataSum();

    /** Makes ready to train; what is wrong with the data is told here. */
    Training<M> prepare(Run run) throws IOException;

    /** Whether its workers touch single rows, the same in every pass, so that a plan pays. */
    boolean isPlanned();

    /** What is worth telling of a model that was trained, by name. */
    Map<String, Object> results(M model);

    /** Tells the model and its results to a person. */
    void print(PrintWriter out, M model, Map<String, Object> results);

    /** Gives back what was read. */
    @Override
    default void close() {}
}
