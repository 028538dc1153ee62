/** Nets: layers with explicit forward and backward, whose parameters are tables. */
module orrery.deep {
    requires transitive orrery.data;
    requires transitive orrery.engine;
    requires java.desktop; // decodes JPEG and PNG
    requires static jdk.incubator.vector; // faster matrix products, where the JVM was started with it
    requires static transitive org.jspecify;

    exports orrery.deep.image;
    exports orrery.deep.layer;
    exports orrery.deep.net;
    exports orrery.deep.sync;
    exports orrery.deep.tensor;
    exports orrery.deep.text;
    exports orrery.deep.torch;
    exports orrery.deep.train;
}
