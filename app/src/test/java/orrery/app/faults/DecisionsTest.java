package orrery.app.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import orrery.app.Orrery;

/**
 * What is decided at cuts does not depend on losses: a run that has lost a member after its first cut, and has no checkpoint
 * to go back to, ends at the same cut as one that nothing happens to, with the same bits.
 */
@Tag("thorough")
final class DecisionsTest {
    private static final long HANGS_AFTER = 150; // seconds

    @TempDir
    Path folder;

    private static List<String> training(String app) {
        return switch (app) {
            case "kmeans" ->
                List.of("train", "kmeans", "--clusters", "40", "--iterations", "300", "--tolerance", "1e-12");
            case "pagerank" -> List.of("train", "pagerank", "--iterations", "1000", "--tolerance", "1e-7");
            default -> List.of("train", "lr", "--passes", "60", "--batch", "100", "--early-stop", "2");
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"kmeans", "pagerank", "lr"})
    void aLostMemberChangesNoDecision(String app) throws Exception {
        Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "members are killed by Linux");
        var data = DataSets.write(app.equals("pagerank") ? DataSets.Kind.EDGES : DataSets.Kind.TWO_CLASSES, folder);
        var arguments = new ArrayList<>(training(app));
        arguments.addAll(List.of(data.toString(), "--workers", "4", "--no-cache", "--run"));

        var undisturbed = new ArrayList<>(arguments);
        undisturbed.addAll(List.of(folder.resolve("undisturbed").toString(), "--quiet"));
        var err = new StringWriter();
        assertThat(Orrery.run(
                        new PrintWriter(new StringWriter()), new PrintWriter(err), undisturbed.toArray(String[]::new)))
                .as(err.toString())
                .isZero();

        var run = folder.resolve("disturbed");
        arguments.addAll(List.of(run.toString(), "--processes", "2", "--checkpoint-every", "1000"));
        arguments.addAll(List.of("--faults", "delay=3ms"));
        try (var trainer = new Trainer(run, arguments)) {
            assertThat(trainer.awaitEvents("cut", 1, HANGS_AFTER)).isTrue();
            assertThat(trainer.isAlive())
                    .as("it is under way: " + trainer.said())
                    .isTrue();
            Trainer.signal("KILL", trainer.members().getLast());
            assertThat(trainer.awaitEnd(HANGS_AFTER)).as(trainer.said()).isZero();
        }
        assertThat(Files.readString(run.resolve("metrics.jsonl"))).contains("\"event\":\"lost\"");
        assertThat(FaultsTest.tensors(run)).isEqualTo(FaultsTest.tensors(folder.resolve("undisturbed")));
    }
}
