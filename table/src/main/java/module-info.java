/** Parameter tables: who owns which row, how stale a read may be, how updates are merged. */
module orrery.table {
    requires jdk.jfr;
    requires transitive orrery.store;
    requires transitive orrery.wire;
    requires static transitive org.jspecify;

    exports orrery.table;
    exports orrery.table.plan;
}
