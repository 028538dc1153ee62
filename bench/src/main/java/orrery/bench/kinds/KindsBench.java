package orrery.bench.kinds;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import orrery.app.Orrery;
import orrery.store.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Runs many command lines in one JVM, and prints what each printed; {@code bench/kinds/kinds.py} makes them, and compares
 * with independent readings.
 */
@Command(
        name = "kinds",
        mixinStandardHelpOptions = true,
        description =
                "Runs a file of command lines, one JSON object {id, args} a line, and prints {id, code, out, err} for"
                        + " each. Made and compared by: python3 bench/kinds/kinds.py")
public final class KindsBench implements Callable<Integer> {
    @Parameters(paramLabel = "COMMANDS", description = "A file of JSON lines.")
    @SuppressWarnings("NullAway.Init")
    Path commands;

    @Option(names = "--json", description = "All output is JSON lines in any case.")
    boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        var printer = spec.commandLine().getOut();
        int number = 0;
        for (var line : Files.readAllLines(commands)) {
            var command = Json.object(line, commands + ":" + ++number);
            if (!(command.get("args") instanceof List<?> args)) {
                throw new IOException(commands + ":" + number + ": expected args, a list");
            }
            var out = new StringWriter();
            var err = new StringWriter();
            int code = Orrery.run(
                    new PrintWriter(out, true),
                    new PrintWriter(err, true),
                    args.stream().map(String::valueOf).toArray(String[]::new));
            var result = new LinkedHashMap<String, Object>();
            result.put("id", command.get("id"));
            result.put("code", code);
            result.put("out", out.toString());
            result.put("err", err.toString());
            printer.println(Json.line(result));
        }
        printer.flush();
        return 0;
    }
}
