/** Topics of documents, against MALLET. */
@NullMarked
package orrery.bench.topics;

import org.jspecify.annotations.NullMarked;
