package orrery.app;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import orrery.data.Nearest;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** The applications by name, with the flags that each of them has. A flag of another application is an error, not ignored. */
final class Applications {
    @Mixin
    HoldOutFlags holdOut = new HoldOutFlags();

    @Mixin
    LearnFlags learning = new LearnFlags();

    @Mixin
    RankFlags ranking = new RankFlags();

    @Mixin
    FactorFlags factorising = new FactorFlags();

    @Mixin
    ClusterFlags clustering = new ClusterFlags();

    @Mixin
    DataFlags reading = new DataFlags();

    static final List<String> NAMES = names();
    private static final Set<String> OF_KMEANS = Set.of("--batch", "--iterations", "--tolerance");
    private static final Set<String> OF_MF = Set.of("--passes", "--rate", "--l2", "--cache");

    private static List<String> names() {
        var names = new ArrayList<>(LearnFlags.APPS);
        names.add(ClusterFlags.APP);
        names.add(FactorFlags.APP);
        names.add(RankFlags.APP);
        return List.copyOf(names);
    }

    /** The application of that name. */
    Application<?> of(String name, CommandLine given) {
        if (LearnFlags.APPS.contains(name)) {
            refuse(given, name, List.of(RankFlags.class, FactorFlags.class, ClusterFlags.class), Set.of());
            return new LinearApplication(learning.learner(name), learning.svrg(name, given), holdOut, reading);
        }
        return switch (name) {
            case RankFlags.APP -> {
                refuse(
                        given,
                        name,
                        List.of(
                                LearnFlags.class,
                                HoldOutFlags.class,
                                DataFlags.class,
                                FactorFlags.class,
                                ClusterFlags.class),
                        Set.of("--cache"));
                yield new RankApplication(ranking, reading.data());
            }
            case FactorFlags.APP -> {
                refuse(
                        given,
                        name,
                        List.of(LearnFlags.class, RankFlags.class, DataFlags.class, ClusterFlags.class),
                        OF_MF);
                boolean isPassesGiven = given.getParseResult().hasMatchedOption("--passes");
                yield new FactorApplication(factorising.options(learning, isPassesGiven), holdOut, reading.data());
            }
            case ClusterFlags.APP -> {
                refuse(
                        given,
                        name,
                        List.of(LearnFlags.class, RankFlags.class, HoldOutFlags.class, FactorFlags.class),
                        OF_KMEANS);
                var parsed = given.getParseResult();
                yield new ClusterApplication(
                        clustering.options(
                                learning,
                                parsed.hasMatchedOption("--batch"),
                                ranking,
                                parsed.hasMatchedOption("--tolerance")),
                        reading);
            }
            default -> throw new UsageException("unknown application '" + name + "'" + Nearest.hint(name, NAMES));
        };
    }

    private static void refuse(CommandLine given, String app, List<Class<?>> foreign, Set<String> shared) {
        for (var option : given.getParseResult().matchedOptions()) {
            if (option.userObject() instanceof Field field
                    && foreign.contains(field.getDeclaringClass())
                    && !shared.contains(option.longestName())) {
                throw new UsageException(app + " has no option " + option.longestName());
            }
        }
    }
}
