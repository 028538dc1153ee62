/**
 * The applications of the command line. An {@link orrery.app.apps.Application} has a name, flags of its own, and a way to
 * read data, train, and use what was learned; verbs find it by {@link java.util.ServiceLoader} and know nothing else of it.
 */
@NullMarked
package orrery.app.apps;

import org.jspecify.annotations.NullMarked;
