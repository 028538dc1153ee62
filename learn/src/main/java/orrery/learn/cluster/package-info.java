/** Groups of examples that lie near each other. */
@NullMarked
package orrery.learn.cluster;

import org.jspecify.annotations.NullMarked;
