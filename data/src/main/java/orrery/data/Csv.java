package orrery.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;
import orrery.data.ReadOptions.Numbers;
import orrery.data.ReadOptions.Role;
import orrery.store.Printable;

/**
 * Delimited columns, such as comma-separated values, in one file or several. A look at the first lines finds how they are
 * written and what the columns are; one pass parses; then words are chosen, numeric columns standardised and features
 * numbered.
 */
final class Csv {
    /** Columns that hold labels, if nothing else is said. */
    static final List<String> LABEL_NAMES = List.of("label", "target", "class", "y");

    private static final double MOST_NUMBERS = 0.9; // of the values of a column: then the others are mistakes
    private static final int FEW_NUMBERS = 10; // different ones: then they may be codes
    private static final Pattern GROUPED_NUMBER =
            Pattern.compile("[-+]?([0-9]{1,3}([., '][0-9]{3})+([.,][0-9]+)?|[0-9]+,[0-9]+)");
    private static final Pattern MEASURE = Pattern.compile("[-+]?[$€£¥]? ?[0-9][0-9.,]* ?(%|[$€£¥]|[kKmM])?");
    private static final Pattern DATE =
            Pattern.compile("[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([T ][0-9:.]+(Z|[-+][0-9:]+)?)?");

    private final FileSet files;
    private final ReadOptions options;
    private final boolean isTsv;
    private final boolean countsDistinct;

    Csv(FileSet files, ReadOptions options, boolean countsDistinct) {
        this.files = files;
        this.options = options;
        this.countsDistinct = countsDistinct;
        isTsv = options.format()
                .map(f -> f.equals("tsv"))
                .orElse(files.shortName().matches(".*\\.(tsv|tab)(\\.[a-z0-9]+)?"));
    }

    /** What was read. */
    record Result(Examples examples, Schema schema, Reading reading) {}

    // A first look

    /** What the first text says: columns with their roles, and whether labels are numbers. */
    private record Roles(Look look, Schema schema, boolean labelsAreNumbers, String label, boolean isTable) {}

    private Look look(Text text, Text.Begun begun, String name) throws DataException {
        var asked = text.isTable() ? options.ofTable().text() : options.text();
        return Look.at(
                begun.start(),
                begun.isAll(),
                name,
                asked,
                isTsv && !text.isTable() ? List.of("\t") : Look.OF_COLUMNS,
                false,
                field -> options.roles().containsKey(field) && !field.matches("-?[0-9]{1,9}"),
                field -> LABEL_NAMES.contains(field.toLowerCase(Locale.ROOT)));
    }

    private Roles roles(Look look, String name, boolean isTable) throws DataException {
        var names = look.names();
        var roles = new Role[names.size()];
        for (var asked : options.roles().entrySet()) {
            roles[look.position(asked.getKey(), name)] = asked.getValue();
        }
        for (int c = 0; c < roles.length; c++) {
            roles[c] = roles[c] == null && look.isRowName().get(c) ? Role.IGNORE : roles[c];
        }
        String how = "";
        if (options.isLabelled() && !Arrays.asList(roles).contains(Role.LABEL)) {
            int label = defaultLabel(names, roles, name);
            roles[label] = Role.LABEL;
            how = LABEL_NAMES.contains(names.get(label).toLowerCase(Locale.ROOT))
                    ? "by its name"
                    : "as the first column";
        }
        if (Arrays.stream(roles).filter(role -> role == Role.LABEL).count() > 1) {
            throw new DataException(name + ": more than one column was given as label");
        }
        var columns = new ArrayList<Schema.Column>();
        boolean labelsAreNumbers = true;
        for (int c = 0; c < roles.length; c++) {
            var values = look.values(c);
            var role = roles[c] == null ? guess(look, c, values, name) : roles[c];
            columns.add(
                    role == Role.NUMERIC ? origin(names.get(c), look, values) : Schema.Column.of(names.get(c), role));
            if (role == Role.LABEL) {
                labelsAreNumbers = values.stream().allMatch(v -> isNumberOrMissing(v, look.dialect()))
                        && values.stream().noneMatch(v -> v.matches("0[0-9]+"));
            }
        }
        checkNames(look, columns, name);
        if (columns.stream().noneMatch(column -> CsvChunk.isFeature(column.role()))) {
            throw new DataException(name + ": no column is left for features, only the label of "
                    + Printable.of(names.toString()) + "; is another --delimiter between the fields?");
        }
        var schema = new Schema(
                "csv",
                look.dialect(),
                look.hasHeader(),
                columns,
                options.hashBits(),
                List.of(),
                List.of(),
                options.log1p(),
                options.normalize(),
                0,
                0);
        return new Roles(look, schema, labelsAreNumbers, how, isTable);
    }

    /** Columns that are used and have the same name could not be found again. */
    private static void checkNames(Look look, List<Schema.Column> columns, String name) throws DataException {
        if (!look.hasHeader()) {
            return;
        }
        Map<String, Integer> known = new LinkedHashMap<>();
        for (int c = 0; c < columns.size(); c++) {
            if (columns.get(c).role() != Role.IGNORE) {
                var before = known.put(columns.get(c).name(), c);
                if (before != null) {
                    throw new DataException(name + ":1: columns " + (before + 1) + " and " + (c + 1)
                            + " are both named '"
                            + Printable.of(columns.get(c).name())
                            + "': new data could not be matched by name; rename one, or --ignore " + (c + 1));
                }
            }
        }
    }

    private static int defaultLabel(List<String> names, @Nullable Role[] roles, String file) throws DataException {
        for (var label : LABEL_NAMES) {
            for (int c = 0; c < names.size(); c++) {
                if (roles[c] == null && names.get(c).toLowerCase(Locale.ROOT).equals(label)) {
                    return c;
                }
            }
        }
        int first = 0;
        while (first < roles.length && roles[first] == Role.IGNORE) {
            first++;
        }
        if (first == roles.length || roles[first] != null) {
            throw new DataException(file + ": which column is the label? Say it with --label");
        }
        return first;
    }

    /** A numeric column, counted from about its mean: so that it keeps its resolution wherever it lies. */
    private Schema.Column origin(String name, Look look, List<String> values) {
        double origin = options.numbers() == Numbers.RAW
                ? 0
                : values.stream()
                        .mapToDouble(value ->
                                look.dialect().isMissing(value) ? Double.NaN : Look.number(value, look.dialect()))
                        .filter(Double::isFinite)
                        .average()
                        .orElse(0);
        return new Schema.Column(name, Role.NUMERIC, origin, 0, 1, 0, false);
    }

    private static boolean isNumberOrMissing(String value, Dialect dialect) {
        return dialect.isMissing(value) || Look.isNumber(value, dialect);
    }

    private static Role guess(Look look, int column, List<String> values, String file) throws DataException {
        var dialect = look.dialect();
        var present = values.stream().filter(value -> !dialect.isMissing(value)).toList();
        long numbers =
                present.stream().filter(value -> Look.isNumber(value, dialect)).count();
        if (numbers == present.size()) {
            return Role.NUMERIC;
        }
        String name = Printable.of(look.names().get(column));
        if (numbers >= MOST_NUMBERS * present.size()
                && present.stream()
                                .filter(v -> Look.isNumber(v, dialect))
                                .distinct()
                                .limit(FEW_NUMBERS + 1L)
                                .count()
                        > FEW_NUMBERS) {
            for (int row = 0; row < values.size(); row++) {
                String value = values.get(row);
                if (!isNumberOrMissing(value, dialect)) {
                    throw new DataException(file + ":" + look.lines().get(row) + ": column '" + name
                            + "' holds numbers, and here '" + Printable.of(value)
                            + "'; if that stands for no value: --missing '" + Printable.of(value)
                            + "', if the column holds categories: --categorical '" + name + "'");
                }
            }
        }
        if (present.stream()
                .allMatch(value -> GROUPED_NUMBER.matcher(value).matches() || Look.isNumber(value, dialect))) {
            String example = present.stream()
                    .filter(v -> !Look.isNumber(v, dialect))
                    .findFirst()
                    .orElse("");
            throw new DataException(file + ": column '" + name + "' holds numbers such as '" + Printable.of(example)
                    + "', whose commas, points or blanks may mean thousands or fractions; write them as "
                    + (dialect.decimalComma() ? "1234,5" : "1234.5") + ", or, if they are categories: --categorical '"
                    + name + "'");
        }
        long blanks = present.stream()
                .mapToLong(v -> v.chars().filter(c -> c == ' ').count())
                .sum();
        return blanks > 4L * present.size() ? Role.TEXT : Role.CATEGORICAL;
    }

    // Reading

    /** Reads training data: the schema is found out. */
    Result fit() throws IOException {
        var held = new Parts.Held();
        var fitted = fit(held);
        held.parts.replaceAll(fitted::finished);
        return new Result(Examples.of(held.parts, fitted.schema().features()), fitted.schema(), fitted.reading());
    }

    /** What there is, column by column. */
    Description describe() throws IOException {
        var held = new Parts.Held();
        var parsed = new Parsing();
        var fitted = fit(held, parsed);
        held.parts.replaceAll(fitted::finished);
        var schema = fitted.schema();
        var examples = Examples.of(held.parts, schema.features());
        var columns = new ArrayList<Description.Column>();
        for (int c = 0; c < schema.columns().size(); c++) {
            var column = schema.columns().get(c);
            if (column.role() == Role.NUMERIC || column.role() == Role.CATEGORICAL) {
                columns.add(Description.Column.of(column, parsed.tallies.get(c)));
            }
        }
        return new Description(
                fitted.reading(),
                examples.size(),
                columns,
                Map.of(),
                schema.hasRole(Role.LABEL) ? Description.label(examples, schema.classes()) : Map.of());
    }

    /** Reads training data to where parts are kept; they are still to be {@link Fitted#finished}. */
    Fitted fit(Parts into) throws IOException {
        return fit(into, new Parsing());
    }

    private Fitted fit(Parts into, Parsing parsed) throws IOException {
        Roles roles = null;
        var about = new ArrayList<String>();
        for (int part = 0; part < files.size(); part++) {
            String name = files.nameOf(part);
            try (var text = files.open(part)) {
                var begun = text.begin(Look.BYTES);
                if (begun.start().length == 0 && files.size() > 1) {
                    continue; // Spark writes empty parts, too
                }
                var look = look(text, begun, name);
                int[] columns;
                if (roles == null) {
                    roles = roles(look, name, text.isTable());
                    about.addAll(text.about());
                    columns = IntStream.range(0, look.names().size()).toArray();
                } else {
                    columns = like(roles, look, name);
                }
                read(begun, name, roles.schema(), columns, roles.labelsAreNumbers(), null, true, parsed, into, true);
            }
        }
        if (roles == null) {
            throw new DataException(files.name() + ": there is nothing in it");
        }
        return fit(roles, into, parsed, about);
    }

    /** The columns of a further part, which must be those of the first. */
    private static int[] like(Roles roles, Look look, String name) throws DataException {
        var schema = roles.schema();
        if (!schema.hasHeader()) {
            if (look.names().size() != schema.columns().size()) {
                throw new DataException(name + ": has " + look.names().size() + " columns, the first file has "
                        + schema.columns().size());
            }
            return IntStream.range(0, look.names().size()).toArray();
        }
        var known = schema.columns().stream().map(Schema.Column::name).toList();
        if (!look.hasHeader()
                || !new HashSet<>(look.names()).equals(new HashSet<>(known))
                || look.names().size() != known.size()) {
            throw new DataException(name + ":1: names the columns "
                    + Printable.of(look.names().toString()) + ", the first file "
                    + Printable.of(known.toString()));
        }
        return look.names().stream().mapToInt(known::indexOf).toArray();
    }

    /** Reads data as the training data was read: columns by their names if there were names, else by their order. */
    Result apply(Schema schema, boolean needsLabels) throws IOException {
        var held = new Parts.Held();
        var words = WordIndex.of(schema.words());
        var parsed = new Parsing();
        schema.classes().forEach(parsed.classes::add);
        int read = 0;
        for (int part = 0; part < files.size(); part++) {
            String name = files.nameOf(part);
            try (var text = files.open(part)) {
                var begun = text.begin(Look.BYTES);
                if (begun.start().length == 0 && files.size() > 1) {
                    continue;
                }
                if (text.isTable() && !schema.hasHeader()) {
                    throw new DataException(
                            name + ": has names of columns, the model was trained on data that had none");
                }
                var of = text.isTable() ? schema.ofTable() : schema;
                var first = first(begun, of.dialect(), name);
                var columns = of.hasHeader()
                        ? byName(first, of, needsLabels, name)
                        : byOrder(first.size(), of, needsLabels, name);
                read(begun, name, of, columns, of.classes().isEmpty(), words, needsLabels, parsed, held, false);
                read++;
            }
        }
        if (read == 0) {
            throw new DataException(files.name() + ": there is nothing in it");
        }
        if (parsed.classes.size() > schema.classes().size() && !schema.classes().isEmpty()) {
            throw new DataException(files.name() + ": the label '"
                    + Printable.of(parsed.classes.word(schema.classes().size()))
                    + "' is none of the model's classes " + schema.classes());
        }
        held.parts.replaceAll(part -> {
            scaleWords(part, schema);
            return part.keyed() == null
                    ? part
                    : part.with(new Examples.Keyed(
                            schema.firstHashed(), part.keyed().keys()));
        });
        return new Result(Examples.of(held.parts, schema.features()), schema, Reading.of("csv"));
    }

    private static List<String> first(Text.Begun begun, Dialect dialect, String name) throws DataException {
        var fields = new Fields(new Scan(begun.start(), 0, begun.start().length), dialect);
        try {
            var first = fields.strings();
            if (first == null) {
                throw new DataException(name + ": there is nothing in it");
            }
            return first;
        } catch (BadLine bad) {
            throw new DataException(name + ":" + (bad.line + 1) + ": " + bad.getMessage(), bad);
        }
    }

    private static int[] byName(List<String> header, Schema schema, boolean needsLabels, String file)
            throws DataException {
        var names = schema.columns().stream().map(Schema.Column::name).toList();
        var fields = header.stream().map(String::strip).toList();
        for (int c = 0; c < names.size(); c++) {
            var role = schema.columns().get(c).role();
            boolean isNeeded = CsvChunk.isFeature(role) || (role == Role.LABEL && needsLabels);
            String column = names.get(c);
            if (isNeeded && !fields.contains(column)) {
                boolean isData =
                        fields.size() >= names.size() - 1 && fields.stream().noneMatch(names::contains);
                throw new DataException(file + ":1: has no column '" + Printable.of(column)
                        + "', which the model needs; the first line is " + Printable.of(header.toString())
                        + (isData ? ", where the training data had the names of the columns" : ""));
            }
            if (isNeeded && fields.indexOf(column) != fields.lastIndexOf(column)) {
                throw new DataException(file + ":1: has the column '" + Printable.of(column) + "' twice");
            }
        }
        boolean needsWeights = needsLabels;
        return fields.stream()
                .mapToInt(field -> {
                    int c = names.indexOf(field);
                    boolean isUnused = c >= 0
                            && !needsWeights
                            && (schema.columns().get(c).role() == Role.LABEL
                                    || schema.columns().get(c).role() == Role.WEIGHT);
                    return isUnused ? -1 : c;
                })
                .toArray();
    }

    private static int[] byOrder(int fields, Schema schema, boolean needsLabels, String file) throws DataException {
        int known = schema.columns().size();
        if (fields == known - 1 && !needsLabels) {
            return IntStream.range(0, known)
                    .filter(c -> schema.columns().get(c).role() != Role.LABEL)
                    .toArray();
        }
        if (fields != known) {
            throw new DataException(file + ":1: has " + fields + " fields, the model was trained on " + known);
        }
        return IntStream.range(0, known).toArray();
    }

    /** What all chunks have in common. */
    private static final class Parsing {
        final WordIndex words = new WordIndex();
        final WordIndex classes = new WordIndex();
        final ArrayList<ColumnTally> tallies = new ArrayList<>(); // by column
        final MissingValues missing = new MissingValues();

        void add(CsvChunk chunk) {
            for (int c = 0; c < chunk.tallies.length; c++) {
                if (c == tallies.size()) {
                    tallies.add(chunk.tallies[c]);
                } else {
                    tallies.get(c).addAll(chunk.tallies[c]);
                }
            }
        }
    }

    private record Parsed(Part part, CsvChunk chunk) {}

    private void read(
            Text.Begun begun,
            String name,
            Schema schema,
            int[] columns,
            boolean labelsAreNumbers,
            @Nullable WordIndex fixedWords,
            boolean needsLabels,
            Parsing all,
            Parts into,
            boolean isFitting)
            throws IOException {
        int numeric = schema.numeric().size();
        Chunks.parse(
                begun.all(),
                name,
                options.threads(),
                Fields.cutter(schema.dialect()),
                (scan, isFirst) -> {
                    var chunk = new CsvChunk(
                            scan,
                            schema,
                            columns,
                            labelsAreNumbers,
                            needsLabels,
                            fixedWords,
                            isFitting,
                            countsDistinct);
                    return new Parsed(chunk.parse(isFirst && schema.hasHeader()), chunk);
                },
                parsed -> {
                    if (isFitting) {
                        renumber(parsed.part(), 2 * numeric, merge(parsed.chunk().words, all.words));
                    }
                    if (!labelsAreNumbers && needsLabels) {
                        relabel(parsed, all.classes);
                    }
                    if (isFitting) {
                        all.missing.add(parsed.part(), numeric, labelsAreNumbers);
                    }
                    all.add(parsed.chunk());
                    into.add(parsed.part());
                });
    }

    private static int[] merge(WordIndex chunk, WordIndex all) {
        var numbers = new int[chunk.size()];
        for (int w = 0; w < numbers.length; w++) {
            numbers[w] = all.add(chunk.word(w));
        }
        return numbers;
    }

    private static void renumber(Part part, int firstWord, int[] numbers) {
        var indices = part.indices();
        for (int k = 0; k < part.nonZeros(); k++) {
            if (indices[k] >= firstWord) {
                indices[k] = firstWord + numbers[indices[k] - firstWord];
            }
        }
    }

    private static void relabel(Parsed parsed, WordIndex classes) {
        var numbers = merge(parsed.chunk().classes, classes);
        var labels = parsed.part().labels();
        for (int i = 0; i < labels.length; i++) {
            labels[i] = numbers[(int) labels[i]];
        }
    }

    // Fitting

    /**
     * What is known when all has been parsed.
     *
     * @param features by provisional number from the words on, the number of the feature; -1 for none
     * @param markers by numeric column, the feature that says that its value is missing; -1 for none
     * @param classes by provisional class its number; empty if labels are numbers
     */
    record Fitted(Schema schema, Reading reading, int[] features, int[] markers, float[] classes) {
        /** A part as it is learned from: features have their numbers and scales, labels are the schema's. May change its own. */
        Part finished(Part parsed) {
            var part = renumbered(parsed);
            var labels = part.labels();
            for (int i = 0; classes.length > 0 && i < labels.length; i++) {
                labels[i] = classes[(int) labels[i]];
            }
            var numeric = schema.numeric().toArray(Schema.Column[]::new);
            for (int k = 0; k < part.nonZeros(); k++) {
                int index = part.indices()[k];
                if (index >= 0 && index < numeric.length) {
                    part.values()[k] = numeric[index].finish(part.values()[k]);
                }
            }
            scaleWords(part, schema);
            return part.keyed() == null
                    ? part
                    : part.with(new Examples.Keyed(
                            schema.firstHashed(), part.keyed().keys()));
        }

        private Part renumbered(Part part) {
            var numeric = schema.numeric();
            int firstMarker = numeric.size();
            int firstWord = 2 * firstMarker;
            boolean imputes = numeric.stream().anyMatch(column -> column.imputed() != 0);
            int room = part.nonZeros();
            for (int k = 0; imputes && k < part.nonZeros(); k++) {
                room += part.indices()[k] >= firstMarker && part.indices()[k] < firstWord ? 1 : 0;
            }
            var offsets = imputes ? new int[part.size() + 1] : part.offsets(); // else nothing is added: in their place
            var indices = imputes ? new int[room] : part.indices();
            var values = imputes ? new float[room] : part.values();
            int to = 0;
            int k = 0;
            for (int i = 0; i < part.size(); i++) {
                for (int end = part.offsets()[i + 1]; k < end; k++) {
                    int index = part.indices()[k];
                    float value = part.values()[k];
                    boolean isCategory = index < 0;
                    if (index >= firstMarker && index < firstWord) {
                        float imputed = numeric.get(index - firstMarker).imputed();
                        if (imputed != 0) {
                            indices[to] = index - firstMarker;
                            values[to++] = imputed;
                        }
                        index = markers[index - firstMarker];
                    } else if (index >= firstWord) {
                        index = features[index - firstWord];
                    }
                    if (index != -1 || isCategory) {
                        indices[to] = index;
                        values[to++] = value;
                    }
                }
                offsets[i + 1] = to;
            }
            return new Part(offsets, indices, values, part.labels(), part.weights(), part.groups(), part.keyed());
        }
    }

    private Fitted fit(Roles roles, Parts parts, Parsing parsed, List<String> about) throws IOException {
        var look = roles.schema();
        int numeric = look.numeric().size();
        var columns = new ArrayList<Schema.Column>();
        var markers = new int[numeric];
        int feature = numeric;
        int number = 0;
        for (int c = 0; c < look.columns().size(); c++) {
            var column = look.columns().get(c);
            if (column.role() == Role.NUMERIC) {
                boolean hasIndicator = parsed.missing.tells(number);
                markers[number++] = hasIndicator ? feature++ : -1;
                column = fitted(column, parsed.tallies.get(c), hasIndicator);
            }
            columns.add(column);
        }
        int firstWord = feature;
        int[] numbers = chosenWords(parts, 2 * numeric, parsed.words);
        var kept = new String[(int) Arrays.stream(numbers).filter(n -> n >= 0).count()];
        var features = new int[numbers.length];
        for (int w = 0; w < numbers.length; w++) {
            features[w] = numbers[w] < 0 ? -1 : firstWord + numbers[w];
            if (numbers[w] >= 0) {
                kept[numbers[w]] = parsed.words.word(w);
            }
        }
        var names = parsed.classes.words().stream().sorted().toList(); // numbered by name, not by who came first
        var classes = new float[names.size()];
        for (int c = 0; c < classes.length; c++) {
            classes[c] = Collections.binarySearch(names, parsed.classes.word(c));
        }
        boolean hashes = look.hasRole(Role.CATEGORICAL);
        var schema = new Schema(
                look.format(),
                look.dialect(),
                look.hasHeader(),
                columns,
                look.hashBits(),
                Arrays.asList(kept),
                names,
                look.log1p(),
                look.normalize(),
                hashes && look.hashBits() == ReadOptions.KEYS
                        ? Examples.OPEN
                        : firstWord + kept.length + (hashes ? 1 << look.hashBits() : 0),
                0);
        return new Fitted(schema, reading(roles, schema, parsed, about), features, markers, classes);
    }

    private Schema.Column fitted(Schema.Column column, ColumnTally tally, boolean hasIndicator) {
        double mean = tally.meanOff();
        double scale = tally.isConstant() || !(tally.deviation() > 0) ? 1 : tally.deviation();
        return switch (options.numbers()) {
            case STANDARDISED ->
                new Schema.Column(column.name(), column.role(), column.origin(), mean, scale, 0, hasIndicator);
            case CENTRED -> new Schema.Column(column.name(), column.role(), column.origin(), mean, 1, 0, hasIndicator);
            case RAW -> new Schema.Column(column.name(), column.role(), 0, 0, 1, (float) mean, hasIndicator);
        };
    }

    /** By word its new number, or -1. */
    private int[] chosenWords(Parts parts, int firstWord, WordIndex words) throws IOException {
        var texts = new int[words.size()];
        if (texts.length > 0) {
            parts.forEach(part -> {
                for (int k = 0; k < part.nonZeros(); k++) {
                    if (part.indices()[k] >= firstWord) {
                        texts[part.indices()[k] - firstWord]++;
                    }
                }
            });
        }
        return WordIndex.choose(texts, 2, options.words());
    }

    // The report

    private Reading reading(Roles roles, Schema schema, Parsing parsed, List<String> about) {
        var facts = new LinkedHashMap<String, Object>();
        if (roles.isTable()) {
            facts.put("table", true);
        } else {
            facts.put("delimiter", schema.dialect().delimiterName());
            facts.put("header", schema.hasHeader() ? "in the first line" : "none");
            if (schema.dialect().decimalComma()) {
                facts.put("decimal comma", true);
            }
            if (schema.dialect().delimiter().equals("\t") != !schema.dialect().quotes()) {
                facts.put("quotes", schema.dialect().quotes() ? "enclose fields" : "plain characters");
            }
        }
        about.forEach(fact -> facts.put(fact, true));
        if (files.isFolder()) {
            facts.put("files", files.size());
        }
        var columns = new ArrayList<Reading.Column>();
        var notes = new ArrayList<String>();
        for (int c = 0; c < schema.columns().size(); c++) {
            var column = schema.columns().get(c);
            var tally = parsed.tallies.get(c);
            columns.add(new Reading.Column(
                    column.name(),
                    column.role().name().toLowerCase(Locale.ROOT),
                    about(roles, c, column, tally, schema)));
            note(roles, c, column, tally, notes);
        }
        return new Reading("csv", facts, columns, notes);
    }

    private String about(Roles roles, int c, Schema.Column column, ColumnTally tally, Schema schema) {
        var about = new ArrayList<String>();
        switch (column.role()) {
            case LABEL -> {
                if (!roles.label().isEmpty()) {
                    about.add(roles.label());
                }
                about.add(
                        schema.classes().isEmpty()
                                ? distinct(tally, "different number")
                                : schema.classes().size() + (schema.classes().size() == 1 ? " class" : " classes"));
            }
            case NUMERIC -> {
                if (tally.missing > 0) {
                    about.add(missing(tally) + (column.hasIndicator() ? " (an indicator feature says where)" : ""));
                }
                if (tally.isConstant()) {
                    about.add("constant");
                }
            }
            case CATEGORICAL -> {
                about.add(distinct(tally, "value"));
                if (tally.missing > 0) {
                    about.add(missing(tally));
                }
            }
            case TEXT -> about.add(schema.words().size() + " words in all texts");
            case IGNORE -> {
                if (roles.look().isRowName().get(c) && !isAsked(roles.look(), c)) {
                    about.add("index column");
                }
            }
            case WEIGHT, GROUP -> {}
        }
        return String.join(", ", about);
    }

    private boolean isAsked(Look look, int column) {
        return options.roles().containsKey(look.names().get(column))
                || options.roles().containsKey(String.valueOf(column + 1));
    }

    private static String missing(ColumnTally tally) {
        return String.format(Locale.ROOT, "%,d missing", tally.missing);
    }

    private static String distinct(ColumnTally tally, String what) {
        int n = tally.distinctCount();
        return n > ColumnTally.MOST_DISTINCT
                ? "more than " + ColumnTally.MOST_DISTINCT + " " + what + "s"
                : n + " " + what + (n == 1 ? "" : "s");
    }

    private static void note(Roles roles, int c, Schema.Column column, ColumnTally tally, List<String> notes) {
        String name = Printable.of(column.name());
        if (column.role() == Role.NUMERIC && tally.count == 0) {
            notes.add("column '" + name + "' has no value in any line");
        }
        if (column.role() != Role.CATEGORICAL) {
            return;
        }
        var values = roles.look().values(c).stream()
                .filter(value -> !roles.look().dialect().isMissing(value))
                .toList();
        if (tally.count > 20 && tally.distinctCount() >= 0.9 * tally.count) {
            notes.add("column '" + name + "' has another value in nearly every line, as names of lines have;"
                    + " --ignore leaves it out");
        } else if (!values.isEmpty()
                && values.stream().allMatch(value -> MEASURE.matcher(value).matches())) {
            notes.add("column '" + name + "' is read as categories, but looks like numbers with a unit, such as "
                    + Printable.of(values.getFirst()));
        }
        if (!values.isEmpty()
                && values.stream().allMatch(value -> DATE.matcher(value).matches())) {
            notes.add("column '" + name
                    + "' holds dates, which are read as categories; seconds or days as a number keep" + " their order");
        }
    }

    /** Numbers the categories last, and scales the words of each example: log(1 + count), then length 1. */
    private static void scaleWords(Part part, Schema schema) {
        int firstWord = schema.firstWord();
        int firstHashed = schema.firstHashed();
        var indices = part.indices();
        var values = part.values();
        for (int i = 0; i < part.size(); i++) {
            double squares = 0;
            for (int k = part.offsets()[i]; k < part.offsets()[i + 1]; k++) {
                if (indices[k] >= firstWord) {
                    values[k] = (float) Math.log1p(values[k]);
                    squares += (double) values[k] * values[k];
                } else if (indices[k] < 0) {
                    indices[k] = firstHashed - 1 - indices[k];
                }
            }
            float scale = squares == 0 ? 1 : (float) (1 / Math.sqrt(squares));
            for (int k = part.offsets()[i]; k < part.offsets()[i + 1]; k++) {
                if (indices[k] >= firstWord && indices[k] < firstHashed) {
                    values[k] *= scale;
                }
            }
        }
    }
}
