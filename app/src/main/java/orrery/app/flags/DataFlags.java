package orrery.app.flags;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import orrery.data.Data;
import orrery.data.ReadOptions;
import orrery.data.ReadOptions.Numbers;
import orrery.data.ReadOptions.Role;
import orrery.data.TextOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How to read examples. */
public final class DataFlags {
    @Option(
            names = "--label",
            paramLabel = "COLUMN",
            description = {
                "The column to learn (default: label, target, class, y, or the first).",
                "Columns are names, or numbers from 1, or from -1 backwards."
            })
    @Nullable
    String label;

    @Option(
            names = "--format",
            paramLabel = "F",
            description = "libsvm, csv or tsv (default: by the file's name and first lines).")
    @Nullable
    String format;

    @Mixin
    TextFlags text = new TextFlags();

    @Option(
            names = "--numeric",
            paramLabel = "COLUMNS",
            split = ",",
            description = "Columns of numbers: brought to mean 0 and deviation 1.")
    List<String> numeric = List.of();

    @Option(
            names = "--categorical",
            paramLabel = "COLUMNS",
            split = ",",
            description = "Columns of categories: hashed to features.")
    List<String> categorical = List.of();

    @Option(
            names = "--text",
            paramLabel = "COLUMNS",
            split = ",",
            description = {
                "Columns of texts: their words are features.",
                "The value of a word is log(1 + its count), scaled so that each text has length 1."
            })
    List<String> texts = List.of();

    @Option(names = "--ignore", paramLabel = "COLUMNS", split = ",", description = "Columns to leave out.")
    List<String> ignore = List.of();

    @Option(
            names = "--weight",
            paramLabel = "COLUMN",
            descriptionKey = FlagGroup.MORE,
            description = "The column of examples' weights.")
    @Nullable
    String weight;

    @Option(
            names = "--group",
            paramLabel = "COLUMN",
            descriptionKey = FlagGroup.MORE,
            description = "Examples with the same value stay together in --split.")
    @Nullable
    public String group;

    @Option(
            names = "--hash-bits",
            paramLabel = "N",
            descriptionKey = FlagGroup.MORE,
            description = {
                "Categories become 2^N features (default: 18; of nets with embeddings 64).",
                "64: their hashes are keys themselves, which do not collide, in any number; the indices of libsvm files may"
                        + " then be any number of 64 bits. Of linear models, and of nets with embeddings."
            })
    @Nullable
    Integer hashBits;

    private static final int USUAL_BITS = 18;

    @Option(
            names = "--words",
            paramLabel = "N",
            descriptionKey = FlagGroup.MORE,
            description = "The N commonest words become features (default: ${DEFAULT-VALUE}).")
    int words = 50_000;

    @Option(
            names = "--log1p",
            descriptionKey = FlagGroup.MORE,
            description = "Values of a libsvm file become log(1 + value).")
    public boolean log1p;

    @Option(
            names = "--normalize",
            descriptionKey = FlagGroup.MORE,
            description = "Each example of a libsvm file is scaled to length 1.")
    public boolean normalize;

    @Option(
            names = "--raw-numbers",
            descriptionKey = FlagGroup.MORE,
            description = "Columns of numbers are not scaled.")
    boolean rawNumbers;

    @Mixin
    CacheFlags caching = new CacheFlags();

    /** Whether nothing else than libsvm is asked for. */
    public boolean isLibsvm() {
        return format == null || format.equals("libsvm");
    }

    /** How to read what is labelled. */
    public ReadOptions options() {
        return options(USUAL_BITS);
    }

    /** The same with another number of hash bits, if none was given. */
    public ReadOptions options(int usualBits) {
        Map<String, Role> roles = new TreeMap<>();
        put(roles, Role.IGNORE, ignore);
        put(roles, Role.NUMERIC, numeric);
        put(roles, Role.CATEGORICAL, categorical);
        put(roles, Role.TEXT, texts);
        put(roles, Role.WEIGHT, weight == null ? List.of() : List.of(weight));
        put(roles, Role.GROUP, group == null ? List.of() : List.of(group));
        put(roles, Role.LABEL, label == null ? List.of() : List.of(label));
        try {
            return new ReadOptions(
                    Optional.ofNullable(format),
                    text.options(),
                    roles,
                    hashBits == null ? usualBits : hashBits,
                    words,
                    log1p,
                    normalize,
                    rawNumbers ? Numbers.RAW : Numbers.STANDARDISED,
                    true,
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
                        + before.name().toLowerCase(Locale.ROOT) + " and "
                        + role.name().toLowerCase(Locale.ROOT));
            }
        }
    }

    /** How the text is written. */
    public TextOptions textOptions() {
        return text.options();
    }

    /** What reads. */
    public Data data() {
        return caching.data();
    }
}
