package orrery.bench.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Scanner;

/** The loopback interface, which all of a cluster on one machine speaks through. */
final class Loopback {
    private Loopback() {}

    /** All bytes that have gone through it. */
    static long bytes() {
        try {
            for (var line : Files.readAllLines(Path.of("/proc/net/dev"))) {
                if (line.strip().startsWith("lo:")) {
                    return new Scanner(line.substring(line.indexOf(':') + 1)).nextLong();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("bytes are counted on Linux only: " + e.getMessage(), e);
        }
        throw new IllegalStateException("there is no loopback interface");
    }
}
