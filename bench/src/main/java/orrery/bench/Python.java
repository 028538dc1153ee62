package orrery.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A Python in which peers run, in a process of its own.
 *
 * @param command its name, or its file
 */
public record Python(String command) {
    /** Whether it is there and has a module. */
    public boolean has(String module) throws InterruptedException {
        try {
            return new ProcessBuilder(command, "-c", "import " + module)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Runs a script and returns its output.
     *
     * @param of a class beside which the script is in the jar
     * @throws IOException if it fails, with its output
     */
    public String run(Class<?> of, String script, Map<String, String> environment, List<String> arguments)
            throws IOException, InterruptedException {
        var file = Files.createTempFile("peer", ".py");
        try (var in = of.getResourceAsStream(script)) {
            if (in == null) {
                throw new IllegalStateException(script + " is not in the jar");
            }
            Files.write(file, in.readAllBytes());
            var line = new ArrayList<>(List.of(command, file.toString()));
            line.addAll(arguments);
            var builder = new ProcessBuilder(line).redirectErrorStream(true);
            builder.environment().putAll(environment);
            var process = builder.start();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(1, TimeUnit.HOURS) || process.exitValue() != 0) {
                throw new IOException(script + " failed: " + output);
            }
            return output;
        } finally {
            Files.deleteIfExists(file);
        }
    }
}
