package orrery.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Somebody else's program that fetches data. */
final class Tool {
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
        int exit;
        try {
            exit = new ProcessBuilder(List.of(command))
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new DataException(
                    command[0] + " is needed to fetch " + what + " and cannot be started (" + e.getMessage() + "); "
                            + without,
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DataException("fetching " + what + " was interrupted", e);
        }
        if (exit != 0) {
            throw new DataException(command[0] + " could not fetch " + what + " (exit " + exit + "): "
                    + Files.readString(log).strip().lines().findFirst().orElse("is the registry reachable?") + hint);
        }
    }
}
