package orrery.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LoopbackTest extends PeerContract {
    @Test
    void whatASlowLinkHasNotPassedYetIsHardlySentAgain() throws Exception {
        var peer =
                connect(Endpoint.Settings.DEFAULT.with(Faults.parse("rate=2MB")).withCredit(8 << 20));
        int frames = 24;
        for (int i = 0; i < frames; i++) {
            peer.send(frame(Lane.BULK, i, 250_000), SECONDS);
        }
        peer.send(frame(Lane.PROMPT, 0, 0), SECONDS); // which waits behind the others
        for (int i = 0; i <= frames; i++) { // in 3 seconds if nothing else is sent
            try (var came = b.take()) {
                assertThat(came.getInt()).isEqualTo(came.lane() == Lane.BULK ? i : 0);
            }
        }
        assertThat(a.endpoint.traffic().framesSentAgain()).isLessThan(frames);
    }

    @Override
    Peer connect(Endpoint.Settings settings) throws Exception {
        var authority = new Authority(false);
        a = new Party(authority.admit("a"), 1, settings);
        b = new Party(authority.admit("b"), 2, settings);
        return a.endpoint.connect(b.endpoint);
    }
}
