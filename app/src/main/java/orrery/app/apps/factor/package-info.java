/** Matrix factorisation. */
@NullMarked
package orrery.app.apps.factor;

import org.jspecify.annotations.NullMarked;
