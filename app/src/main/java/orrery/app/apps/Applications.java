package orrery.app.apps;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import orrery.app.flags.UsageException;
import orrery.app.run.RunFolder;
import orrery.data.Nearest;
import orrery.engine.train.ModelFile;
import orrery.store.Place;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** The applications that there are, found by {@link ServiceLoader}. */
public final class Applications {
    private Applications() {}

    /** All, in the order in which they are listed. */
    public static List<Application> all() {
        var all = new ArrayList<Application>();
        for (var application : ServiceLoader.load(Application.class, Applications.class.getClassLoader())) {
            if (all.stream().noneMatch(known -> known.name().equals(application.name()))) {
                all.add(application);
            }
        }
        return all;
    }

    public static List<String> names() {
        return all().stream().map(Application::name).toList();
    }

    public static Optional<Application> find(String name) {
        return all().stream()
                .filter(application -> application.name().equals(name))
                .findFirst();
    }

    /** The application of that name. */
    public static Application of(String name) {
        return find(name)
                .orElseThrow(
                        () -> new UsageException("unknown application '" + name + "'" + Nearest.hint(name, names())));
    }

    /** A model that one of them has saved. */
    public static Application.Saved open(String fileOrRun) throws IOException {
        var file = file(fileOrRun);
        String format = ModelFile.format(file);
        for (var application : all()) {
            if (application.format().equals(format)) {
                try {
                    return application.open(file);
                } catch (IndexOutOfBoundsException | IllegalArgumentException | ArithmeticException e) {
                    throw new IOException(
                            file + ": is damaged, or no model of Orrery's: its parts do not fit together (" + e + ")",
                            e);
                }
            }
        }
        throw new IOException(file + ": is no model of an application that is here"
                + (format.isEmpty() ? "" : ": its format is " + format));
    }

    /** A model's file, given by itself or by its run's folder. */
    public static Place file(String fileOrRun) throws IOException {
        var place = new Place(fileOrRun);
        boolean isFile = fileOrRun.endsWith(".safetensors") || place.path().isEmpty() || place.isFile();
        return isFile ? place : Place.of(RunFolder.open(fileOrRun).model());
    }

    /** Those that have an option. */
    public static List<String> owners(String option) {
        return all().stream()
                .filter(application -> application.flags().groups().stream()
                        .map(group -> CommandSpec.forAnnotatedObject(group.flags()))
                        .anyMatch(spec -> spec.findOption(option) != null))
                .map(Application::name)
                .toList();
    }

    /** Adds the options of objects to a command. */
    public static void mix(CommandLine command, List<?> flags) {
        int number = 0;
        for (var object : flags) {
            command.getCommandSpec().addMixin("flags" + number++, CommandSpec.forAnnotatedObject(object));
        }
    }
}
