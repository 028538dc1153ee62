/** Measures claims: one package per claim, run by {@code orrery bench NAME}. */
@NullMarked
package orrery.bench;

import org.jspecify.annotations.NullMarked;
