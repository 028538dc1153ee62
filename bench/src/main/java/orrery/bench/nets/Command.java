package orrery.bench.nets;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import orrery.store.Json;

/** {@code orrery train net}, as users run it, in a process of its own. */
final class Command {
    private static final Path ORRERY = Path.of(System.getProperty("orrery.root", "."), "orrery")
            .toAbsolutePath()
            .normalize();

    private Command() {}

    /**
     * The result of a training.
     *
     * @param test metrics on the test data
     * @param rate examples a CPU second of the training alone, of all processes
     * @param seconds of the training alone
     */
    record Reached(Map<String, Object> test, double rate, double seconds) {
        double metric(String name) throws IOException {
            return number(test, name);
        }
    }

    /**
     * Trains.
     *
     * @param folder for its run and its messages
     * @param arguments after {@code train net}
     * @throws IOException if it fails, with its messages
     */
    static Reached train(Path folder, List<String> arguments) throws IOException, InterruptedException {
        var run = Files.createTempDirectory(folder, "run");
        Files.delete(run);
        var all = new ArrayList<>(List.of(ORRERY.toString(), "train", "net"));
        all.addAll(arguments);
        all.addAll(List.of("--run", run.toString(), "--json", "--quiet"));
        var said = Files.createTempFile(folder, "said", ".txt");
        var process = new ProcessBuilder(all).redirectError(said.toFile()).start();
        var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", all) + ": " + Files.readString(said));
        }
        var result = Json.object(text, "what train printed");
        var phases = Json.map(result.get("phases"), "train", "phases");
        var phase = Json.map(phases.get("train"), "phases", "train");
        return new Reached(
                Json.map(result.get("test"), "train", "test"),
                number(result, "examples") / number(phase, "cpuSeconds"),
                number(phase, "seconds"));
    }

    private static double number(Map<String, Object> map, String key) throws IOException {
        return Json.number(map.get(key), "what train printed", key).doubleValue();
    }
}
