package orrery.app.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import orrery.engine.launch.Processes;

/** How a member of a run is started: this program again; its part of the run comes on standard input. */
public final class MemberCommand {
    /** What the command line of a member is, all of it. */
    public static final String VERB = "member";

    private static final String MAIN = "orrery.app.Orrery"; // which uses this
    private static final double SHARE_OF_MEMORY = 70; // percent, of all processes together

    private MemberCommand() {}

    private static final String YOUNG = "-XX:MaxNewSize=96m"; // as in the launcher

    /** What the user wants of all JVMs. */
    private static List<String> given() {
        var options = System.getenv("ORRERY_JAVA_OPTS");
        return options == null || options.isBlank()
                ? List.of()
                : List.of(options.strip().split("\\s+", -1));
    }

    /**
     * The command of a member.
     *
     * @param processes how many there will be beside this one
     * @param memory bytes of its heap, if that is said
     */
    public static List<String> of(int processes, OptionalLong memory) {
        var flags = new ArrayList<>(List.of(
                "-XX:+UseParallelGC",
                YOUNG,
                "-XX:+UseCompactObjectHeaders",
                "-XX:+UseTransparentHugePages",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dio.netty.jfr.enabled=false",
                "-XX:MaxRAMPercentage=" + SHARE_OF_MEMORY / (processes + 1), // the coordinator counts, too
                "--enable-native-access=io.netty.common,com.github.luben.zstd_jni,orrery.deep",
                "-Dorrery.libtorch=" + System.getProperty("orrery.libtorch", ""),
                "-Dorrery.commit=" + System.getProperty("orrery.commit", "")));
        // as the launcher has it, to the letter: the cache is of these modules; native parts of libraries are among
        // them
        flags.add("-XX:CompileThresholdScaling=4");
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            flags.addAll(List.of("--add-modules", "ALL-MODULE-PATH,jdk.incubator.vector", "-XX:CompileCommand=quiet"));
            flags.add("-XX:CompileCommand=CompileThresholdScaling,orrery.learn.factor.Vector*::*,0.05");
            flags.add("-XX:CompileCommand=CompileThresholdScaling,orrery.learn.cluster.Vector*::*,0.05");
        } else {
            flags.addAll(List.of("--add-modules", "ALL-MODULE-PATH"));
        }
        var cache = System.getProperty("orrery.aot", "");
        if (!cache.isEmpty()) { // as the launcher has it
            flags.addAll(List.of("-XX:AOTCache=" + cache, "-Dorrery.aot=" + cache, "-Xlog:aot*=off,cds*=off"));
        }
        flags.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir")); // where this process has its own
        if (given().stream().anyMatch(flag -> flag.matches("-XX:\\+Use\\w+GC"))) {
            flags.removeAll(List.of("-XX:+UseParallelGC", YOUNG)); // a JVM has one collector
        }
        if (given().stream().anyMatch(flag -> flag.startsWith("-Xmn"))
                || given().stream().anyMatch(flag -> flag.startsWith("-Xms"))) {
            flags.remove(YOUNG); // the heap is theirs
        }
        heap(memory)
                .ifPresent(
                        bytes -> { // tables are old: the young may have an eighth of a small heap
                            int young = flags.indexOf(YOUNG);
                            if (young >= 0) {
                                flags.set(young, "-XX:MaxNewSize=" + Math.min(96 << 10, (bytes / 8) >> 10) + "k");
                            }
                        });
        flags.addAll(given()); // last: they go before
        memory.ifPresent(bytes -> flags.add("-Xmx" + (bytes >> 10) + "k"));
        return Processes.again(flags, MAIN, List.of(VERB));
    }

    /** The heap that is asked for, by --memory or by the user's flags. */
    private static OptionalLong heap(OptionalLong memory) {
        if (memory.isPresent()) {
            return memory;
        }
        for (var flag : given()) {
            var size = Pattern.compile("-Xmx(\\d{1,9})([kKmMgG])").matcher(flag);
            if (size.matches()) {
                int shift = 10 * (1 + "kmg".indexOf(size.group(2).toLowerCase(Locale.ROOT)));
                return OptionalLong.of(Long.parseLong(size.group(1)) << shift);
            }
        }
        return OptionalLong.empty();
    }
}
