/**
 * Training data: from files, archives and the running JDK to packed examples.
 *
 * <p>{@link orrery.data.Data#read} takes a file or a name of the {@link orrery.data.Catalogue} and gives
 * {@link orrery.data.Examples} (sparse rows with labels, packed) and the {@link orrery.data.Schema} that says what the
 * features mean, so that other data can be read in the same way. Text is parsed from bytes, in parallel, without an
 * object per token; what was parsed is kept in a {@link orrery.data.Cache}.
 */
@NullMarked
package orrery.data;

import org.jspecify.annotations.NullMarked;
