/**
 * What nodes write to each other about tables: the {@link Messages}, one record each, the {@link Mail} that addresses and
 * sends them, the {@link Pushes} of a worker or of all workers of a node together ({@link JointPushes}), and the
 * {@link Arrivals} by which a clock is complete at its receiver.
 */
@NullMarked
package orrery.table.mail;

import org.jspecify.annotations.NullMarked;
