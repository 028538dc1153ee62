/** k-means. */
@NullMarked
package orrery.app.apps.cluster;

import org.jspecify.annotations.NullMarked;
