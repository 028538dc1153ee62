package orrery.data;

/**
 * What was read, and how.
 *
 * @param value such as a graph
 */
public record Read<T>(T value, Reading reading) {}
