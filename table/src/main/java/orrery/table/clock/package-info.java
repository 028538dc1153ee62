/**
 * When a read is legal: the {@link Clocks} of a table group, and the {@link ConflictDetector} that lets workers run ahead
 * whose rows do not meet. {@link Work} is what those who wait help with.
 */
@NullMarked
package orrery.table.clock;

import org.jspecify.annotations.NullMarked;
