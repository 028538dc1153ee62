/**
 * What a table is and what it promises: its {@link TableSpec}, how stale a read may be ({@link Consistency}), what a shard
 * does with an update ({@link UpdateRule}, {@link Update}), and who owns its blocks ({@link Placement}). Values only. The
 * exceptions say which promise cannot be kept.
 */
@NullMarked
package orrery.table.spec;

import org.jspecify.annotations.NullMarked;
