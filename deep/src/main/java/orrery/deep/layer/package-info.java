/** Layers as values, and what computes them. */
@NullMarked
package orrery.deep.layer;

import org.jspecify.annotations.NullMarked;
