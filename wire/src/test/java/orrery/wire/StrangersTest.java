package orrery.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Who must stay out, stays out; and is told why, as far as he may know. */
final class StrangersTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private final Authority authority = new Authority(true);
    private final Authority open = new Authority(false);
    private final ArrayList<Party> parties = new ArrayList<>();

    private Party party(Credentials credentials, int id) {
        var party = new Party(credentials, id, Endpoint.Settings.DEFAULT);
        parties.add(party);
        return party;
    }

    @AfterEach
    void close() {
        parties.forEach(Party::close);
    }

    private String refused(Party listening, Party stranger) throws Exception {
        var address = listening.endpoint.listen();
        assertThatThrownBy(() -> stranger.endpoint.connect(1, address, LIMIT)).isInstanceOf(RefusedException.class);
        var why = listening.refusals.poll(10, TimeUnit.SECONDS);
        assertThat(listening.connected).isEmpty();
        assertThat(listening.endpoint.traffic().refused()).isEqualTo(1);
        return why;
    }

    @Test
    void wrongSecret() throws Exception {
        var right = open.admit("a");
        var wrong = new Credentials(right.run(), new byte[32], Optional.empty());
        assertThat(refused(party(right, 1), party(wrong, 2))).contains("closed within the handshake");
    }

    @Test
    void listenerWithTheWrongSecretIsNotBelieved() throws Exception {
        var right = open.admit("a");
        var wrong = new Credentials(right.run(), new byte[32], Optional.empty());
        var listening = party(wrong, 1);
        var address = listening.endpoint.listen();
        assertThatThrownBy(() -> party(right, 2).endpoint.connect(1, address, LIMIT))
                .hasMessageContaining("does not know the run's secret");
    }

    @Test
    void wrongRun() throws Exception {
        var other = new Authority(false).admit("b");
        assertThat(refused(party(open.admit("a"), 1), party(other, 2)))
                .isEqualTo("run '" + other.run() + "', this is another");
    }

    @Test
    void certificateOfAnotherAuthority() throws Exception {
        assertThat(refused(party(authority.admit("a"), 1), party(new Authority(true).admit("b"), 2)))
                .startsWith("TLS: ");
    }

    @Test
    void certificateOfAnotherAuthorityUnderTheRightSecret() throws Exception {
        var own = new Authority(true).admit("b");
        var mixed =
                Credentials.parse(authority.admit("a").text().lines().limit(2).reduce("", (x, y) -> x + y + "\n")
                        + own.text().lines().skip(2).reduce("", (x, y) -> x + y + "\n"));
        assertThat(refused(party(authority.admit("a"), 1), party(mixed, 2))).startsWith("TLS: ");
    }

    @Test
    void noCertificate() throws Exception {
        var listening = party(authority.admit("a"), 1);
        var address = listening.endpoint.listen();
        var context = javax.net.ssl.SSLContext.getInstance("TLSv1.3");
        context.init(null, new javax.net.ssl.TrustManager[] {new TrustAll()}, null);
        try (var socket = context.getSocketFactory().createSocket(address.getAddress(), address.getPort())) {
            socket.getOutputStream().write(new byte[100]);
            assertThat(listening.refusals.poll(10, TimeUnit.SECONDS)).startsWith("TLS: ");
        }
        assertThat(listening.connected).isEmpty();
    }

    private static final class TrustAll extends javax.net.ssl.X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(java.security.cert.X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(java.security.cert.X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(java.security.cert.X509Certificate[] c, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(java.security.cert.X509Certificate[] c, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(java.security.cert.X509Certificate[] c, String t, javax.net.ssl.SSLEngine e) {}

        @Override
        public void checkServerTrusted(java.security.cert.X509Certificate[] c, String t, javax.net.ssl.SSLEngine e) {}

        @Override
        public java.security.cert.X509Certificate[] getAcceptedIssuers() {
            return new java.security.cert.X509Certificate[0];
        }
    }

    @Test
    void expiredCertificate() throws Exception {
        var expired = authority.admit("b", Instant.now().minusSeconds(60));
        assertThat(refused(party(authority.admit("a"), 1), party(expired, 2))).startsWith("TLS: ");
    }

    @Test
    void staleEpoch() throws Exception {
        var listening = party(authority.admit("a"), 1);
        listening.endpoint.epoch(3);
        var stale = party(authority.admit("b"), 2);
        stale.endpoint.epoch(2);
        assertThat(refused(listening, stale)).isEqualTo("epoch 2 is over, this is 3");
    }

    @Test
    void anEarlierLifeOfAMember() throws Exception {
        var listening = party(authority.admit("a"), 1);
        var address = listening.endpoint.listen();
        try (var later = new Endpoint(authority.admit("b"), 2, 9, Endpoint.Settings.DEFAULT, Frame::close);
                var earlier = new Endpoint(authority.admit("b"), 2, 8, Endpoint.Settings.DEFAULT, Frame::close)) {
            later.connect(1, address, LIMIT);
            assertThatThrownBy(() -> earlier.connect(1, address, LIMIT))
                    .hasMessageContaining("a later life of member 2 has come already");
        }
    }

    @Test
    void whoSendsWhatCannotBeHandledIsDroppedAndTold() throws Exception {
        var listening = party(open.admit("a"), 1);
        listening.handler = frame -> {
            throw new IllegalStateException("no such table");
        };
        var mad = party(open.admit("b"), 2);
        var peer = mad.endpoint.connect(1, listening.endpoint.listen(), LIMIT);
        peer.send(PeerContract.frame(Lane.CONTROL, 0, 0), PeerContract.SECONDS);
        assertThat(mad.disconnected.poll(10, TimeUnit.SECONDS)).isNotNull(); // the link broke
        assertThat(mad.disconnected.poll(10, TimeUnit.SECONDS)).contains("this life of member 2 has ended here");
        assertThatThrownBy(() -> peer.send(PeerContract.frame(Lane.CONTROL, 1, 0), PeerContract.SECONDS))
                .isInstanceOf(PeerEndedException.class)
                .hasMessageContaining("refused");
    }

    @Test
    void plainTextToATlsPort() throws Exception {
        var listening = party(authority.admit("a"), 1);
        var address = listening.endpoint.listen();
        try (var socket = new Socket(address.getAddress(), address.getPort())) {
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            assertThat(listening.refusals.poll(10, TimeUnit.SECONDS)).startsWith("TLS: ");
        }
    }

    @Test
    void thoseWhoSayNothingDoNotKeepAMemberOut() throws Exception {
        for (var of : List.of(open, authority)) {
            var listening = party(of.admit("a"), 1);
            var address = listening.endpoint.listen();
            var sockets = new ArrayList<Socket>();
            try {
                for (int i = 0; i < 200; i++) {
                    sockets.add(new Socket(address.getAddress(), address.getPort()));
                }
                long start = System.nanoTime();
                party(of.admit("b"), 2).endpoint.connect(1, address, LIMIT);
                assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(3)); // and nobody has left
                assertThat(listening.refusals.poll(10, TimeUnit.SECONDS))
                        .isEqualTo("more than 64 connections wait for admission; this is the oldest");
                assertThat(sockets.getLast().isClosed()).isFalse();
            } finally {
                for (var socket : sockets) {
                    socket.close();
                }
            }
        }
    }

    /** Whoever has come further stays, and of those who have not, the youngest. */
    @RepeatedTest(50)
    void placesGoToThoseWhoHaveComeFurther(RepetitionInfo seed) {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        var strangers = new Strangers();
        var progress = new LinkedHashMap<io.netty.channel.Channel, Strangers.Progress>();
        for (int i = 0; i < 2000; i++) {
            io.netty.channel.Channel out;
            if (progress.isEmpty() || random.nextInt(3) > 0) {
                var channel = new io.netty.channel.embedded.EmbeddedChannel();
                progress.put(channel, Strangers.Progress.SILENT);
                out = strangers.add(channel);
            } else {
                var channel = List.copyOf(progress.keySet()).get(random.nextInt(progress.size()));
                if (random.nextInt(4) == 0) {
                    assertThat(strangers.remove(channel)).isTrue();
                    progress.remove(channel);
                    continue;
                }
                var to = random.nextBoolean() ? Strangers.Progress.SPEAKING : Strangers.Progress.EXPECTED;
                out = strangers.advanced(channel, to);
                if (to.compareTo(progress.get(channel)) > 0) {
                    progress.remove(channel);
                    progress.put(channel, to);
                }
            }
            if (out != null) {
                var its = progress.get(out);
                for (var other : progress.entrySet()) { // in the order in which they have come so far
                    if (other.getKey().equals(out)) {
                        break;
                    }
                    assertThat(other.getValue()).isNotEqualTo(its);
                }
                progress.remove(out);
            }
            long expected = progress.values().stream()
                    .filter(Strangers.Progress.EXPECTED::equals)
                    .count();
            assertThat(expected).isLessThanOrEqualTo(Strangers.PLACES);
            assertThat(progress.size() - expected).isLessThanOrEqualTo(Strangers.PLACES);
        }
    }

    @Test
    void refusalsAreLoggedOnceASecond() {
        var lines = new ArrayList<String>();
        var refusals = new Refusals(lines::add);
        for (int i = 0; i < 35_000; i++) {
            refusals.add("/10.0.0.1:" + i, "no handshake", i * 1_000_000L); // a thousand a second
        }
        refusals.look(36_000_000_000L);
        assertThat(lines).hasSize(36);
        assertThat(lines.getFirst()).isEqualTo("refused a connection from /10.0.0.1:0: no handshake");
        assertThat(lines.get(1)).isEqualTo("refused 1000 connections, the latest from /10.0.0.1:1000: no handshake");
    }

    /** What strangers say is shown, not done. */
    @Test
    void escapesOfStrangersDoNotReachTheLog() throws Exception {
        var right = open.admit("a");
        var wrong = new Credentials("\u001b]0;owned\u0007\n", new byte[32], Optional.empty());
        assertThat(refused(party(right, 1), party(wrong, 2))).isEqualTo("run '?]0;owned??', this is another");
    }

    @Test
    void garbageOfAnyKindLeavesHonestPeersUndisturbed() throws Exception {
        var listening = party(open.admit("a"), 1);
        var address = listening.endpoint.listen();
        var honest = party(open.admit("b"), 2).endpoint.connect(1, address, LIMIT);
        var random = new SplittableRandom(5);
        for (int i = 0; i < 300; i++) {
            fuzz(address, random);
            if (i % 10 == 0) {
                honest.send(PeerContract.frame(Lane.PROMPT, i, 10), PeerContract.SECONDS);
                try (var frame = listening.take()) {
                    assertThat(frame.getInt()).isEqualTo(i);
                }
            }
        }
        assertThat(listening.connected).hasSize(1);
    }

    /** Random bytes, or a hello that was tampered with. */
    static void fuzz(InetSocketAddress address, SplittableRandom random) throws Exception {
        try (var socket = new Socket(address.getAddress(), address.getPort())) {
            var bytes = new byte[random.nextInt(2000)];
            random.nextBytes(bytes);
            if (random.nextBoolean() && bytes.length > 40) {
                int length = 32 + random.nextInt(bytes.length - 32);
                bytes[0] = (byte) length;
                bytes[1] = (byte) (length >> 8);
                bytes[2] = 0;
                bytes[3] = 0;
                bytes[4] = (byte) random.nextInt(1, 9);
                bytes[5] = 0;
            }
            socket.getOutputStream().write(bytes);
        } catch (java.io.IOException e) {
            // the other side has closed already, as it should
        }
    }

    @Test
    void credentialsDoNotPrintTheirSecret() throws Exception {
        var credentials = authority.admit("a");
        var text = credentials.text();
        assertThat(credentials.toString()).isEqualTo("credentials of run " + authority.run());
        assertThat(Credentials.parse(text).text()).isEqualTo(text);
        assertThatThrownBy(() -> Credentials.parse("run=1\nsecret=2"))
                .hasMessage("these are no credentials of a run: 'run' or 'secret' is missing");
    }

    @Test
    void faultsAreReadOrRefused() {
        assertThat(Faults.parse("drop=1%,delay=20ms,duplicate=2%,rate=10MB,seed=7"))
                .isEqualTo(new Faults(0.01, 0.02, 0, 0, Duration.ofMillis(20), 10_000_000, 7));
        assertThatThrownBy(() -> Faults.parse("dorp=1%")).hasMessageContaining("got 'dorp=1%'");
        assertThatThrownBy(() -> Faults.parse("drop=many")).hasMessageContaining("got 'many'");
        assertThatThrownBy(() -> Faults.parse("drop=99%")).hasMessageContaining("drop must be 0 % to 50 %");
    }
}
