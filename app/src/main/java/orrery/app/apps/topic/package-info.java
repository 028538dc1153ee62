/** Topics of documents. */
@NullMarked
package orrery.app.apps.topic;

import org.jspecify.annotations.NullMarked;
