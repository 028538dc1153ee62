/**
 * The workers of one stage as their supervisor sees them ({@link Team}), those of this JVM ({@link StageRun}), and
 * where the tables and workers of a job are ({@link Site}).
 */
@NullMarked
package orrery.engine.team;

import org.jspecify.annotations.NullMarked;
