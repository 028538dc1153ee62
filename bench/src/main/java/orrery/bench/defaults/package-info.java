/** What training without a flag comes to. */
@NullMarked
package orrery.bench.defaults;

import org.jspecify.annotations.NullMarked;
