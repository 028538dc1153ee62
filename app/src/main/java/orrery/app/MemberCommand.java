package orrery.app;

import java.util.ArrayList;
import java.util.List;
import orrery.engine.Processes;

/** How a member of a run is started: this program again, with the options of the run. */
final class MemberCommand {
    private static final double SHARE_OF_MEMORY = 70; // percent, of all processes together

    private MemberCommand() {}

    /** What the user wants of all JVMs. */
    private static List<String> given() {
        var options = System.getenv("ORRERY_JAVA_OPTS");
        return options == null || options.isBlank()
                ? List.of()
                : List.of(options.strip().split("\\s+", -1));
    }

    static List<String> of(RunFolder folder, int processes) {
        var flags = new ArrayList<>(List.of(
                "-XX:+UseParallelGC",
                "-XX:+UseCompactObjectHeaders",
                "-XX:+UseTransparentHugePages",
                "-XX:MaxRAMPercentage=" + SHARE_OF_MEMORY / (processes + 1), // the coordinator counts, too
                "-Xshare:auto",
                "--enable-native-access=io.netty.common,com.github.luben.zstd_jni",
                "-Dorrery.commit=" + System.getProperty("orrery.commit", "")));
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            flags.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        }
        flags.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir")); // where this process has its own
        if (given().stream().anyMatch(flag -> flag.matches("-XX:\\+Use\\w+GC"))) {
            flags.remove("-XX:+UseParallelGC"); // a JVM has one collector
        }
        flags.addAll(given()); // last: they go before
        return Processes.again(
                flags,
                Orrery.class.getName(),
                List.of(
                        "train",
                        "--config",
                        folder.membersConfig().toAbsolutePath().toString(),
                        "--member-of",
                        folder.path().toAbsolutePath().toString()));
    }
}
