package orrery.wire;

final class LoopbackTest extends PeerContract {
    @Override
    Peer connect(Endpoint.Settings settings) throws Exception {
        var authority = new Authority(false);
        a = new Party(authority.admit("a"), 1, settings);
        b = new Party(authority.admit("b"), 2, settings);
        return a.endpoint.connect(b.endpoint);
    }
}
