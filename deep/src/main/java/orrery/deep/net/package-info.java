/** Nets as values: layers and what each reads; their form as JSON; nets by name. */
@NullMarked
package orrery.deep.net;

import org.jspecify.annotations.NullMarked;
