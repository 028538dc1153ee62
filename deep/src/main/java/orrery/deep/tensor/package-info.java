/** Numbers in memory that the garbage collector does not move, and products of matrices. */
@NullMarked
package orrery.deep.tensor;

import org.jspecify.annotations.NullMarked;
