package orrery.bench.nets;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** PyTorch on one thread, in a Python of its own. */
final class PyTorch {
    private final String python;

    PyTorch(String python) {
        this.python = python;
    }

    /** Whether a Python has it. */
    boolean isHere() throws InterruptedException {
        try {
            return new ProcessBuilder(python, "-c", "import torch")
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
     * What it reaches.
     *
     * @param sgemm GF a CPU second, of products of matrices
     * @param rates examples a CPU second, by net, of its best memory format
     */
    record Found(double sgemm, Map<String, Double> rates) {}

    /** @param keepsMemory whether its allocator keeps large blocks, as ours does; else as it comes */
    Found train(List<String> nets, int batch, boolean keepsMemory) throws IOException, InterruptedException {
        var script = Files.createTempFile("nets", ".py");
        try (var in = PyTorch.class.getResourceAsStream("nets.py")) {
            if (in == null) {
                throw new IllegalStateException("nets.py is not in the jar");
            }
            Files.write(script, in.readAllBytes());
            var command = new ArrayList<>(List.of(python, script.toString(), String.valueOf(batch), "4"));
            command.addAll(nets);
            var builder = new ProcessBuilder(command).redirectErrorStream(true);
            if (keepsMemory) {
                builder.environment()
                        .putAll(Map.of(
                                "MALLOC_MMAP_THRESHOLD_", String.valueOf(1 << 30),
                                "MALLOC_TRIM_THRESHOLD_", String.valueOf(1L << 32),
                                "MALLOC_TOP_PAD_", String.valueOf(1 << 28)));
            }
            var process = builder.start();
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(1, TimeUnit.HOURS) || process.exitValue() != 0) {
                throw new IOException("PyTorch failed: " + said);
            }
            double sgemm = Double.NaN;
            var rates = new HashMap<String, Double>();
            for (var line : said.lines().toList()) {
                var words = List.of(line.split(" ", -1));
                if (words.getFirst().equals("sgemm")) {
                    sgemm = Double.parseDouble(words.get(1));
                } else if (words.getFirst().equals("net")) {
                    rates.merge(words.get(1), Double.parseDouble(words.getLast()), Math::max);
                }
            }
            return new Found(sgemm, rates);
        } finally {
            Files.deleteIfExists(script);
        }
    }
}
