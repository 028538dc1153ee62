/** How large a model members of a given heap can hold together, and how well its need for memory is told beforehand. */
@NullMarked
package orrery.bench.capacity;

import org.jspecify.annotations.NullMarked;
