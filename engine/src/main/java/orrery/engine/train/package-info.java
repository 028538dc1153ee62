/** What is trained: a recipe makes a job of options and data, and a model of what its tables hold in the end. */
@NullMarked
package orrery.engine.train;

import org.jspecify.annotations.NullMarked;
