/**
 * What a node does for others and asks of them: the {@link Server}, which applies pushes and gives {@link Reply answers},
 * the {@link Reads} of one thread, and the {@link Moves} of blocks between owners.
 */
@NullMarked
package orrery.table.remote;

import org.jspecify.annotations.NullMarked;
