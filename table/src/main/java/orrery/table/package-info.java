/**
 * Parameter tables: who owns a row, how stale a read may be, and how updates are merged.
 *
 * <p>A {@link orrery.table.hold.Table} is a matrix of parameters, described by its {@link orrery.table.spec.TableSpec} and kept by a
 * {@link orrery.table.Node}. A worker talks to it through a {@link orrery.table.worker.Session}: it reads a
 * {@link orrery.table.worker.View} of the rows or gathers some of them, adds {@link orrery.table.spec.Update}s and ends each
 * iteration with {@link orrery.table.worker.Session#tick()}. The table's {@link orrery.table.spec.Consistency} says how old a read
 * may be, its {@link orrery.table.spec.UpdateRule} what an update does.
 *
 * <pre>
 *   Session (one per worker)                      Node (one per JVM)
 *     view, gather  ------- reads, unlocked ----->  Table: blocks of float[] or int[]
 *     add           ------- through, or into an     |  stripe locks, rule state
 *                           Outbox until the tick ->|
 *     tick          --------------------------->  Clocks: who has completed which clock;
 *                   <---- admits or parks reads --  applies staged updates, releases parked reads
 * </pre>
 *
 * <p>Packages below this one, bottom up: {@code plan} and {@code spec} (values), {@code cells} (memory), {@code clock},
 * {@code outbox}, {@code hold} (what a node has), {@code mail}, {@code push}, {@code remote} (what nodes do for each other),
 * {@code worker}. None uses one above it.
 */
@NullMarked
package orrery.table;

import org.jspecify.annotations.NullMarked;
