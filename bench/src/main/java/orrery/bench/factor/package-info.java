/** What the tables cost a factorisation, and how soon it is good. */
@NullMarked
package orrery.bench.factor;

import org.jspecify.annotations.NullMarked;
