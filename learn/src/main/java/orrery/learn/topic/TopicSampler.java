package orrery.learn.topic;

import java.util.Locale;

/** How the topic of a word is drawn. */
public enum TopicSampler {
    /**
     * From all topics, with exact counts, document by document within a block of the vocabulary: the sum goes over the topics that the
     * word has. Least work to a likelihood of all, up to some ten thousand topics.
     */
    EXACT(6, 1 << 16),
    /**
     * The same distribution, word by word: the sum goes over the topics that the document has (Zheng et al., arXiv
     * 1411.2305).
     */
    ROTATION(6, 1 << 16),
    /**
     * By proposals, alternately from the word and from the document, each accepted or not (Yuan et al., WWW 2015): a draw takes
     * as long with a million topics as with a thousand.
     */
    LIGHT(2, 1 << 20),
    /** By proposals, all of documents in one sweep and all of words in another (Chen et al., VLDB 2016): a draw takes least. */
    WARP(2, 1 << 20);

    private final int blocksOfWorker;
    private final int mostTopics;

    TopicSampler(int blocksOfWorker, int mostTopics) {
        this.blocksOfWorker = blocksOfWorker;
        this.mostTopics = mostTopics;
    }

    /** The sampler of a name. */
    public static TopicSampler parse(String name) {
        for (var sampler : values()) {
            if (sampler.toString().equals(name)) {
                return sampler;
            }
        }
        throw new IllegalArgumentException("the sampler is exact, rotation, light or warp, got '" + name + "'");
    }

    /** Into how many blocks the vocabulary is cut for each worker, unless asked otherwise. */
    int blocksOfWorker() {
        return blocksOfWorker;
    }

    /** Whether it looks single counts up, and does not go over whole rows. */
    boolean looksUp() {
        return this == LIGHT || this == WARP;
    }

    int mostTopics() {
        return mostTopics;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
