/**
 * Rows that go to their readers without being asked for each time: the reader's end is a {@link Feed}, the owner's end a
 * {@link Subscription}. {@link OwnWrites} and {@link Unconfirmed} keep a worker's own writes visible meanwhile.
 */
@NullMarked
package orrery.table.push;

import org.jspecify.annotations.NullMarked;
