/**
 * What a worker has added and not yet handed over: {@link Sums} by row, of floats ({@link Outbox}, dense or sparse) or
 * ints. Sealed at the tick; then applied to the shard, staged, or given to a {@link Sums.Sink} that sends it.
 */
@NullMarked
package orrery.table.outbox;

import org.jspecify.annotations.NullMarked;
