package orrery.engine.train;

import orrery.engine.event.Outcome;

/** What was learned, and how the job ended. */
public record Trained<M extends Model>(M model, Outcome outcome) {}
