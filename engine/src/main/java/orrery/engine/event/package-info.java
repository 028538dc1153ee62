/**
 * What happens in a run and how it ends: {@link RunEvent}s in their order, the {@link History} of its cuts, the
 * {@link Outcome}, and the exceptions that end it.
 */
@NullMarked
package orrery.engine.event;

import org.jspecify.annotations.NullMarked;
