package orrery.learn.topic;

import java.util.Arrays;

/**
 * How many words of each document have which topic: by document a list of topics and their counts, an entry per cell
 * ({@code topic << 16 | count}), with room for as many as the document has words, or topics. Confined to one thread.
 */
final class DocumentTopics {
    private static final int MOST = 0xffff; // count of an entry; what is more is in further entries

    private final long[] starts; // by document, then the end
    private final int[] used;
    private final int[][] cells; // by document's part of all cells
    private static final int PART_SHIFT = 28;

    /** @param lengths by document: its words */
    DocumentTopics(int[] lengths, int topics) {
        starts = new long[lengths.length + 1];
        used = new int[lengths.length];
        for (int d = 0; d < lengths.length; d++) {
            int room = Math.min(lengths[d], topics + lengths[d] / MOST);
            long start = starts[d];
            long left = (1L << PART_SHIFT) - (start & ((1L << PART_SHIFT) - 1));
            if (left < room) { // a document's cells are in one array
                start += left;
                starts[d] = start;
            }
            starts[d + 1] = start + room;
        }
        long all = starts[lengths.length];
        cells = new int[(int) (all >>> PART_SHIFT) + 1][];
        for (int part = 0; part < cells.length; part++) {
            cells[part] = new int[(int) Math.min(1L << PART_SHIFT, all - ((long) part << PART_SHIFT))];
        }
    }

    int documents() {
        return used.length;
    }

    /** Entries of a document. */
    int used(int document) {
        return used[document];
    }

    /** The array that has a document's entries. */
    int[] cells(int document) {
        return cells[(int) (starts[document] >>> PART_SHIFT)];
    }

    /** Where in the array they begin. */
    int at(int document) {
        return (int) (starts[document] & ((1L << PART_SHIFT) - 1));
    }

    /** Begins the entries of a document anew. */
    void clear(int document) {
        used[document] = 0;
    }

    /** Adds to the entries of a document. */
    void put(int document, int topic, int count) {
        int[] all = cells(document);
        int at = at(document);
        while (count > 0) {
            int part = Math.min(count, MOST);
            all[at + used[document]++] = (topic << 16) | part;
            count -= part;
        }
    }

    /** Counts all anew, from the topics of all words. */
    void recount(Tokens[] blocks, int topics) {
        clear();
        var next = new int[blocks.length];
        var counts = new int[topics];
        var listed = new int[topics];
        for (int d = 0; d < used.length; d++) {
            int n = 0;
            for (int b = 0; b < blocks.length; b++) {
                var of = blocks[b];
                int i = next[b];
                if (i < of.documents().length && of.documents()[i] == d) {
                    for (int t = of.starts()[i]; t < of.starts()[i + 1]; t++) {
                        int topic = of.cells()[t] & Tokens.TOPIC;
                        if (counts[topic]++ == 0) {
                            listed[n++] = topic;
                        }
                    }
                    next[b]++;
                }
            }
            for (int i = 0; i < n; i++) {
                put(d, listed[i], counts[listed[i]]);
                counts[listed[i]] = 0;
            }
        }
    }

    /**
     * Adds up how much more often documents have topics than their priors say; see {@link Priors}.
     *
     * @param sums takes the sums, by topic
     */
    void rises(float[] alpha, double[] sums) {
        for (int d = 0; d < used.length; d++) {
            int[] all = cells(d);
            for (int i = at(d), end = i + used[d]; i < end; i++) {
                long count = all[i] & MOST;
                while (i + 1 < end && all[i + 1] >>> 16 == all[i] >>> 16) {
                    count += all[++i] & MOST;
                }
                sums[all[i] >>> 16] += Priors.rise(alpha[all[i] >>> 16], count);
            }
        }
    }

    /** The sum of what counts add to the likelihood, by topic. */
    double sum(float[] alpha) {
        double sum = 0;
        for (int d = 0; d < used.length; d++) {
            int[] all = cells(d);
            for (int i = at(d), end = i + used[d]; i < end; i++) {
                long count = all[i] & MOST;
                while (i + 1 < end && all[i + 1] >>> 16 == all[i] >>> 16) {
                    count += all[++i] & MOST;
                }
                float a = alpha[all[i] >>> 16];
                sum += LogGamma.of(a + count) - LogGamma.of(a);
            }
        }
        return sum;
    }

    /** The sum of what counts add to the likelihood, if all topics have the same prior. */
    double sum(LogGamma ofTopic) {
        double sum = 0;
        for (int d = 0; d < used.length; d++) {
            int[] all = cells(d);
            for (int i = at(d), end = i + used[d]; i < end; i++) {
                long count = all[i] & MOST;
                while (i + 1 < end && all[i + 1] >>> 16 == all[i] >>> 16) {
                    count += all[++i] & MOST;
                }
                sum += ofTopic.rise(count);
            }
        }
        return sum;
    }

    /** Forgets everything. */
    void clear() {
        Arrays.fill(used, 0);
    }

    long bytes() {
        long bytes = (long) starts.length * Long.BYTES + (long) used.length * Integer.BYTES;
        for (int[] part : cells) {
            bytes += (long) part.length * Integer.BYTES;
        }
        return bytes;
    }
}
