/**
 * What an iteration touches, known before it runs, and what follows from it: where rows are best kept, in which order they
 * lie, what is pushed to whom (Cui et al., "Exploiting Iterative-ness for Parallel ML Computations", SoCC 2014). Values
 * and pure functions; tables and the engine act on them.
 */
@NullMarked
package orrery.table.plan;

import org.jspecify.annotations.NullMarked;
