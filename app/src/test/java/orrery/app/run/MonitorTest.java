package orrery.app.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;
import orrery.engine.event.RunEvent;

final class MonitorTest {
    private static String scrape(Monitor monitor) throws IOException {
        try (var in = URI.create(monitor.address()).toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void servesWhatARunCounts() throws IOException {
        try (var monitor = new Monitor(0)) {
            monitor.accept(new RunEvent.Counted(
                    2, Duration.ofMillis(250), Map.of("bytesSent", 12L, "staleness{3}", 4L, "hotRow{w/17}", 9L)));
            monitor.accept(new RunEvent.Progressed("train", 5, 10, 640, Duration.ofSeconds(1)));
            assertThat(scrape(monitor))
                    .contains(
                            "orrery_bytes_sent{member=\"2\"} 12.0",
                            "orrery_staleness{key=\"3\",member=\"2\"} 4.0",
                            "orrery_hot_row{key=\"w/17\",member=\"2\"} 9.0",
                            "orrery_lease_age_seconds{member=\"2\"} 0.25",
                            "orrery_clock{stage=\"train\"} 5.0");
            monitor.accept(new RunEvent.Counted(2, Duration.ZERO, Map.of("bytesSent", 13L)));
            assertThat(scrape(monitor)).contains("orrery_bytes_sent{member=\"2\"} 13.0");
        }
    }

    /** Clients that begin a request and stall keep nobody else from an answer. */
    @Test
    void aStallingClientStallsNobodyElse() throws IOException {
        try (var monitor = new Monitor(0)) {
            int port = URI.create(monitor.address()).getPort();
            var stalling = new ArrayList<Socket>();
            for (int i = 0; i < 20; i++) {
                var socket = new Socket(InetAddress.getLoopbackAddress(), port);
                socket.getOutputStream().write("GET /met".getBytes(StandardCharsets.US_ASCII));
                stalling.add(socket);
            }
            monitor.accept(new RunEvent.Counted(1, Duration.ZERO, Map.of("bytesSent", 1L)));
            long begun = System.nanoTime();
            assertThat(scrape(monitor)).contains("orrery_bytes_sent{member=\"1\"} 1.0");
            assertThat(System.nanoTime() - begun).isLessThan(2_000_000_000L);
            for (var socket : stalling) {
                socket.close();
            }
        }
    }

    @Test
    void whatMembersCallTheirCountsIsShownAsItIs() throws IOException {
        try (var monitor = new Monitor(0)) {
            monitor.accept(new RunEvent.Counted(1, Duration.ZERO, Map.of("hotRow{\u001b[2J}", 1L, "odd{", 2L)));
            assertThat(scrape(monitor)).contains("\\u001b[2J").doesNotContain("\u001b");
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() throws IOException {
        try (var first = new Monitor(0)) {
            int port = URI.create(first.address()).getPort();
            assertThatThrownBy(() -> new Monitor(port)).hasMessageContaining("--metrics-port " + port);
        }
    }
}
