/** Nets: examples a CPU second beside PyTorch, layer by layer, and what tables cost. */
@NullMarked
package orrery.bench.nets;

import org.jspecify.annotations.NullMarked;
