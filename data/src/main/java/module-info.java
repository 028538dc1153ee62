/** Training data: readers, packed examples, cache, catalogue. */
module orrery.data {
    requires transitive orrery.store;
    requires static transitive org.jspecify;

    exports orrery.data;

    uses orrery.data.TableFormat;
}
