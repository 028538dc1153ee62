/** Texts, character by character, for nets with an output at each step. */
@NullMarked
package orrery.deep.text;

import org.jspecify.annotations.NullMarked;
