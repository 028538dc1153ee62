/**
 * How bytes are kept: folders of named files, tensors, JSON.
 *
 * <p>A {@link orrery.store.Storage} is a folder in which a file appears whole or not at all. What is kept in it is either a
 * {@link orrery.store.Safetensors} file (tables, models, caches) or {@link orrery.store.Json} (manifests, metrics).
 */
@NullMarked
package orrery.store;

import org.jspecify.annotations.NullMarked;
