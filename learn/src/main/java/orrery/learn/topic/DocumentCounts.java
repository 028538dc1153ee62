package orrery.learn.topic;

import java.util.Arrays;

/**
 * How many words of the document under way have each topic, for those who look single counts up. With many topics only those of the
 * document have room, so that all of it stays in the cache. Confined to one thread.
 */
final class DocumentCounts {
    private static final int MOST_DIRECT = 1 << 14; // topics
    private static final int TOPIC_BITS = 20;
    private static final int MOST_DOCUMENTS =
            1 << (Integer.SIZE - TOPIC_BITS); // numbers for documents, before they begin again
    private static final int HASH_SHIFT = 10;
    private static final int ROOM = 4; // places for each word, since a word may get another topic

    private final boolean isDirect;
    private int[] cells; // by topic; else by place: the topic and the document's number, then the count
    private int mask; // places of the document, less one
    private int number; // of the document, from 1; entries of others are as none

    DocumentCounts(int topics) {
        isDirect = topics <= MOST_DIRECT;
        cells = new int[isDirect ? topics : 0];
    }

    /** Counts the topics of a document's words. */
    void begin(int[] topicOf, int first, int last) {
        if (!isDirect) {
            int places = Integer.highestOneBit(Math.max(1, last - first)) * 2 * ROOM;
            mask = places - 1;
            if (cells.length < 2 * places) {
                cells = new int[2 * places];
                number = 0;
            }
            if (++number == MOST_DOCUMENTS) {
                Arrays.fill(cells, 0);
                number = 1;
            }
        }
        for (int n = first; n < last; n++) {
            add(topicOf[n], 1);
        }
    }

    /** Has done with the document. */
    void end(int[] topicOf, int first, int last) {
        for (int n = first; isDirect && n < last; n++) {
            cells[topicOf[n]] = 0;
        }
    }

    int count(int topic) {
        if (isDirect) {
            return cells[topic];
        }
        int i = place(topic);
        return isFree(i) ? 0 : cells[i + 1];
    }

    void add(int topic, int change) {
        if (isDirect) {
            cells[topic] += change;
            return;
        }
        int i = place(topic);
        if (isFree(i)) {
            cells[i] = number << TOPIC_BITS | topic;
            cells[i + 1] = 0;
        }
        cells[i + 1] += change;
    }

    private boolean isFree(int i) {
        return cells[i] >>> TOPIC_BITS != number;
    }

    /** Where a topic is, or would be. */
    private int place(int topic) {
        int wanted = number << TOPIC_BITS | topic;
        int i = ((topic * 0x9e3779b1) >>> HASH_SHIFT) & mask;
        while (cells[2 * i] != wanted && !isFree(2 * i)) {
            i = (i + 1) & mask;
        }
        return 2 * i;
    }
}
