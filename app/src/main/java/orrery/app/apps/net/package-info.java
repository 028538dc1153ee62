/** Nets. */
@NullMarked
package orrery.app.apps.net;

import org.jspecify.annotations.NullMarked;
