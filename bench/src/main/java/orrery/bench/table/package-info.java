/** Claim: a push and a pull cost little more than a bare loop over an array, and workers do not get in each other's way. */
@NullMarked
package orrery.bench.table;

import org.jspecify.annotations.NullMarked;
