package orrery.app.verbs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import orrery.app.apps.Application;
import orrery.app.apps.Applications;
import orrery.app.flags.UsageException;
import orrery.app.run.RunFolder;
import orrery.data.Nearest;
import orrery.store.Place;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A file of options: lines {@code name = value}, with the names of the command line without their dashes; {@code #}
 * begins a comment. A value in double quotes is what is between them, blanks included, where {@code \\\\} is a backslash,
 * {@code \\"} a quote, {@code \\t} a tab and {@code \\x01} the character of that code. Positional arguments have names too: {@code app} and {@code train} for the verb train. What the
 * command line says goes before.
 */
public final class ConfigFile {
    private static final String OPTION = "--config";
    private static final Pattern CODE = Pattern.compile("[0-9a-f]{2}");

    private ConfigFile() {}

    /** A line of a file: where it is, and what it says. */
    record Line(String place, String name, String value) {}

    /** Arguments of which those of a file are apart. */
    public record Given(List<Line> lines, List<String> arguments) {}

    /** Takes {@code --config FILE} out of a verb's arguments, and reads the file. */
    public static Given given(List<String> arguments) {
        var own = new ArrayList<>(arguments);
        for (int i = 0; i < own.size(); i++) {
            if (own.get(i).equals(OPTION) && i + 1 < own.size()) {
                own.remove(i);
                return new Given(read(Path.of(own.remove(i))), own);
            }
            if (own.get(i).startsWith(OPTION + "=")) {
                return new Given(read(Path.of(own.remove(i).substring(OPTION.length() + 1))), own);
            }
        }
        return new Given(List.of(), own);
    }

    /** The application that arguments of {@code train} name: as the first word, by {@code --app}, or by the run that goes on. */
    static Optional<Application> application(List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.startsWith("--app=")) {
                return Applications.find(argument.substring(6));
            }
            boolean isNext = argument.equals("--resume") && i + 1 < arguments.size();
            if (isNext || argument.startsWith("--resume=")) {
                String run = isNext ? arguments.get(i + 1) : argument.substring(9);
                return application(new Given(read(RunFolder.open(run).config()), List.of()));
            }
        }
        if (!arguments.isEmpty() && !arguments.getFirst().startsWith("-")) {
            return Optional.of(Applications.of(arguments.getFirst()));
        }
        return arguments.stream()
                .map(Applications::find)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** The application that arguments and a file of options name; the arguments go before. */
    public static Optional<Application> application(Given given) {
        var named = application(given.arguments());
        return named.isPresent()
                ? named
                : given.lines().stream()
                        .filter(line -> line.name().equals("app"))
                        .map(line -> Applications.of(line.value()))
                        .findFirst();
    }

    /** The lines of a file of options. */
    static List<Line> read(Path file) {
        List<String> texts;
        try {
            texts = Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            throw new UsageException(file + ": no such config file");
        } catch (java.nio.charset.MalformedInputException e) {
            throw new UsageException(file + ": is no text in UTF-8");
        } catch (IOException e) {
            throw new UsageException(file + ": cannot be read as a config file: " + e.getMessage());
        }
        return lines(file.toString(), texts);
    }

    private static List<Line> lines(String file, List<String> texts) {
        var lines = new ArrayList<Line>();
        int number = 0;
        for (var raw : texts) {
            number++;
            String text = (number == 1 && raw.startsWith("\ufeff") ? raw.substring(1) : raw).strip();
            if (!text.isEmpty() && !text.startsWith("#")) {
                int equals = text.indexOf('=');
                if (equals < 0) {
                    throw new UsageException(file + ":" + number + ": expected name = value, found '" + text + "'");
                }
                String place = file + ":" + number;
                lines.add(new Line(
                        place,
                        text.substring(0, equals).strip(),
                        value(place, text.substring(equals + 1).strip())));
            }
        }
        return lines;
    }

    /** What a value stands for. */
    private static String value(String place, String written) {
        for (int i = 0; i < written.length(); i++) {
            if (Character.isISOControl(written.charAt(i)) && written.charAt(i) != '\t') {
                throw new UsageException(place + ": there is a control character in '" + written + "'");
            }
        }
        if (!written.startsWith("\"")) {
            return written;
        }
        var value = new StringBuilder();
        int at = 1;
        while (at < written.length() && written.charAt(at) != '"') {
            char c = written.charAt(at++);
            if (c == '\\') {
                c = switch (at < written.length() ? written.charAt(at++) : ' ') {
                    case '\\' -> '\\';
                    case '"' -> '"';
                    case 't' -> '\t';
                    case 'x' -> {
                        var code = CODE.matcher(written).region(at, written.length());
                        if (!code.lookingAt()) {
                            throw new UsageException(place + ": \\x needs two digits, found " + written);
                        }
                        at += 2;
                        yield (char) Integer.parseInt(code.group(), 16);
                    }
                    default ->
                        throw new UsageException(place
                                + ": in quotes, a backslash may only stand before \\, \", t or x, found " + written);
                };
            }
            value.append(c);
        }
        if (at != written.length() - 1) {
            throw new UsageException(place + ": expected a value in quotes and nothing behind it, found " + written);
        }
        return value.toString();
    }

    /** A value as it is written: in quotes where blanks or quotes would be lost. */
    private static String written(String name, String value) {
        if (value.indexOf('\n') >= 0 || value.indexOf('\r') >= 0) {
            throw new UsageException("--" + name + ": there is a line end in '" + value
                    + "', which a run's options cannot keep; rename it");
        }
        boolean isPlain = value.equals(value.strip())
                && !value.isEmpty()
                && !value.startsWith("\"")
                && value.chars().noneMatch(Character::isISOControl);
        if (isPlain) {
            return value;
        }
        var quoted = new StringBuilder("\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\', '"' -> quoted.append('\\').append(c);
                case '\t' -> quoted.append("\\t");
                default -> {
                    if (Character.isISOControl(c)) {
                        quoted.append(String.format("\\x%02x", (int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }

    /** A line of a file of options. */
    static String line(String name, String value) {
        return name + " = " + written(name, value) + "\n";
    }

    /** Lines as arguments of a verb, which must know their names. */
    public static List<String> arguments(List<Line> lines, CommandLine verb) {
        return lines.stream().map(line -> argument(line, verb)).toList();
    }

    private static String argument(Line line, CommandLine verb) {
        String name = line.name();
        OptionSpec option = verb.getCommandSpec().findOption("--" + name);
        if (option == null || name.equals("config") || name.startsWith("help")) {
            var known = Complaints.optionNames(verb).stream()
                    .filter(n -> n.startsWith("--")
                            && !n.startsWith("--help")
                            && !n.equals("--version")
                            && !n.equals(OPTION))
                    .map(n -> n.substring(2))
                    .toList();
            var owners = Applications.owners("--" + name);
            throw new UsageException(line.place() + ": unknown name '" + name + "'"
                    + (owners.isEmpty()
                            ? Nearest.hint(name, known)
                            : "; it is an option of " + String.join(", ", owners)));
        }
        boolean isFlag = option.arity().max() == 0;
        if (isFlag && !line.value().matches("true|false")) {
            throw new UsageException(
                    line.place() + ": " + name + " must be true or false, found '" + line.value() + "'");
        }
        return "--" + name + "=" + line.value();
    }

    /** The options of a text that {@link #text} has made, as arguments. */
    static List<String> arguments(String text) {
        return lines("options", text.lines().toList()).stream()
                .map(line -> "--" + line.name() + "=" + line.value())
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
                if (List.of("test", "validation", "from-model").contains(name)) {
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
        values.forEach((name, all) -> all.stream().distinct().forEach(value -> text.append(line(name, value))));
        return text.toString();
    }
}
