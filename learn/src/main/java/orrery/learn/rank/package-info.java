/** Ranks of the nodes of a graph by who points to whom. */
@NullMarked
package orrery.learn.rank;

import org.jspecify.annotations.NullMarked;
