package orrery.app;

import java.util.ArrayList;
import java.util.List;
import orrery.engine.Processes;

/** How a member of a run is started: this program again, with the options of the run. */
final class MemberCommand {
    private static final double SHARE_OF_MEMORY = 70; // percent, of all processes together

    private MemberCommand() {}

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
