/**
 * Parameter tables: who owns a row, how stale a read may be, and how updates are merged.
 *
 * <p>A {@link orrery.table.Table} is a matrix of parameters, described by its {@link orrery.table.TableSpec} and kept by a
 * {@link orrery.table.Node}. A worker talks to it through a {@link orrery.table.Session}: it reads a
 * {@link orrery.table.View} of the rows or gathers some of them, adds {@link orrery.table.Update}s and ends each
 * iteration with {@link orrery.table.Session#tick()}. The table's {@link orrery.table.Consistency} says how old a read
 * may be, its {@link orrery.table.UpdateRule} what an update does.
 *
 * <pre>
 *   Session (one per worker)                      Node (one per JVM)
 *     view, gather  ------- reads, unlocked ----->  Table: blocks of float[] or int[]
 *     add           ------- through, or into an     |  stripe locks, rule state
 *                           Outbox until the tick ->|
 *     tick          --------------------------->  Clocks: who has completed which clock;
 *                   <---- admits or parks reads --  applies staged updates, releases parked reads
 * </pre>
 */
@NullMarked
package orrery.table;

import org.jspecify.annotations.NullMarked;
