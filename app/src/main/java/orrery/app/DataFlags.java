package orrery.app;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.data.Cache;
import orrery.data.Catalogue;
import orrery.data.Data;
import orrery.data.ReadOptions;
import orrery.data.ReadOptions.Role;
import picocli.CommandLine.Option;

/** How to read data. */
final class DataFlags {
    @Option(names = "--format", paramLabel = "F", description = "libsvm, csv or tsv (default: by the file's name).")
    @Nullable
    String format;

    @Option(names = "--delimiter", paramLabel = "C", description = "What stands between the fields of a CSV file.")
    @Nullable
    Character delimiter;

    @Option(
            names = "--header",
            negatable = true,
            description = "The first line of a CSV file names the columns, or does not (default: found out).")
    @Nullable
    Boolean header;

    @Option(
            names = "--label",
            paramLabel = "COLUMN",
            description = "Columns are names, or numbers from 1, or from -1 backwards. The label is, if not given, the"
                    + " column label, target, class or y, or the first.")
    @Nullable
    String label;

    @Option(names = "--weight", paramLabel = "COLUMN", description = "Examples' weights.")
    @Nullable
    String weight;

    @Option(
            names = "--group",
            paramLabel = "COLUMN",
            description = "Examples with the same value are not torn apart by --split.")
    @Nullable
    String group;

    @Option(
            names = "--numeric",
            paramLabel = "COLUMNS",
            split = ",",
            description = "Numbers, brought to mean 0 and deviation 1.")
    List<String> numeric = List.of();

    @Option(
            names = "--categorical",
            paramLabel = "COLUMNS",
            split = ",",
            description = "Categories, hashed to features.")
    List<String> categorical = List.of();

    @Option(
            names = "--text",
            paramLabel = "COLUMNS",
            split = ",",
            description = "Texts: their words are features, log(1 + count), scaled to length 1.")
    List<String> text = List.of();

    @Option(names = "--ignore", paramLabel = "COLUMNS", split = ",", description = "Columns to leave out.")
    List<String> ignore = List.of();

    @Option(
            names = "--hash-bits",
            paramLabel = "N",
            description = "Categories become 2^N features (default: ${DEFAULT-VALUE}).")
    int hashBits = 18;

    @Option(
            names = "--words",
            paramLabel = "N",
            description = "So many of the commonest words become features (default: ${DEFAULT-VALUE}).")
    int words = 50_000;

    /** Whether nothing else is asked for. */
    boolean isLibsvm() {
        return format == null || format.equals("libsvm");
    }

    @Option(names = "--log1p", description = "Values of a libsvm file become log(1 + value).")
    boolean log1p;

    @Option(names = "--normalize", description = "Each example of a libsvm file is scaled to length 1.")
    boolean normalize;

    @Option(names = "--raw-numbers", description = "Numeric columns are left as they are.")
    boolean rawNumbers;

    @Option(
            names = "--cache",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Keep what was parsed for the next run (default: on; --no-cache).")
    boolean cache = true;

    ReadOptions options() {
        Map<String, Role> roles = new TreeMap<>();
        put(roles, Role.IGNORE, ignore);
        put(roles, Role.NUMERIC, numeric);
        put(roles, Role.CATEGORICAL, categorical);
        put(roles, Role.TEXT, text);
        put(roles, Role.WEIGHT, weight == null ? List.of() : List.of(weight));
        put(roles, Role.GROUP, group == null ? List.of() : List.of(group));
        put(roles, Role.LABEL, label == null ? List.of() : List.of(label));
        try {
            return new ReadOptions(
                    Optional.ofNullable(format),
                    Optional.ofNullable(delimiter),
                    Optional.ofNullable(header),
                    roles,
                    hashBits,
                    words,
                    log1p,
                    normalize,
                    rawNumbers,
                    Runtime.getRuntime().availableProcessors());
        } catch (IllegalArgumentException e) {
            throw new UsageException("", e);
        }
    }

    private static void put(Map<String, Role> roles, Role role, List<String> columns) {
        for (var column : columns) {
            var before = roles.put(column, role);
            if (before != null && before != role) {
                throw new UsageException("column '" + column + "' is given two roles: "
                        + before.name().toLowerCase(java.util.Locale.ROOT) + " and "
                        + role.name().toLowerCase(java.util.Locale.ROOT));
            }
        }
    }

    Data data() {
        var folder = Cache.defaultFolder();
        return new Data(cache ? Cache.in(folder) : Cache.none(), new Catalogue(folder));
    }
}
