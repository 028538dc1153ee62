/** Runs the stages of a job over the tables: workers, clocks, cuts, checkpoints, failures. */
module orrery.engine {
    requires transitive orrery.table;
    requires transitive orrery.wire;
    requires static transitive org.jspecify;

    exports orrery.engine; // Job
    exports orrery.engine.event;
    exports orrery.engine.examples;
    exports orrery.engine.keep;
    exports orrery.engine.launch;
    exports orrery.engine.schedule;
    exports orrery.engine.stage; // Stage, Step, Worker, Run
    exports orrery.engine.train; // Recipe, Training, Model
}
