/** Parameter tables: who owns which row, how stale a read may be, how updates are merged. */
module orrery.table {
    requires transitive orrery.store;
    requires transitive orrery.wire;
    requires static jdk.incubator.vector; // faster sums of factors, where the JVM was started with it
    requires jdk.jfr;
    requires static transitive org.jspecify;

    exports orrery.table; // Node
    exports orrery.table.cells; // CountRows
    exports orrery.table.hold; // Table, ServerFunction, Snapshot
    exports orrery.table.outbox; // Outbox
    exports orrery.table.plan;
    exports orrery.table.spec;
    exports orrery.table.worker; // Session, View, Slots
}
