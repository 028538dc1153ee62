/** Applications that train models on the tables. */
module orrery.learn {
    requires transitive orrery.data;
    requires transitive orrery.engine;
    requires static jdk.incubator.vector; // faster rows of factors, where the JVM was started with it
    requires static transitive org.jspecify;

    exports orrery.learn;
    exports orrery.learn.cluster;
    exports orrery.learn.factor;
    exports orrery.learn.linear;
    exports orrery.learn.rank;
    exports orrery.learn.topic;
}
