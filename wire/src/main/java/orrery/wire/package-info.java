/**
 * Moving bytes between JVMs. What one side hands over arrives at the other exactly once and, within its {@link Lane}, in
 * order, whatever the network does meanwhile.
 *
 * <pre>
 *   Endpoint   listens, connects, admits members of its run         (TLS, challenge and response)
 *      |
 *    Peer      numbers frames, acknowledges, sends again, holds back (exactly once; credit in bytes)
 *      |
 *    Link      carries frames, urgent ones first; may lose them      (TcpLink, Loopback, FaultyLink)
 *      |
 *    Frame     a header of 32 bytes and at most 256 KiB of payload
 * </pre>
 *
 * <p>Nothing here knows what a frame means. A {@link Peer} outlives its links: when one breaks, the endpoint that opened
 * it opens another, and what was not acknowledged is sent again.
 */
@NullMarked
package orrery.wire;

import org.jspecify.annotations.NullMarked;
