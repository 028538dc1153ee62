/** Claim: a linear model trained through the tables costs what it costs on plain arrays, and beats its peers to an accuracy. */
@NullMarked
package orrery.bench.linear;

import org.jspecify.annotations.NullMarked;
