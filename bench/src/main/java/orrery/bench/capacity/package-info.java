/** How large a model members of a given heap can hold together, and how close the planned memory is to what they use. */
@NullMarked
package orrery.bench.capacity;

import org.jspecify.annotations.NullMarked;
