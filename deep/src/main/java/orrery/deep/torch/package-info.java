/** Layers computed by libtorch, whose exported C functions are called without any C of our own. */
@NullMarked
package orrery.deep.torch;

import org.jspecify.annotations.NullMarked;
