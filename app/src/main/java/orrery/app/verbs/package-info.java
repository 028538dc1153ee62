/**
 * The verbs of the command line, a class each, and how they complain. Data goes to standard output, all else to
 * standard error.
 */
@NullMarked
package orrery.app.verbs;

import org.jspecify.annotations.NullMarked;
