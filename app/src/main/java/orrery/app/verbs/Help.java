package orrery.app.verbs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import orrery.app.apps.Application;
import orrery.app.apps.Applications;
import orrery.app.flags.FlagGroup;
import orrery.app.flags.KeepFlags;
import orrery.app.flags.RunFlags;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What {@code orrery train APP --help} prints: the options that APP takes, in groups; short, or all of it. */
final class Help {
    private static final int WIDTH = 100;
    private static final int COLUMN = 26; // where descriptions begin
    private static final List<String> ORDER =
            List.of(FlagGroup.DATA, FlagGroup.MODEL, FlagGroup.OPTIMISER, RunFlags.HEADING, KeepFlags.HEADING);

    private Help() {}

    /** The list of applications. */
    static String ofApplications() {
        var lines = new ArrayList<String>();
        lines.add("Usage: orrery train APP DATA [OPTIONS]");
        lines.add("Trains a model and keeps the run in a folder. APP is one of:");
        lines.add("");
        for (var application : Applications.all()) {
            lines.add(String.format("  %-14s %s", application.name(), application.summary()));
        }
        lines.add("");
        lines.add("Its options: orrery train APP --help. To go on with a run: orrery train --resume RUN");
        lines.add("");
        lines.add("Examples:");
        for (var application : Applications.all()) {
            if (lines.size() < 23) {
                lines.add("  orrery " + application.examples().getFirst());
            }
        }
        return String.join("\n", lines);
    }

    /**
     * The options of an application.
     *
     * @param shared options that all applications have, by their heading
     * @param isAll whether all that there is to say is wanted
     */
    static String of(Application application, Map<String, List<Object>> shared, boolean isAll) {
        Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
        ORDER.forEach(heading -> groups.put(heading, new ArrayList<>()));
        for (var group : application.flags().groups()) {
            groups.computeIfAbsent(group.heading(), heading -> new ArrayList<>())
                    .addAll(options(group.flags()));
        }
        shared.forEach((heading, flags) -> flags.forEach(object ->
                groups.computeIfAbsent(heading, h -> new ArrayList<>()).addAll(options(object))));
        var lines = new ArrayList<String>();
        lines.add("Usage: orrery train " + application.name() + " DATA [OPTIONS]");
        String summary = application.summary();
        lines.add(summary.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + summary.substring(1) + ".");
        lines.add("DATA: " + application.data() + ".");
        groups.forEach((heading, options) -> {
            if (!options.isEmpty()) {
                lines.add(heading.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + heading.substring(1) + ":");
                var rare = new ArrayList<String>();
                for (var option : options) {
                    if (isAll || !FlagGroup.MORE.equals(option.descriptionKey())) {
                        describe(option, isAll, lines);
                    } else {
                        rare.add(named(option));
                    }
                }
                if (!rare.isEmpty()) {
                    wrap("  also ", rare, lines);
                }
            }
        });
        lines.add(
                isAll
                        ? "Examples: orrery " + String.join("; orrery ", application.examples())
                        : "All of it: orrery train " + application.name() + " --help-all");
        return String.join("\n", lines);
    }

    private static List<OptionSpec> options(Object flags) {
        return CommandSpec.forAnnotatedObject(flags).options().stream()
                .filter(option -> !option.hidden())
                .toList();
    }

    private static String named(OptionSpec option) {
        String name = option.longestName();
        if (option.negatable()) {
            name = name.replaceFirst("^--", "--[no-]");
        }
        return option.arity().max() == 0 ? name : name + " " + option.paramLabel();
    }

    private static void describe(OptionSpec option, boolean isAll, List<String> lines) {
        String shortest = option.shortestName();
        String name = "  " + (shortest.startsWith("--") ? "" : shortest + ", ") + named(option);
        var description = option.description();
        for (int d = 0; d < (isAll ? description.length : Math.min(1, description.length)); d++) {
            String text = description[d]
                    .replace("${DEFAULT-VALUE}", String.valueOf(option.initialValue()))
                    .replace("%%", "%");
            String begin = d == 0 ? name : "";
            if (begin.length() >= COLUMN) {
                lines.add(begin);
                begin = "";
            }
            var line = new StringBuilder(String.format("%-" + COLUMN + "s", begin));
            int before = line.length();
            for (var word : text.split(" ", -1)) {
                if (line.length() > before && line.length() + 1 + word.length() > WIDTH) {
                    lines.add(line.toString());
                    line = new StringBuilder(" ".repeat(COLUMN));
                    before = line.length();
                }
                line.append(line.length() == before ? "" : " ").append(word);
            }
            lines.add(line.toString());
        }
    }

    private static void wrap(String begin, List<String> words, List<String> lines) {
        var line = new StringBuilder(begin);
        for (int w = 0; w < words.size(); w++) {
            String word = words.get(w) + (w + 1 < words.size() ? "," : "");
            if (line.length() + 1 + word.length() > WIDTH) {
                lines.add(line.toString());
                line = new StringBuilder(" ".repeat(begin.length()));
            }
            line.append(line.toString().isBlank() || line.toString().equals(begin) ? "" : " ")
                    .append(word);
        }
        lines.add(line.toString());
    }
}
