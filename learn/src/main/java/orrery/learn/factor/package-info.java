/** Factors of users and items whose products are ratings. */
@NullMarked
package orrery.learn.factor;

import org.jspecify.annotations.NullMarked;
