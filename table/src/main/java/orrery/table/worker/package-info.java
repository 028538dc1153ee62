/**
 * A worker's view of the tables: its {@link Session}, and per table a port with a reader and a writer. {@link View} and
 * {@link Slots} are what it reads rows by. Confined to the worker's thread.
 */
@NullMarked
package orrery.table.worker;

import org.jspecify.annotations.NullMarked;
