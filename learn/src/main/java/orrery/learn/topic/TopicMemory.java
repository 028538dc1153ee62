package orrery.learn.topic;

import java.nio.file.Path;

/**
 * What of a training is held in memory, and what in files: for models, and documents, that are larger. The files have no names and go
 * with their process.
 *
 * @param modelPool bytes that each process may have of the model at a time, about; 0 for all
 * @param documentPool bytes that each worker may have of its documents at a time, about; 0 for all
 * @param folder where the files are
 */
public record TopicMemory(long modelPool, long documentPool, Path folder) {
    /** Everything is in memory. */
    public static final TopicMemory ALL = new TopicMemory(0, 0, Path.of(""));

    static final int BYTES_OF_WORD =
            8; // in a block of documents: its topic, its place, and its part of what else there is

    public TopicMemory {
        if (modelPool < 0 || documentPool < 0) {
            throw new IllegalArgumentException("pools have 0 bytes or more, got " + modelPool + " and " + documentPool);
        }
    }
}
