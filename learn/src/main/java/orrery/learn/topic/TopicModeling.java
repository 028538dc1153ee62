package orrery.learn.topic;

import java.util.Optional;
import orrery.data.Corpus;
import orrery.data.DataException;
import orrery.data.Loaded;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;

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
    private final TopicMemory memory;

    public TopicModeling(TopicOptions options) {
        this(options, TopicMemory.ALL);
    }

    private TopicModeling(TopicOptions options, TopicMemory memory) {
        this.options = options;
        this.memory = memory;
    }

    /** The same with part of the model, or of the documents, in files. */
    public TopicModeling with(TopicMemory memory) {
        return new TopicModeling(options, memory);
    }

    /**
     * Makes ready to find topics.
     *
     * @param data documents; a feature is a word, and its value how often the document has it
     * @throws DataException if a value is no whole number of 0 or more, or there are no words
     */
    public Training<TopicModel> prepare(Loaded data, Run run) throws DataException {
        data.examples().numbered("lda");
        return prepare(Corpus.of(data), run);
    }

    /**
     * The same of documents that need not be in memory.
     *
     * @throws DataException if a count is no whole number of 0 or more, or there are no words
     */
    public Training<TopicModel> prepare(Corpus documents, Run run) throws DataException {
        check(documents);
        return new Training<>(new TopicRecipe(options, documents, Optional.empty(), memory, run), run);
    }

    /**
     * The same, where each worker has a part of the documents. {@code local} holds the documents of this JVM's workers, numbered on through
     * all workers ({@link orrery.data.Examples#numberedFrom}); a coordinator without workers passes none. The model does not know the
     * coherence of its topics: see {@link TopicModel#counting}.
     *
     * @throws DataException if a count is no whole number of 0 or more
     */
    public Training<TopicModel> prepare(Corpus local, DocumentParts parts, Run run) throws DataException {
        checkCounts(local);
        return new Training<>(new TopicRecipe(options, local, Optional.of(parts), memory, run), run);
    }

    /** Refuses values that are no counts. */
    static void check(Corpus documents) throws DataException {
        if (checkCounts(documents) == 0) {
            throw new DataException("the documents have no words");
        }
    }

    /** Returns how many words there are. */
    private static long checkCounts(Corpus documents) throws DataException {
        var wrong = new StringBuilder();
        var tokens = new long[1];
        documents.read(documents.first(), documents.first() + documents.documents(), (d, words, counts, from, to) -> {
            for (int k = from; k < to; k++) {
                float count = counts[k];
                if ((!(count >= 0 && count <= MOST_COUNT) || count != (int) count) && wrong.isEmpty()) {
                    wrong.append("document ")
                            .append(d + 1)
                            .append(" has ")
                            .append(count)
                            .append(" of word '")
                            .append(documents.schema().featureName(words[k]))
                            .append(
                                    "': lda counts words, and needs whole numbers of 0 or more; columns of numbers are no"
                                            + " documents, and texts are read by --text COLUMN");
                }
                tokens[0] += (long) count;
            }
        });
        if (!wrong.isEmpty()) {
            throw new DataException(wrong.toString());
        }
        return tokens[0];
    }
}
