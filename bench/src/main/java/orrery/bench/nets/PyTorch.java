package orrery.bench.nets;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import orrery.bench.Python;

/** PyTorch on one thread, in a Python of its own. */
final class PyTorch {
    static final Map<String, String> KEEPS = Map.of( // for the allocator of the C library
            "MALLOC_MMAP_THRESHOLD_", String.valueOf(1 << 30),
            "MALLOC_TRIM_THRESHOLD_", String.valueOf(1L << 32),
            "MALLOC_TOP_PAD_", String.valueOf(1 << 28));

    private final Python python;

    PyTorch(String command) {
        python = new Python(command);
    }

    boolean isHere() throws InterruptedException {
        return python.has("torch");
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
        var arguments = new ArrayList<>(List.of(String.valueOf(batch), "4"));
        arguments.addAll(nets);
        var said = python.run(PyTorch.class, "nets.py", keepsMemory ? KEEPS : Map.of(), arguments);
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
    }
}
