/** The command line. */
module orrery.app {
    requires com.google.protobuf;
    requires info.picocli;
    requires java.management;
    requires jdk.httpserver;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    requires orrery.deep;
    requires orrery.learn;
    requires org.tribuo.util.onnx; // the form of ONNX's files
    requires static transitive org.jspecify;

    exports orrery.app;
    exports orrery.app.cluster;

    uses orrery.app.cluster.Cluster;
    uses orrery.app.apps.Application;

    provides orrery.app.cluster.Cluster with
            orrery.app.ThisJvm;
    provides orrery.app.apps.Application with
            orrery.app.apps.linear.LogisticApplication,
            orrery.app.apps.linear.SvmApplication,
            orrery.app.apps.linear.SoftmaxApplication,
            orrery.app.apps.linear.LeastSquaresApplication,
            orrery.app.apps.cluster.ClusterApplication,
            orrery.app.apps.factor.FactorApplication,
            orrery.app.apps.topic.TopicApplication,
            orrery.app.apps.rank.RankApplication,
            orrery.app.apps.net.NetApplication;

    opens orrery.app to
            info.picocli;
    opens orrery.app.flags to
            info.picocli;
    opens orrery.app.run to
            info.picocli;
    opens orrery.app.apps.linear to
            info.picocli;
    opens orrery.app.apps.factor to
            info.picocli;
    opens orrery.app.apps.cluster to
            info.picocli;
    opens orrery.app.apps.topic to
            info.picocli;
    opens orrery.app.apps.net to
            info.picocli;
    opens orrery.app.apps.rank to
            info.picocli;
    opens orrery.app.verbs to
            info.picocli;
}
