/** How much a run that lasts holds of memory, threads and files. */
@NullMarked
package orrery.bench.soak;

import org.jspecify.annotations.NullMarked;
