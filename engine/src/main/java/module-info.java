/** Runs the stages of a job over the tables: workers, clocks, cuts, checkpoints, failures. */
module orrery.engine {
    requires transitive orrery.table;
    requires transitive orrery.wire;
    requires static transitive org.jspecify;

    exports orrery.engine;
    exports orrery.engine.schedule;
}
