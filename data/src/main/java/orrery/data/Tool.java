package orrery.data;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import orrery.store.Printable;

/** Somebody else's program that fetches data. */
final class Tool {
    private static final long MOST_MINUTES = 30;

    private Tool() {}

    /**
     * Runs it, in a folder.
     *
     * @param what is to be fetched
     * @param without what to do where there is no such program
     * @param hint what to do where it fails
     */
    static void run(Path folder, String what, String without, String hint, String... command) throws IOException {
        var log = folder.resolve("log");
        Process process;
        try {
            process = new ProcessBuilder(List.of(command))
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null"))) // it may want to ask something
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            throw new DataException(
                    command[0] + " is needed to fetch " + what + " and cannot be started (" + e.getMessage() + "); "
                            + without,
                    e);
        }
        try {
            if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
                throw new DataException(command[0] + " has not fetched " + what + " within " + MOST_MINUTES
                        + " minutes and was ended" + hint);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DataException("fetching " + what + " was interrupted", e);
        } finally {
            process.destroyForcibly();
        }
        int exit = process.exitValue();
        if (exit != 0) {
            throw new DataException(command[0] + " could not fetch " + what + " (exit " + exit + "): "
                    + Printable.of(
                            Files.readString(log).strip().lines().findFirst().orElse("is the registry reachable?"))
                    + hint);
        }
    }
}
