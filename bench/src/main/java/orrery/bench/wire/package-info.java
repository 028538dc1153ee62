/** What moving bytes costs: requests of a parameter server over the wire, both ends on this machine. */
@NullMarked
package orrery.bench.wire;

import org.jspecify.annotations.NullMarked;
