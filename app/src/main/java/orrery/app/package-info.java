/**
 * The command line: {@code orrery VERB}. {@link orrery.app.Orrery} chooses the verb; {@code verbs} do the work by what
 * {@code apps} know of each application, {@code run} of a run's folder and progress, and {@code flags} of shared options.
 */
@NullMarked
package orrery.app;

import org.jspecify.annotations.NullMarked;
