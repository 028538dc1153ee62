/** Linear models by key: larger than a process, with 64-bit keys, and what that costs where they would fit. */
@NullMarked
package orrery.bench.keyed;

import org.jspecify.annotations.NullMarked;
