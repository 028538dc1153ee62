package orrery.app.flags;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import orrery.engine.event.RunEvent;
import orrery.engine.launch.Members;
import orrery.engine.stage.Run;
import orrery.table.plan.Placing;
import orrery.table.spec.Consistency;
import orrery.wire.Faults;
import picocli.CommandLine.Option;

/** How to run: workers, consistency, seed. */
public final class RunFlags {
    public static final String HEADING = "parallelism";

    @Option(
            names = {"-w", "--workers"},
            paramLabel = "K",
            description = "Worker threads of all processes together (default: ${DEFAULT-VALUE}).")
    public int workers = Runtime.getRuntime().availableProcessors();

    @Option(
            names = {"-p", "--processes"},
            paramLabel = "N",
            description = "Share tables and workers among N processes of this machine.")
    public int processes;

    @Option(
            names = "--consistency",
            paramLabel = "C",
            description = {
                "bsp (default), ssp:S, essp:S, sparse-ssp:S:AHEAD, local:STEPS or asp.",
                "bsp: all workers wait for the slowest at each clock. ssp:S: a worker may be S clocks ahead. essp:S: the"
                        + " same, and new values are pushed to readers. sparse-ssp:S:AHEAD: AHEAD clocks more where workers"
                        + " touch different rows; of linear models with one margin. local:STEPS: workers average their copies"
                        + " after STEPS steps. rotating: parts of the model go from worker to worker, each with one at a time; of mf, and of"
                        + " lda always. asp: nobody waits. bsp, local and rotating give the same bits on every run."
            })
    @Nullable
    String consistency;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "All that is random follows from it (default: ${DEFAULT-VALUE}).")
    long seed = 1;

    @Option(
            names = "--staleness",
            paramLabel = "S",
            descriptionKey = FlagGroup.MORE,
            description = "Short for --consistency ssp:S.")
    @Nullable
    Integer staleness;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Heap that each process may have, such as 800m or 4g (default: its share of 70 %% of this machine's memory).",
                "A run whose tables need more is refused before it begins."
            })
    String memory = "";

    @Option(
            names = "--on",
            paramLabel = "CLUSTER",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Start the processes on a Spark cluster: spark://host:port, or another master.",
                "spark is the master of spark-submit. All processes must see the data and --checkpoints (docs/spark.md)."
            })
    public String on = "";

    @Option(
            names = "--wait-limit",
            paramLabel = "SECONDS",
            descriptionKey = FlagGroup.MORE,
            description = {
                "How long a worker waits for others before the job fails (default: ${DEFAULT-VALUE}).",
                "The message names whom it waited for."
            })
    double waitLimit = 300;

    @Option(
            names = "--insecure",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Processes speak without TLS.",
                "They still prove to each other that they know the run's secret."
            })
    boolean insecure;

    @Option(
            names = "--faults",
            paramLabel = "F",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Faults on the links between processes, for tests, such as drop=1%%,delay=20ms.",
                "Also duplicate=1%%, reorder=5%%, cut=0.1%%, rate=10MB and seed=7."
            })
    String faults = "";

    @Option(
            names = "--lease",
            paramLabel = "SECONDS",
            descriptionKey = FlagGroup.MORE,
            description = "How long a process may be silent before it is replaced (default: ${DEFAULT-VALUE}).")
    double lease = 5;

    @Option(
            names = "--placement",
            paramLabel = "P",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Which process owns which row: bytes, accesses, hash or even.",
                "bytes: so that few bytes go over the wire; the default of pagerank and mf. accesses: the process that"
                        + " uses a row most. hash: by a hash of the row. even: by its number, without a plan; the default of"
                        + " others."
            })
    @Nullable
    String placement;

    @Option(
            names = "--plan-by",
            paramLabel = "W",
            descriptionKey = FlagGroup.MORE,
            description = {
                "How accesses are found for the placement: virtual or first-pass (default: virtual).",
                "virtual: a pass before the run in which nothing is computed. first-pass: the first pass of the run."
            })
    @Nullable
    String planBy;

    /** Whether the first pass is to show what workers touch, not a virtual one. */
    public boolean isPlannedByFirstPass() {
        if (planBy != null && processes == 0) {
            throw new UsageException("--plan-by is about several processes; add --processes");
        }
        return switch (planBy == null ? "virtual" : planBy) {
            case "virtual" -> false;
            case "first-pass" -> true;
            default -> throw new UsageException("--plan-by must be virtual or first-pass, got '" + planBy + "'");
        };
    }

    /** Who is to own rows; empty for the order of their numbers. */
    public Optional<Placing> placing(boolean byDefault) {
        String asked = placement == null ? (byDefault ? "bytes" : "even") : placement;
        if (placement != null && processes == 0) {
            throw new UsageException("--placement is about several processes; add --processes");
        }
        return switch (asked) {
            case "bytes" -> Optional.of(Placing.FEWEST_BYTES);
            case "accesses" -> Optional.of(Placing.MOST_ACCESSES);
            case "hash" -> Optional.of(Placing.HASH);
            case "even" -> Optional.empty();
            default ->
                throw new UsageException("--placement must be bytes, accesses, hash or even, got '" + asked + "'");
        };
    }

    /** How many processes there are to be; on a cluster one per worker, if nothing is said. */
    public int processes() {
        return !on.isEmpty() && processes == 0 ? workers : processes;
    }

    /** How many bytes each process may have, if that is said. */
    public OptionalLong memory() {
        return memory.isEmpty() ? OptionalLong.empty() : OptionalLong.of(bytes("--memory", memory));
    }

    /** How many bytes a size such as 800m or 4g is. */
    public static long bytes(String flag, String given) {
        var size = Pattern.compile("([1-9][0-9]{0,9})([kmg])b?", Pattern.CASE_INSENSITIVE)
                .matcher(given);
        if (!size.matches()) {
            throw new UsageException(flag + " is a number with k, m or g, such as 800m or 4g, got '" + given + "'");
        }
        int shift = switch (size.group(2).toLowerCase(Locale.ROOT)) {
            case "k" -> 10;
            case "m" -> 20;
            default -> 30;
        };
        return Long.parseLong(size.group(1)) << shift;
    }

    /** How processes speak with each other; an error if something is said about that and there are none. */
    public Members.Terms terms() {
        int processes = processes();
        if (processes < 0) {
            throw new UsageException("--processes must be 0 or more, got " + processes
                    + (on.isEmpty() ? "" : " (one per worker, if nothing is said)"));
        }
        if (processes == 0 && (insecure || !faults.isEmpty())) {
            throw new UsageException(
                    (insecure ? "--insecure" : "--faults") + " is about several processes; add --processes");
        }
        if (processes > workers) {
            throw new UsageException("--processes " + processes + " share " + workers
                    + " workers: each needs one at least; add --workers " + processes);
        }
        if (!on.isEmpty() && (placement != null || planBy != null)) {
            throw new UsageException((placement != null ? "--placement" : "--plan-by")
                    + " is about processes of this machine; --on places rows by their numbers");
        }
        if (!on.isEmpty() && workers % processes != 0) {
            throw new UsageException("--on: " + workers + " workers cannot be shared evenly among " + processes
                    + " processes, each of which gets as many cores as it has workers");
        }
        try {
            var terms = Members.Terms.DEFAULT.with(Faults.parse(faults)).withLease(Duration.ofMillis((long)
                    (lease * 1000)));
            return insecure ? terms.insecure() : terms;
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }

    /** The run that is asked for. */
    public Run run() {
        if (!(waitLimit > 0) || waitLimit > 1e9) {
            throw new UsageException("--wait-limit must be above 0 seconds, got " + waitLimit);
        }
        memory(); // which refuses what is no size
        try {
            return Run.local(workers)
                    .with(consistency())
                    .withSeed(seed)
                    .withWaitLimit(Duration.ofNanos((long) (waitLimit * 1e9)))
                    .listening(this::checkMemory);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--", e);
        }
    }

    /** What this JVM may have was said when it was started; so --memory is a limit only. */
    private void checkMemory(RunEvent event) {
        var limit = memory();
        if (event instanceof RunEvent.MemoryPlanned planned
                && limit.isPresent()
                && planned.plan().bytes() > limit.getAsLong()) {
            throw new UsageException("--memory " + memory + " is too little: the tables need " + planned.plan());
        }
    }

    private Consistency consistency() {
        if (staleness != null && consistency != null && !consistency.equals("ssp:" + staleness)) {
            throw new UsageException("--staleness " + staleness + " means --consistency ssp:" + staleness
                    + ", but --consistency " + consistency + " was given, too");
        }
        try {
            return staleness != null
                    ? new Consistency.Ssp(staleness)
                    : Consistency.parse(consistency == null ? "bsp" : consistency);
        } catch (IllegalArgumentException e) {
            throw new UsageException(staleness == null ? "--" : "--staleness: ", e);
        }
    }
}
