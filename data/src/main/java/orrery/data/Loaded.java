package orrery.data;

/** Examples and what their features and labels mean. */
public record Loaded(Examples examples, Schema schema) {}
