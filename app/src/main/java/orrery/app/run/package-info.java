/**
 * What a run leaves and shows: its folder, its progress, its phases, its metrics over HTTP, and the command that
 * starts its members.
 */
@NullMarked
package orrery.app.run;

import org.jspecify.annotations.NullMarked;
