package orrery.app.run;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import orrery.app.flags.UsageException;
import orrery.engine.event.RunEvent;
import orrery.store.Printable;

/**
 * What a run counts, for those who watch it: Prometheus text at {@code http://127.0.0.1:PORT/metrics}, as long as the run
 * lasts. A count of {@code Node.counted} such as {@code staleness{2}} becomes {@code orrery_staleness{member="1",key="2"}}.
 */
public final class Monitor implements Consumer<RunEvent>, AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, AtomicReference<Double>> values = new ConcurrentHashMap<>();
    private final ExecutorService answering = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;

    public Monitor(int port) throws IOException {
        limit("maxReqTime");
        limit("maxRspTime");
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UsageException("--metrics-port " + port + ": " + e.getMessage() + "; give another, or 0 for any");
        }
        server.createContext("/metrics", exchange -> {
            var text = registry.scrape().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            exchange.sendResponseHeaders(200, text.length);
            try (var out = exchange.getResponseBody()) {
                out.write(text);
            }
        });
        server.setExecutor(answering); // a client that stalls has a thread of its own to stall
        server.start();
    }

    /** Seconds that a client may take; read by the server when its first is made. */
    private static void limit(String name) {
        String property = "sun.net.httpserver." + name;
        if (System.getProperty(property) == null) {
            System.setProperty(property, "10");
        }
    }

    public String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/metrics";
    }

    @Override
    public void accept(RunEvent event) {
        switch (event) {
            case RunEvent.Progressed progress -> {
                set("clock", Tags.of("stage", Printable.of(progress.stage())), (double) progress.clock());
                set("examples", Tags.empty(), (double) progress.examples());
            }
            case RunEvent.CutReached cut ->
                cut.metrics().forEach((name, value) -> set("metric", Tags.of("name", Printable.of(name)), value));
            case RunEvent.Counted counted -> {
                var member = Tag.of("member", String.valueOf(counted.member()));
                set("lease.age.seconds", Tags.of(member), counted.silent().toNanos() / 1e9);
                counted.counts().forEach((name, count) -> {
                    int brace = name.endsWith("}") ? name.indexOf('{') : -1;
                    set(
                            words(brace < 0 ? name : name.substring(0, brace)),
                            brace < 0
                                    ? Tags.of(member)
                                    : Tags.of(
                                            member,
                                            Tag.of("key", Printable.of(name.substring(brace + 1, name.length() - 1)))),
                            count);
                });
            }
            default -> {}
        }
    }

    /** {@code framesSent} as {@code frames.sent}. */
    private static String words(String name) {
        return name.replaceAll("([A-Z])", ".$1").toLowerCase(java.util.Locale.ROOT);
    }

    private void set(String name, Tags tags, double value) {
        values.computeIfAbsent(name + tags, n -> {
                    var reference = new AtomicReference<>(value);
                    Gauge.builder("orrery." + name, reference, AtomicReference::get)
                            .tags(tags)
                            .register(registry);
                    return reference;
                })
                .set(value);
    }

    @Override
    public void close() {
        server.stop(0);
        answering.shutdownNow();
        registry.close();
    }
}
