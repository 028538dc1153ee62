/** What the tables cost a clustering, and how good it is. */
@NullMarked
package orrery.bench.cluster;

import org.jspecify.annotations.NullMarked;
