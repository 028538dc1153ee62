package orrery.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import orrery.data.Nearest;
import orrery.store.Place;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A file of options: lines {@code name = value}, with the names of the command line without their dashes; {@code #}
 * begins a comment. Positional arguments have names too: {@code app} and {@code train} for the verb train. What the
 * command line says goes before.
 */
final class ConfigFile {
    private static final String OPTION = "--config";

    private ConfigFile() {}

    /** Replaces {@code --config FILE} by what is in the file. */
    static String[] expand(CommandLine root, String[] args) throws IOException {
        var own = new ArrayList<>(Arrays.asList(args));
        String file = null;
        for (int i = 1; i < own.size(); i++) {
            if (own.get(i).equals(OPTION) && i + 1 < own.size()) {
                own.remove(i);
                file = own.remove(i);
                break;
            }
            if (own.get(i).startsWith(OPTION + "=")) {
                file = own.remove(i).substring(OPTION.length() + 1);
                break;
            }
        }
        var verb = own.isEmpty() ? null : root.getSubcommands().get(own.getFirst());
        if (file == null || verb == null) {
            return args;
        }
        var expanded = new ArrayList<String>();
        expanded.add(own.getFirst());
        expanded.addAll(arguments(Path.of(file), verb));
        expanded.addAll(own.subList(1, own.size()));
        return expanded.toArray(String[]::new);
    }

    /** The options of a file, as arguments of a verb. */
    static List<String> arguments(Path file, CommandLine verb) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            throw new UsageException(file + ": no such config file");
        } catch (java.nio.charset.MalformedInputException e) {
            throw new UsageException(file + ": is no text in UTF-8");
        } catch (IOException e) {
            throw new UsageException(file + ": cannot be read as a config file: " + e.getMessage());
        }
        var arguments = new ArrayList<String>();
        int number = 0;
        for (var line : lines) {
            number++;
            String text = (number == 1 && line.startsWith("\ufeff") ? line.substring(1) : line).strip();
            if (!text.isEmpty() && !text.startsWith("#")) {
                arguments.add(argument(file + ":" + number, text, verb));
            }
        }
        return arguments;
    }

    private static String argument(String place, String line, CommandLine verb) {
        int equals = line.indexOf('=');
        if (equals < 0) {
            throw new UsageException(place + ": expected name = value, found '" + line + "'");
        }
        String name = line.substring(0, equals).strip();
        String value = line.substring(equals + 1).strip();
        OptionSpec option = verb.getCommandSpec().findOption("--" + name);
        if (option == null || name.equals("config") || name.equals("help")) {
            var known = Orrery.optionNames(verb).stream()
                    .filter(n ->
                            n.startsWith("--") && !n.equals("--help") && !n.equals("--version") && !n.equals(OPTION))
                    .map(n -> n.substring(2))
                    .toList();
            throw new UsageException(place + ": unknown name '" + name + "'" + Nearest.hint(name, known));
        }
        boolean isFlag = option.arity().max() == 0;
        if (isFlag && !value.matches("true|false")) {
            throw new UsageException(place + ": " + name + " must be true or false, found '" + value + "'");
        }
        return "--" + name + "=" + value;
    }

    /** The options of a text that {@link #text} has made, as arguments. */
    static List<String> arguments(String text) {
        return text.lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> "--" + line.replaceFirst(" = ", "="))
                .toList();
    }

    /** A file's absolute name, so that it is found from any folder; other names as they are. */
    static String absolute(String nameOrFile) {
        var path = Path.of(nameOrFile);
        return Files.exists(path) ? path.toAbsolutePath().normalize().toString() : nameOrFile;
    }

    /** The text of a file with the options of a parsed command, to be read again. */
    static String text(CommandLine verb, List<String> leftOut) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        var parsed = verb.getParseResult();
        for (var option : parsed.matchedOptions()) {
            String name = option.longestName().substring(2);
            if (!leftOut.contains(name)) {
                var given = option.stringValues();
                if (name.equals("test") || name.equals("validation")) {
                    given = given.stream().map(ConfigFile::absolute).toList();
                }
                if (name.equals("checkpoints")) {
                    given = given.stream()
                            .map(folder -> new Place(folder)
                                    .path()
                                    .map(path ->
                                            path.toAbsolutePath().normalize().toString())
                                    .orElse(folder))
                            .toList();
                }
                values.put(name, option.isMultiValue() ? given : List.of(given.isEmpty() ? "true" : given.getLast()));
            }
        }
        var text = new StringBuilder("# read by: orrery " + verb.getCommandName() + " --config FILE\n");
        values.forEach((name, all) -> all.stream()
                .distinct()
                .forEach(value -> text.append(name).append(" = ").append(value).append('\n')));
        return text.toString();
    }
}
