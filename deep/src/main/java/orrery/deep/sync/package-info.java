/** How gradients travel between members: the ways there are, what each costs a layer, and which is cheapest. */
@NullMarked
package orrery.deep.sync;

import org.jspecify.annotations.NullMarked;
