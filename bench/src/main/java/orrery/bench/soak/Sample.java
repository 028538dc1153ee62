package orrery.bench.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What a JVM holds at a time.
 *
 * @param liveMib of the heap, after a full collection
 * @param residentMib of memory, as the system counts it
 * @param descriptors open files and sockets
 */
record Sample(double liveMib, double residentMib, int threads, int descriptors) {
    private static final Pattern TOTAL = Pattern.compile("^Total\\s+\\d+\\s+(\\d+)", Pattern.MULTILINE);

    /** Of a process of this user, now. Its heap is collected for it. */
    static Sample of(long pid) throws IOException, InterruptedException {
        var histogram = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        String.valueOf(pid),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        var text = new String(histogram.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        histogram.waitFor();
        var total = TOTAL.matcher(text);
        if (!total.find()) {
            throw new IOException("jcmd says of process " + pid + ": " + text.strip());
        }
        int resident = 0;
        int threads = 0;
        for (var line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                resident = number(line);
            } else if (line.startsWith("Threads:")) {
                threads = number(line);
            }
        }
        try (var open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return new Sample(Long.parseLong(total.group(1)) / (double) (1 << 20), resident / 1024.0, threads, (int)
                    open.count());
        }
    }

    private static int number(String line) {
        return Integer.parseInt(line.replaceAll("\\D", ""));
    }
}
