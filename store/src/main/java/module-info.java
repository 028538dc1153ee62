/** Storage, safetensors and JSON: how bytes are kept. */
module orrery.store {
    requires com.fasterxml.jackson.jr.ob;
    requires static transitive org.jspecify;

    exports orrery.store;

    uses orrery.store.StorageProvider;
}
