package orrery.table;

import orrery.table.hold.Tables;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.table.remote.Moves;
import orrery.table.remote.Server;
import orrery.wire.Endpoint;
import orrery.wire.Frame;
import orrery.wire.Peer;
import orrery.wire.Ticker;

/** A node among others: where the frames that come in belong. Called by the event loop, save what is said otherwise. */
final class Cluster implements Endpoint.Receiver, Server.Owner {
    private final Ear ear;
    private final String name;
    private final Mail mail;
    private final Moves moves;
    private final Server server;
    private long answers; // that have come; confined to the event loop

    Cluster(Tables tables, int me, long incarnation, Ear ear, Ticker ticker) {
        name = "member-" + me + "-" + incarnation;
        this.ear = ear;
        mail = new Mail(me, ticker);
        moves = new Moves(mail, tables);
        server = new Server(mail, tables, moves, this);
    }

    void start(Endpoint speaking) {
        mail.open(speaking);
        Thread.ofPlatform().name("node-" + mail.me()).daemon().start(server);
    }

    /** This life of this member, in names of files. */
    String name() {
        return name;
    }

    Mail mail() {
        return mail;
    }

    Moves moves() {
        return moves;
    }

    Server server() {
        return server;
    }

    @Override
    public void receive(Frame frame) {
        if (frame.type() == Messages.REPLY) {
            mail.answered(frame, ++answers);
        } else if (frame.type() == Messages.Round.TYPE) {
            server.offer(frame, ++answers);
        } else if (frame.type() < Messages.END) {
            server.offer(frame);
        } else {
            ear.heard(frame);
        }
    }

    @Override
    public void connected(Peer peer) {
        ear.connected(peer.id(), peer.incarnation());
    }

    @Override
    public void disconnected(Peer peer, String why) {
        ear.disconnected(peer.id(), peer.incarnation(), why);
    }

    @Override
    public void refused(String from, String why) {
        ear.refused(from, why);
    }

    /** A peer makes no sense. Called by the node's thread. */
    @Override
    public void drop(Peer peer, String why) {
        end(peer, why);
        ear.disconnected(peer.id(), peer.incarnation(), why);
    }

    /** What this node is to do cannot be done. Called by the node's thread. */
    @Override
    public void failed(Throwable why) {
        ear.failed(why);
    }

    /** A peer is gone for good. Called by any thread. */
    void end(Peer peer, String why) {
        mail.endpoint().end(peer, why);
        server.execute(() -> server.forget(peer));
    }
}
