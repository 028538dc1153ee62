/** What the tables cost a ranking. */
@NullMarked
package orrery.bench.rank;

import org.jspecify.annotations.NullMarked;
