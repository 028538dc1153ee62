/** What the applications share. */
@NullMarked
package orrery.learn;

import org.jspecify.annotations.NullMarked;
