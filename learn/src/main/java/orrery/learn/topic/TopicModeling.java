package orrery.learn.topic;

import orrery.data.DataException;
import orrery.data.Loaded;
import orrery.engine.stage.Run;
import orrery.learn.Training;

/**
 * Latent Dirichlet allocation (Blei, Ng and Jordan, JMLR 2003): topics are distributions over words, and each document is a mixture of
 * topics. Found by collapsed Gibbs sampling (Griffiths and Steyvers, PNAS 2004) on counts by word that rotate between workers
 * (Zheng et al., arXiv 1411.2305).
 */
public final class TopicModeling {
    /** The metric at cuts that is log p(words, topics), by word. */
    public static final String LIKELIHOOD = "train.logLikelihood";

    private static final int MOST_COUNT = 1 << 24; // of a word in a document: floats have all whole numbers up to there

    private final TopicOptions options;

    public TopicModeling(TopicOptions options) {
        this.options = options;
    }

    /**
     * Makes ready to find topics.
     *
     * @param data documents; a feature is a word, and its value how often the document has it
     * @throws DataException if a value is no whole number of 0 or more, or there are no words
     */
    public Training<TopicModel> prepare(Loaded data, Run run) throws DataException {
        check(data);
        return new Training<>(new TopicRecipe(options, data, run), run);
    }

    /** Refuses values that are no counts. */
    static void check(Loaded data) throws DataException {
        var documents = data.examples().numbered("lda");
        var cursor = documents.cursor();
        long tokens = 0;
        for (long d = 0; d < documents.size(); d++) {
            cursor.move(d);
            for (int k = cursor.from(); k < cursor.to(); k++) {
                float count = cursor.values()[k];
                if (!(count >= 0 && count <= MOST_COUNT) || count != (int) count) {
                    throw new DataException("document " + (d + 1) + " has " + count + " of word '"
                            + data.schema().featureName(cursor.indices()[k])
                            + "': lda counts words, and needs whole numbers of 0 or more; columns of numbers are no"
                            + " documents, and texts are read by --text COLUMN");
                }
                tokens += (long) count;
            }
        }
        if (tokens == 0) {
            throw new DataException("the documents have no words");
        }
    }
}
