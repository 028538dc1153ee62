/**
 * Runs inside a Spark application: members of a run are tasks of its executors, the coordinator is in its driver, data are
 * data frames. Nothing is installed, and no other cluster is needed.
 */
@NullMarked
package orrery.spark;

import org.jspecify.annotations.NullMarked;
