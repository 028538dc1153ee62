package orrery.wire;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.3, mutual: each side shows a certificate of the run's authority, and who connects checks that it is for this run.
 * By netty-tcnative where there is a build of it, by the JDK otherwise.
 */
final class TlsContexts {
    private final Credentials credentials;
    private final @Nullable SslContext server;
    private final @Nullable SslContext client;

    TlsContexts(Credentials credentials) {
        this.credentials = credentials;
        var tls = credentials.tls();
        try {
            server = tls.isEmpty()
                    ? null
                    : common(SslContextBuilder.forServer(
                                    tls.get().key(), tls.get().certificate()))
                            .trustManager(tls.get().authority())
                            .clientAuth(ClientAuth.REQUIRE)
                            .build();
            client = tls.isEmpty()
                    ? null
                    : common(SslContextBuilder.forClient()
                                    .keyManager(tls.get().key(), tls.get().certificate()))
                            .trustManager(tls.get().authority())
                            .endpointIdentificationAlgorithm("HTTPS") // explicit: Spark turns the default off
                            .build();
        } catch (SSLException e) {
            throw new IllegalStateException("cannot make ready for TLS: " + e.getMessage(), e);
        }
    }

    private static SslContextBuilder common(SslContextBuilder builder) {
        return builder.protocols("TLSv1.3")
                .keyStoreType("JKS")
                .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK);
    }

    String provider() {
        return OpenSsl.isAvailable() ? OpenSsl.versionString() : "the JDK";
    }

    SslHandler handler(ByteBufAllocator allocator, boolean isServer, long handshakeNanos) {
        var context = isServer ? server : client;
        if (context == null) {
            throw new IllegalStateException("these credentials are not for TLS");
        }
        var handler = isServer
                ? context.newHandler(allocator)
                : context.newHandler(allocator, credentials.host(), 443); // the name that the certificate must have
        handler.setHandshakeTimeout(handshakeNanos, TimeUnit.NANOSECONDS);
        return handler;
    }
}
