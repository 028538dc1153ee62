/** The command line. */
module orrery.app {
    requires info.picocli;
    requires jdk.httpserver;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    requires orrery.learn;
    requires static transitive org.jspecify;

    exports orrery.app;

    uses orrery.app.Cluster;

    opens orrery.app to
            info.picocli;
}
