package orrery.bench.capacity;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import orrery.engine.Job;
import orrery.engine.event.RunEvent;
import orrery.engine.keep.Checkpoints;
import orrery.engine.launch.Members;
import orrery.engine.launch.Membership;
import orrery.engine.launch.Processes;
import orrery.engine.stage.Run;
import orrery.engine.stage.Stage;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.store.Json;
import orrery.store.Storage;
import orrery.table.worker.Session;

/**
 * A job as users write one: workers gather random rows (or view them), and add an update that depends on what they read. The
 * coordinator and its members run the same program. It prints one JSON object: the planned memory, the memory used, and a
 * sum of what was read at the last clock.
 */
public final class Program {
    static final int CLOCKS = 12;
    private static final int CUT_EVERY = 6;
    private static final int KEYS = 80_000; // a clock, of all workers
    private static final String SAID = "needed ";

    private Program() {}

    /** Arguments: folder of checkpoints, what to do (run, stop, resume or member), and a {@link Shape}'s words. */
    public static void main(String[] args) throws IOException {
        var folder = Path.of(args[0]);
        var shape = Shape.of(Arrays.asList(args).subList(2, args.length));
        var checkpoints = Checkpoints.in(Storage.local(folder));
        var job = new Job(
                "capacity",
                List.of(shape.table()),
                List.of(new Stage("train", CLOCKS, CUT_EVERY, worker -> new Sampling(worker, shape))));
        var run = Run.local(shape.workers())
                .with(args[1].equals("resume") ? checkpoints.resuming() : checkpoints)
                .withWaitLimit(Duration.ofMinutes(2));
        if (args[1].equals("member")) {
            job.run(run.with(Membership.read(System.in)));
            return;
        }
        var told = new Told(job, args[1].equals("stop"));
        var own = shape.members() == 0 ? run : run.with(members(folder, shape)).leavingTables();
        var outcome = job.run(own.listening(told::hear));
        told.say(outcome.status().name());
    }

    private static Processes members(Path folder, Shape shape) {
        var arguments = new ArrayList<>(List.of(folder.toString(), "member"));
        arguments.addAll(shape.words());
        return new Processes(
                shape.members(),
                Processes.again(flags(shape), Program.class.getName(), arguments),
                Members.Terms.DEFAULT);
    }

    /** As the launcher starts members, with a heap of this size. */
    static List<String> flags(Shape shape) {
        return List.of(
                "-XX:+UseParallelGC",
                "-XX:+UseCompactObjectHeaders",
                "-XX:+UseTransparentHugePages",
                "-XX:MaxNewSize=" + ((shape.heap() / 8) >> 10) + "k",
                "-Xmx" + (shape.heap() >> 10) + "k",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED");
    }

    /** What the run says of itself. */
    private static final class Told {
        private final Job job;
        private final boolean stops;
        private final List<long[]> needed = new ArrayList<>(); // (most resident bytes, live bytes) of members
        private long planned;
        private long snapshots;
        private double sum;

        Told(Job job, boolean stops) {
            this.job = job;
            this.stops = stops;
        }

        void hear(RunEvent event) {
            switch (event) {
                case RunEvent.MemoryPlanned memory -> {
                    planned = memory.plan().bytes();
                    snapshots = memory.plan().snapshots();
                    System.err.println(memory.plan());
                }
                case RunEvent.MemberSaid said
                when said.line().startsWith(SAID) -> {
                    var numbers = said.line().substring(SAID.length()).split(" ", -1);
                    needed.add(new long[] {Long.parseLong(numbers[0]), Long.parseLong(numbers[1])});
                }
                case RunEvent.MemberSaid said -> System.err.println(said.member() + ": " + said.line());
                case RunEvent.CutReached cut -> {
                    sum = cut.metrics().getOrDefault("read", 0.0);
                    if (stops) {
                        job.stop();
                    }
                }
                default -> {}
            }
        }

        void say(String status) throws IOException {
            if (needed.isEmpty()) {
                needed.add(new long[] {resident(), Sampling.live});
            }
            System.out.println(Json.line(Map.of(
                    "status",
                    status,
                    "planned",
                    planned,
                    "snapshots",
                    snapshots,
                    "coordinator",
                    resident(),
                    "resident",
                    needed.stream().mapToLong(n -> n[0]).max().orElse(0),
                    "live",
                    needed.stream().mapToLong(n -> n[1]).max().orElse(0),
                    "read",
                    sum)));
        }
    }

    /** The most bytes that this process has had in memory. */
    static long resident() throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("\\D+", "")) << 10;
            }
        }
        return 0;
    }

    /** A worker: reads at random, and adds. */
    private static final class Sampling implements Step {
        private static volatile long live; // bytes on the heap of this process, once it is collected

        private final Worker worker;
        private final Shape shape;
        private final int count;
        private final float[] values;

        Sampling(Worker worker, Shape shape) {
            this.worker = worker;
            this.shape = shape;
            count = KEYS / worker.count();
            values = new float[count * shape.width()];
        }

        @Override
        public void run(Session session, long clock) throws IOException {
            var table = session.table("w");
            var random = new SplittableRandom(1000 * clock + worker.index());
            var keys = random.longs(count, 0, shape.rows()).toArray();
            if (shape.isViewed()) {
                var view = session.view(table);
                for (int i = 0; i < keys.length; i++) {
                    view.copyRow(keys[i], values, i * shape.width());
                }
            } else {
                session.gather(table, keys, values);
            }
            double sum = 0;
            for (int i = 0; i < values.length; i++) {
                sum += values[i];
                values[i] = 0.1f * values[i] + 0.01f;
            }
            worker.tally("read").add(sum, 1);
            if (clock == CLOCKS - 1 || clock == CUT_EVERY - 1) {
                tell();
            }
            session.add(table, keys, values);
        }

        /** One worker of each process, while the others wait for it. */
        private void tell() throws IOException {
            int perMember = Math.ceilDiv(worker.count(), Math.max(1, shape.members()));
            if (worker.index() % perMember == 0) {
                System.gc();
                live = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
                System.out.println(SAID + resident() + " " + live);
            }
        }
    }
}
