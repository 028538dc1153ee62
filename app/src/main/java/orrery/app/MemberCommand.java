package orrery.app;

import java.util.List;
import orrery.engine.Processes;

/** How a member of a run is started: this program again, with the options of the run. */
final class MemberCommand {
    private static final double SHARE_OF_MEMORY = 70; // percent, of all processes together

    private MemberCommand() {}

    static List<String> of(RunFolder folder, int processes) {
        return Processes.again(
                List.of(
                        "-XX:+UseParallelGC",
                        "-XX:+UseCompactObjectHeaders",
                        "-XX:+UseTransparentHugePages",
                        "-XX:MaxRAMPercentage=" + SHARE_OF_MEMORY / (processes + 1), // the coordinator counts, too
                        "-Xshare:auto",
                        "--enable-native-access=io.netty.common",
                        "-Dorrery.commit=" + System.getProperty("orrery.commit", "")),
                Orrery.class.getName(),
                List.of(
                        "train",
                        "--config",
                        folder.membersConfig().toAbsolutePath().toString(),
                        "--member-of",
                        folder.path().toAbsolutePath().toString()));
    }
}
