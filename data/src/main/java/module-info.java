/** Training data: readers, packed examples, cache, catalogue. */
module orrery.data {
    requires com.github.luben.zstd_jni;
    requires org.apache.commons.compress;
    requires org.tukaani.xz;
    requires transitive orrery.store;
    requires static transitive org.jspecify;

    exports orrery.data;

    uses orrery.data.TableFormat;
}
