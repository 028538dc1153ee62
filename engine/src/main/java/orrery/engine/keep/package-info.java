/**
 * What a run keeps: where and how often ({@link Checkpoints}), a committed {@link Checkpoint}, workers' own states
 * ({@link Locals}), and the {@link Identity} by which a run is known again.
 */
@NullMarked
package orrery.engine.keep;

import org.jspecify.annotations.NullMarked;
