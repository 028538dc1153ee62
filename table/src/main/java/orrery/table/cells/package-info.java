/**
 * The memory of a table on one node: a {@link Shard} of floats or ints, where its {@link Rows} lie, the {@link StripeLocks}
 * that guard them, what has {@link Changes changed}, and the {@link Kernel} loops over arrays. Knows no worker and no
 * other node.
 */
@NullMarked
package orrery.table.cells;

import org.jspecify.annotations.NullMarked;
