/**
 * Where the members of a run can be started: {@link orrery.app.cluster.Cluster}, found by {@link
 * java.util.ServiceLoader}.
 */
@NullMarked
package orrery.app.cluster;

import org.jspecify.annotations.NullMarked;
