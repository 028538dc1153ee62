/**
 * Runs over several JVMs: the {@link Coordinator}, which starts, watches and replaces members, the {@link Member}, which does
 * its part, and what they write to each other, {@link Order}s and {@link Report}s.
 */
@NullMarked
package orrery.engine.members;

import org.jspecify.annotations.NullMarked;
