package orrery.wire;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** An endpoint whose frames a test takes in at its own pace. */
final class Party implements Endpoint.Receiver, AutoCloseable {
    final Endpoint endpoint;
    final BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();
    final BlockingQueue<String> refusals = new LinkedBlockingQueue<>();
    final BlockingQueue<Peer> connected = new LinkedBlockingQueue<>();
    final BlockingQueue<String> disconnected = new LinkedBlockingQueue<>();
    volatile Consumer<Frame> handler = frames::add;

    Party(Credentials credentials, int id, Endpoint.Settings settings) {
        endpoint = new Endpoint(credentials, id, 1, settings, this);
    }

    @Override
    public void receive(Frame frame) {
        handler.accept(frame);
    }

    @Override
    public void connected(Peer peer) {
        connected.add(peer);
    }

    @Override
    public void disconnected(Peer peer, String why) {
        disconnected.add(why);
    }

    @Override
    public void refused(String from, String why) {
        refusals.add(why);
    }

    Frame take() throws InterruptedException {
        var frame = frames.poll(20, TimeUnit.SECONDS);
        if (frame == null) {
            throw new AssertionError("no frame within 20 s");
        }
        return frame;
    }

    @Override
    public void close() {
        endpoint.close();
    }
}
