/**
 * What is run and how: a {@link Stage} is a {@link Step} that {@link Worker}s do clock after clock, by so many workers and on
 * such members ({@link Parallelism}); at a {@link Cut} it gives a {@link Verdict}. A {@link Course} says which stages there
 * are, a {@link Run} how they are run.
 */
@NullMarked
package orrery.engine.stage;

import org.jspecify.annotations.NullMarked;
