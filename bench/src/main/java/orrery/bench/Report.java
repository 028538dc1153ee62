package orrery.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import orrery.store.Json;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What a benchmark prints: text as it comes, or, with {@code --json}, one array of all its rows at the end and nothing
 * else. In a process of a {@link Crew} the rows go to the process that leads it. One thread.
 */
public final class Report implements AutoCloseable {
    private final PrintWriter out;
    private final boolean isJson;
    private final boolean isMember;
    private final List<String> rows = new ArrayList<>();

    private Report(PrintWriter out, boolean isJson, boolean isMember) {
        this.out = out;
        this.isJson = isJson;
        this.isMember = isMember;
    }

    /** The report of a command. */
    public static Report of(CommandSpec spec, boolean isJson) throws IOException {
        return new Report(spec.commandLine().getOut(), isJson, Crew.here() != null);
    }

    /** A heading or a remark; left out of JSON. */
    public void say(String line) {
        if (!isJson) {
            out.println(line);
            out.flush();
        }
    }

    /** A row: a line of text, or an object of these names and values, which alternate. */
    public void row(String line, @Nullable Object... namesAndValues) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        row(line, map);
    }

    /** The same, of a map. */
    public void row(String line, Map<String, ? extends @Nullable Object> map) {
        say(line);
        if (isJson) {
            keep(map);
        }
    }

    private void keep(Map<String, ? extends @Nullable Object> map) {
        if (isMember) {
            out.println(Json.line(map));
        } else {
            rows.add(Json.line(map));
        }
    }

    /** Figures, as a table or as rows. */
    public void figures(List<Figure> figures) {
        if (isJson) {
            figures.forEach(figure -> keep(figure.toMap()));
        } else {
            Figure.print(out, figures);
            out.flush();
        }
    }

    /** Does the benchmark of this command line in so many processes, and reports what the first of them does. */
    public int lead(CommandSpec spec, int count) throws Exception {
        return Crew.lead(spec, count, isJson ? rows::add : this::say);
    }

    /** The end: of JSON, all of it. */
    @Override
    public void close() {
        if (isJson && !isMember) {
            out.println("[" + String.join(",\n ", rows) + "]");
        }
        out.flush();
    }
}
