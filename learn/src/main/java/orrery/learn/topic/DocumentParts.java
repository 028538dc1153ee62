package orrery.learn.topic;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What all must know of documents that lie in parts where the workers are.
 *
 * @param sizes by worker: how many documents it has; they are numbered on through all workers
 * @param tokens by word: how often all documents have it
 * @param sum of all documents, by which they are known again
 */
public record DocumentParts(List<Long> sizes, long[] tokens, String sum) {
    public DocumentParts {
        sizes = List.copyOf(sizes);
    }

    /** By worker the number of its first document; then that of all. */
    long[] firsts() {
        var firsts = new long[sizes.size() + 1];
        IntStream.range(0, sizes.size()).forEach(w -> firsts[w + 1] = firsts[w] + sizes.get(w));
        return firsts;
    }
}
