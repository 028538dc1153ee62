/**
 * Options that several commands or applications share, and the error that a wrong one ends in. Nothing here knows a
 * command.
 */
@NullMarked
package orrery.app.flags;

import org.jspecify.annotations.NullMarked;
