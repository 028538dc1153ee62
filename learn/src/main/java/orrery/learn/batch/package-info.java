/**
 * The examples of a clock, for any learner that goes by mini-batches: from memory in an order drawn anew at each pass, or
 * read ahead by a thread of its own.
 */
@NullMarked
package orrery.learn.batch;

import org.jspecify.annotations.NullMarked;
