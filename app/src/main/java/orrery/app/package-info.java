/**
 * The command line: {@code orrery VERB}. Data goes to standard output, all else to standard error.
 *
 * <p>Each verb is a class; flags that several share are {@code *Flags}. A training leaves a {@code RunFolder}.
 */
@NullMarked
package orrery.app;

import org.jspecify.annotations.NullMarked;
