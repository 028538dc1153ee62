/** PageRank. */
@NullMarked
package orrery.app.apps.rank;

import org.jspecify.annotations.NullMarked;
