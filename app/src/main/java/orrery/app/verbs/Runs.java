package orrery.app.verbs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import orrery.app.run.RunFolder;
import orrery.app.run.Terminal;
import orrery.store.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists runs. */
@Command(name = "runs", mixinStandardHelpOptions = true, description = "Lists the runs in runs/, oldest first.")
public final class Runs implements Callable<Integer> {
    @Option(names = "--json", description = "Print the results as JSON lines.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        var out = spec.commandLine().getOut();
        if (!Files.isDirectory(RunFolder.ALL)) {
            spec.commandLine().getErr().println("no runs yet; begin with: orrery train softmax jdk-verbs --split 0.2");
            return 0;
        }
        try (var folders = Files.list(RunFolder.ALL)) {
            for (var folder : folders.sorted().toList()) {
                if (Files.exists(folder.resolve("config"))) {
                    try {
                        print(out, folder, RunFolder.open(folder.toString()).read("result.json"));
                    } catch (IOException e) {
                        spec.commandLine().getErr().println("orrery: " + e.getMessage());
                    }
                }
            }
        }
        return 0;
    }

    private void print(java.io.PrintWriter out, Path folder, Map<String, Object> result) {
        if (json) {
            out.println(Json.line(result.isEmpty() ? Map.of("run", folder.toString()) : result));
        } else if (result.isEmpty()) {
            Terminal.of(out)
                    .println(String.format("%-36s not done; go on with: orrery train --resume %s", folder, folder));
        } else {
            var metrics = result.get("test") instanceof Map<?, ?> test && !test.isEmpty() ? test : result.get("train");
            Terminal.of(out)
                    .println(String.format(
                            Locale.ROOT,
                            "%-36s %-14s %-20s %7.7s s  %s",
                            folder,
                            result.get("app"),
                            result.get("data"),
                            result.get("seconds"),
                            metrics));
        }
    }
}
