/**
 * Who starts the workers: {@link Threads} of this JVM, or {@link Members}, JVMs that are {@link Invitation invited} to the
 * run, such as {@link Processes} of this machine. A JVM that was invited has a {@link Membership}.
 */
@NullMarked
package orrery.engine.launch;

import org.jspecify.annotations.NullMarked;
