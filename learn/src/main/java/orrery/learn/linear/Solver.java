package orrery.learn.linear;

/** How a linear model is found, if not by a rule at the shard. */
public sealed interface Solver permits SvrgOptions, SagOptions, DualOptions {
    /** As it is asked for by name. */
    String name();
}
