/** Whether data of every kind is read as others read it. */
@NullMarked
package orrery.bench.kinds;

import org.jspecify.annotations.NullMarked;
