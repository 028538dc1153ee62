/** The command line. */
module orrery.app {
    requires info.picocli;
    requires java.management;
    requires jdk.httpserver;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    requires orrery.learn;
    requires static transitive org.jspecify;

    exports orrery.app;

    uses orrery.app.Cluster;
    uses orrery.app.apps.Application;

    provides orrery.app.Cluster with
            orrery.app.ThisJvm;
    provides orrery.app.apps.Application with
            orrery.app.apps.LogisticApplication,
            orrery.app.apps.SvmApplication,
            orrery.app.apps.SoftmaxApplication,
            orrery.app.apps.LeastSquaresApplication,
            orrery.app.apps.ClusterApplication,
            orrery.app.apps.FactorApplication,
            orrery.app.apps.RankApplication;

    opens orrery.app to
            info.picocli;
    opens orrery.app.apps to
            info.picocli;
}
