package orrery.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The same over TLS 1.3. */
final class TlsLinkTest extends TcpLinkTest {
    @Override
    boolean encrypted() {
        return true;
    }

    @Test
    void tlsIsTheOneThatWasAskedFor() throws Exception {
        connect(Endpoint.Settings.DEFAULT);
        assertThat(a.endpoint.transport()).contains("TLS 1.3 by BoringSSL");
    }
}
