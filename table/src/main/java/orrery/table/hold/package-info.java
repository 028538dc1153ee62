/**
 * What a node holds: its {@link Table}s by name and number ({@link Tables}), updates {@link StagedUpdates staged} for their
 * turn, what is known of others' blocks ({@link Replica}), a worker's {@link LocalCopy}, {@link Snapshot}s and their
 * loading, and {@link ServerFunction}s that are answered where the rows are.
 */
@NullMarked
package orrery.table.hold;

import org.jspecify.annotations.NullMarked;
