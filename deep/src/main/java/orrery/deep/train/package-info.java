/** Training nets whose parameters are tables. */
@NullMarked
package orrery.deep.train;

import org.jspecify.annotations.NullMarked;
