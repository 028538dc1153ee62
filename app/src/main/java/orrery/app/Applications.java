package orrery.app;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import orrery.data.Nearest;
import picocli.CommandLine;

/** The applications by name, with the flags that each of them has. A flag of another application is an error, not ignored. */
record Applications(LearnFlags learning, RankFlags ranking, HoldOutFlags holdOut, DataFlags reading) {
    static final List<String> NAMES = names();

    private static List<String> names() {
        var names = new ArrayList<>(LearnFlags.APPS);
        names.add(RankFlags.APP);
        return List.copyOf(names);
    }

    /** The application of that name. */
    Application<?> of(String name, CommandLine given) {
        if (LearnFlags.APPS.contains(name)) {
            refuse(given, name, List.of(RankFlags.class));
            return new LinearApplication(learning.learner(name), holdOut, reading);
        }
        if (name.equals(RankFlags.APP)) {
            refuse(given, name, List.of(LearnFlags.class, HoldOutFlags.class, DataFlags.class));
            return new RankApplication(ranking, reading.data());
        }
        throw new UsageException("unknown application '" + name + "'" + Nearest.hint(name, NAMES));
    }

    private static void refuse(CommandLine given, String app, List<Class<?>> foreign) {
        for (var option : given.getParseResult().matchedOptions()) {
            if (option.userObject() instanceof Field field
                    && foreign.contains(field.getDeclaringClass())
                    && !option.longestName().equals("--cache")) {
                throw new UsageException(app + " has no option " + option.longestName());
            }
        }
    }
}
