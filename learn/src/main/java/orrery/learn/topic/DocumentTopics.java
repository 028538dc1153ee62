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
    private final int topics;
    private final int[][] cells; // by document's part of all cells
    private static final int PART_SHIFT = 28;

    DocumentTopics(Assignments words, int topics) {
        int documents = words.documents();
        this.topics = topics;
        starts = new long[documents + 1];
        used = new int[documents];
        for (int d = 0; d < documents; d++) {
            int room = Math.min(words.length(d), topics + words.length(d) / MOST);
            long start = starts[d];
            long left = (1L << PART_SHIFT) - (start & ((1L << PART_SHIFT) - 1));
            if (left < room) { // a document's cells are in one array
                start += left;
                starts[d] = start;
            }
            starts[d + 1] = start + room;
        }
        long all = starts[documents];
        cells = new int[(int) (all >>> PART_SHIFT) + 1][];
        for (int part = 0; part < cells.length; part++) {
            cells[part] = new int[(int) Math.min(1L << PART_SHIFT, all - ((long) part << PART_SHIFT))];
        }
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

    static int topic(int cell) {
        return cell >>> 16;
    }

    static int count(int cell) {
        return cell & MOST;
    }

    /** Counts a word of a document more or less. */
    void add(int document, int topic, int change) {
        int[] all = cells(document);
        int at = at(document);
        int end = at + used[document];
        for (int i = at; i < end; i++) {
            int count = count(all[i]) + change;
            if (topic(all[i]) == topic && count <= MOST) {
                if (count == 0) {
                    all[i] = all[end - 1];
                    used[document]--;
                } else {
                    all[i] = (topic << 16) | count;
                }
                return;
            }
        }
        put(document, topic, change);
    }

    /** Counts all anew. */
    void recount(Assignments words) {
        Arrays.fill(used, 0);
        words.forEach(topics, this::put);
    }
}
