/** Storage on Hadoop's file systems, and Parquet files: what the machine finds if this is on the class path. */
@NullMarked
package orrery.hadoop;

import org.jspecify.annotations.NullMarked;
