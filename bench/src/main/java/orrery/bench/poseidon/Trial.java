package orrery.bench.poseidon;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import orrery.bench.Cpu;
import orrery.bench.Emulated;
import orrery.deep.sync.Exchange;
import orrery.deep.sync.Link;
import orrery.deep.sync.Scheme;
import orrery.table.Ear;
import orrery.table.Node;
import orrery.table.cells.Factors;
import orrery.table.spec.Placement;
import orrery.table.spec.TableSpec;
import orrery.table.spec.Update;
import orrery.table.spec.UpdateRule;
import orrery.table.worker.Session;
import orrery.wire.Authority;
import orrery.wire.Endpoint;
import orrery.wire.Faults;
import orrery.wire.Frame;
import orrery.wire.Network;
import orrery.wire.Ticker;
import orrery.wire.World;

/**
 * Members of one JVM that train a net together: each has a node with an uplink of its own and one worker, whose computation is parked.
 *
 * @param clockSeconds that a member alone computes for a clock
 * @param link of a member, as it is in truth
 * @param isOneNode whether all workers are on one node, which has the weights that all others must have
 */
record Trial(Scaled net, int members, Mode mode, double clockSeconds, Link link, boolean isOneNode) {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int STEPS = 3;
    private static final long CREDIT = 1L << 30; // the links are what limits

    /** When gradients go, and how. */
    enum Mode {
        /** All to their owners once the way back is done; all weights are asked for before the way forward begins. */
        PS,
        /** Each to its owners as soon as it is complete; weights come back as soon as they are (wait-free backpropagation). */
        WFBP,
        /** The same, each by the scheme that is cheapest. */
        HYBRID
    }

    /**
     * What came of it.
     *
     * @param seconds of a clock
     * @param cpu of the machine's cores, the part that was used
     * @param bytes that a member sent in a clock, on average, in truth
     * @param sum of all weights' bits
     */
    record Result(double seconds, double cpu, double bytes, long sum) {}

    private boolean isAlone() {
        return isOneNode || members == 1;
    }

    Scheme scheme(Scaled.Matrix of) {
        if (mode != Mode.HYBRID || isAlone()) {
            return Scheme.OWNERS;
        }
        var exchange = new Exchange(of.rows(), of.width(), of.isLinear() ? net.pairs() : 0, members, 1);
        // rates of what is smaller by s; applying updates takes no time on the machines that are emulated
        var scaled = new Link(link.bytesPerSecond() / net.scale(), link.latency(), link.flops() / net.scale());
        return Arrays.stream(Scheme.values())
                .filter(exchange::allows)
                .min(Comparator.comparingDouble(
                        scheme -> exchange.bytes(scheme) / scaled.bytesPerSecond() + multiplying(of, scheme)))
                .orElseThrow();
    }

    /** Seconds in which a member multiplies others' factors. */
    private double multiplying(Scaled.Matrix of, Scheme scheme) {
        return switch (scheme) {
            case FACTORS -> (members - 1) * of.flops() / link.flops();
            case OWNER_FACTORS -> of.flops() / link.flops(); // those of all, for its share of rows
            default -> 0;
        };
    }

    private TableSpec table(Scaled.Matrix of) {
        var spec = TableSpec.dense(of.name().replace('/', '.'), of.rows(), of.width())
                .with(new UpdateRule.Momentum(1e-3f, 0.9f, 0))
                .inGroup(of.name())
                .by(scheme(of).route());
        return mode == Mode.PS ? spec : spec.eachClock();
    }

    Result run() throws Exception {
        var failure = new AtomicReference<@Nullable Throwable>();
        var nodes = new ArrayList<Node>();
        try {
            connect(nodes, failure);
            nodes.forEach(node -> net.layers().forEach(layer -> node.create(table(layer))));
            var homes = IntStream.rangeClosed(1, members).toArray();
            nodes.forEach(node -> node.begin(members, 0, LIMIT, isAlone() ? new int[0] : homes, 1));
            var seconds = new double[members];
            long cpu = Cpu.nanos();
            long start = System.nanoTime();
            var threads = new ArrayList<Thread>();
            for (int w = 0; w < members; w++) {
                int worker = w;
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        var session = nodes.get(isOneNode ? 0 : worker).session(worker);
                        seconds[worker] = new Computing(session, worker).run();
                        session.finish();
                    } catch (Throwable e) {
                        if (failure.compareAndSet(null, e)) {
                            nodes.forEach(node -> node.end("a worker failed", e));
                        }
                    }
                }));
            }
            for (var thread : threads) {
                thread.join();
            }
            var why = failure.get();
            if (why != null) {
                throw new IllegalStateException("a member failed: " + why, why);
            }
            double used = (Cpu.nanos() - cpu)
                    / (double) (System.nanoTime() - start)
                    / Runtime.getRuntime().availableProcessors();
            double sent = isAlone()
                    ? 0
                    : nodes.stream()
                                    .mapToLong(node -> node.traffic().bytesSent())
                                    .average()
                                    .orElse(0)
                            * net.scale()
                            / (STEPS + 1);
            return new Result(Arrays.stream(seconds).max().orElse(0), used, sent, sum(nodes));
        } finally {
            if (!isAlone()) {
                nodes.forEach(Node::leave);
            }
        }
    }

    private void connect(List<Node> nodes, AtomicReference<@Nullable Throwable> failure) throws Exception {
        if (isAlone()) {
            nodes.add(new Node());
            return;
        }
        var authority = new Authority(false);
        var rate = (long) (link.bytesPerSecond() / net.scale());
        var faults = new Faults(0, 0, 0, 0, Duration.ofNanos((long) (link.latency() * 1e9)), rate, 1);
        var settings = Endpoint.Settings.DEFAULT
                .with(faults)
                .withCredit(CREDIT)
                .on(Network.InJvm.HOST, new World(Ticker.SYSTEM, new Network.InJvm()));
        for (int member = 1; member <= members; member++) {
            var node = new Node();
            node.join(authority.admit("member " + member), member, 1, settings, new Ear() {
                @Override
                public void heard(Frame frame) {
                    frame.close();
                }

                @Override
                public void failed(Throwable why) {
                    failure.compareAndSet(null, why);
                }
            });
            var here = node.listen();
            for (int other = 1; other < member; other++) {
                nodes.get(other - 1).connect(member, here, LIMIT);
            }
            nodes.add(node);
        }
        var all = IntStream.rangeClosed(1, members).boxed().toList();
        nodes.forEach(node -> node.place(new Placement(1, all)));
    }

    /** All weights, as their owners have them once all clocks are complete. */
    private long sum(List<Node> nodes) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!nodes.stream().allMatch(node -> node.hasCompleted(STEPS))) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("the last clock does not complete");
            }
            Emulated.nanos(1_000_000);
        }
        var first = nodes.getFirst();
        long sum = 17;
        for (var layer : net.layers()) {
            var table = first.table(layer.name().replace('/', '.'));
            var rows = LongStream.range(0, layer.rows()).toArray();
            var values = new float[rows.length * layer.width()];
            first.gather(table, rows, values);
            sum = 31 * sum + Arrays.hashCode(values);
        }
        return sum;
    }

    /** What one worker does: the computation goes on beside what it sends, as on a device of its own. */
    private final class Computing {
        private final Session session;
        private final List<Scheme> schemes = new ArrayList<>();
        private final List<Update.Factors> factors = new ArrayList<>();
        private final List<float[]> gradients = new ArrayList<>(); // the products of these
        private long device; // when the computation so far is done

        Computing(Session session, int worker) {
            this.session = session;
            for (var layer : net.layers()) {
                var u = filled(net.pairs() * layer.rows(), worker, 7);
                var v = filled(net.pairs() * layer.width(), worker, 5);
                var gradient = new float[layer.rows() * layer.width()];
                Factors.of(layer.rows(), layer.width(), u, v).addRows(0, layer.rows(), gradient, 0);
                schemes.add(scheme(layer));
                factors.add(new Update.Factors(u, v));
                gradients.add(gradient);
            }
        }

        private static float[] filled(int count, int worker, int period) {
            var values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = ((i + worker) % period - period / 2) * 1e-2f;
            }
            return values;
        }

        /** Seconds of a clock; the first does not count. */
        double run() {
            long begun = 0;
            int last = net.layers().size() - 1;
            for (int clock = 0; clock <= STEPS; clock++) {
                if (clock == 1) {
                    begun = System.nanoTime();
                }
                device = System.nanoTime();
                for (int layer = 0; mode == Mode.PS && layer <= last; layer++) {
                    read(layer);
                }
                for (int layer = 0; layer <= last; layer++) {
                    if (mode != Mode.PS) {
                        read(layer);
                    }
                    compute(
                            layer,
                            1.0 / 3,
                            clock == 0 ? 0 : multiplying(net.layers().get(layer), schemes.get(layer)));
                }
                for (int layer = last; layer >= 0; layer--) {
                    compute(layer, 2.0 / 3, 0);
                    if (mode != Mode.PS) {
                        Emulated.until(device);
                        send(layer);
                    }
                }
                Emulated.until(device);
                for (int layer = last; mode == Mode.PS && layer >= 0; layer--) {
                    send(layer);
                }
                session.tick();
            }
            return (System.nanoTime() - begun) / 1e9 / STEPS;
        }

        private void read(int layer) {
            session.view(session.table(net.layers().get(layer).name().replace('/', '.')));
        }

        private void compute(int layer, double part, double more) {
            double seconds =
                    isOneNode ? 0 : clockSeconds * net.layers().get(layer).share() * part + more;
            device = Math.max(device, System.nanoTime()) + (long) (seconds * 1e9);
        }

        private void send(int layer) {
            var of = net.layers().get(layer);
            var table = session.table(of.name().replace('/', '.'));
            if (schemes.get(layer).areFactors()) {
                session.add(table, factors.get(layer));
            } else {
                session.add(table, LongStream.range(0, of.rows()).toArray(), gradients.get(layer));
            }
            session.tick(of.name());
        }
    }
}
