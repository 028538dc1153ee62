package orrery.data;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import orrery.store.Printable;

/**
 * What the first lines of a delimited text say about all of it: the delimiter, quotes, decimal commas, and whether the
 * first line names the columns. What is asked for is not looked for.
 *
 * @param names of the columns; their numbers from 1 if the first line names none
 * @param body the first records, without the names
 * @param lines by record of the body: its line, from 1
 * @param isRowName by column: whether it only names or numbers the rows, as pandas and R write them
 */
record Look(
        Dialect dialect,
        boolean hasHeader,
        List<String> names,
        List<List<String>> body,
        List<Long> lines,
        List<Boolean> isRowName) {
    static final int BYTES = 1 << 22;
    private static final int ROWS = 5000;
    private static final int LONGEST_NAME = 60;
    private static final Pattern ROW_NUMBERS = Pattern.compile(
            "|unnamed: ?[0-9]+|index|idx|id|row_?id|row|row_?names?|row_?number", Pattern.CASE_INSENSITIVE);
    private static final Pattern UNNAMED = Pattern.compile("|unnamed: ?[0-9]+", Pattern.CASE_INSENSITIVE);
    private static final Pattern DECIMAL_COMMA = Pattern.compile("[-+]?[0-9]+,[0-9]+([eE][-+]?[0-9]+)?");
    private static final Pattern DECIMAL_POINT = Pattern.compile("[-+]?[0-9]*\\.[0-9]+([eE][-+]?[0-9]+)?");

    /** Delimiters that columns of examples may have, the likeliest to be meant first. */
    static final List<String> OF_COLUMNS = List.of("\t", ";", "|", ",");

    /** Those of ratings and edges. */
    static final List<String> OF_LISTS = List.of("\t", "::", ";", "|", ",", Dialect.BLANKS, ":");

    /** A record and its line. */
    private record Row(List<String> fields, long line) {}

    /** Records in one reading of a text; where that fails, why. */
    private record Rows(List<Row> rows, boolean hasQuotes, Optional<BadLine> bad) {
        static Rows of(byte[] start, int length, Dialect dialect) {
            var fields = new Fields(new Scan(start, 0, length), dialect);
            var rows = new ArrayList<Row>();
            boolean hasQuotes = false;
            try {
                while (rows.size() < ROWS && fields.nextRecord()) {
                    long line = fields.scan.line + 1;
                    var row = new ArrayList<String>();
                    do {
                        fields.read();
                        fields.trim();
                        hasQuotes |= fields.isQuoted;
                        row.add(fields.text());
                    } while (fields.next());
                    fields.endRecord();
                    rows.add(new Row(row, line));
                }
                return new Rows(rows, hasQuotes, Optional.empty());
            } catch (BadLine bad) {
                return new Rows(rows, hasQuotes, Optional.of(bad));
            }
        }

        /** The part of the records that have as many fields as most; 0 if these have one only. */
        double agreement() {
            if (bad.isPresent() || rows.isEmpty()) {
                return 0;
            }
            var counts =
                    rows.stream().mapToInt(row -> row.fields().size()).sorted().toArray();
            int most = counts[counts.length / 2];
            if (most < 2) {
                return 0;
            }
            long agree =
                    rows.stream().filter(row -> row.fields().size() == most).count();
            boolean hasRowNames = rows.size() > 1 && rows.getFirst().fields().size() == most - 1;
            return (agree + (hasRowNames ? 1.0 : 0)) / rows.size();
        }
    }

    /**
     * Looks at a text.
     *
     * @param start the text's begin, or all of it
     * @param isAll whether nothing follows
     * @param candidates delimiters that may be meant, the likeliest first
     * @param isList whether the columns name things: lines may be comments, and a word that comes once names nothing by
     *     that alone
     * @param isAsked whether a name was given for a column: a first line with such a name names the columns
     * @param isTelling whether a word is usual as a column's name, unless it is one of its values, too
     * @throws DataException if the text is empty, or cannot be taken apart
     */
    static Look at(
            byte[] start,
            boolean isAll,
            String name,
            TextOptions asked,
            List<String> candidates,
            boolean isList,
            Predicate<String> isAsked,
            Predicate<String> isTelling)
            throws DataException {
        var plain = new Dialect(",", true, false, isList, asked.missing().orElse(Dialect.MISSING));
        var found = asked.delimiter().isPresent()
                ? rows(start, isAll, plain.withDelimiter(asked.delimiter().get()), asked)
                : bestOf(start, isAll, plain, candidates, asked);
        if (found.rows().bad().isPresent()) {
            var bad = found.rows().bad().get();
            throw new DataException(name + ":" + (bad.line + 1) + ": " + bad.getMessage(), bad);
        }
        var rows = found.rows().rows();
        if (rows.isEmpty()) {
            throw new DataException(name + ": there is nothing in it");
        }
        var dialect = found.dialect().withDecimalComma(hasDecimalCommas(rows, found.dialect()));
        return of(rows, dialect, asked, isList, isAsked, isTelling);
    }

    /** A reading, and what it makes of the text. */
    private record Found(Dialect dialect, Rows rows) {}

    private static Found bestOf(
            byte[] start, boolean isAll, Dialect plain, List<String> candidates, TextOptions asked) {
        Found best = null;
        double most = 0;
        for (var delimiter : candidates) {
            var found = rows(start, isAll, plain.withDelimiter(delimiter), asked);
            double agreement = found.rows().agreement();
            if (agreement > most) {
                most = agreement;
                best = found;
            }
        }
        return best == null || most < 0.5 ? rows(start, isAll, plain.withDelimiter(fallback(candidates)), asked) : best;
    }

    private static String fallback(List<String> candidates) {
        return candidates.size() == 1 ? candidates.getFirst() : ",";
    }

    /** The records under a delimiter; between tabs, quotes count if all that begin a field end it, too. */
    private static Found rows(byte[] start, boolean isAll, Dialect dialect, TextOptions asked) {
        var quoting = dialect.withQuotes(asked.quotes().orElse(true));
        var quoted = Rows.of(start, isAll ? start.length : whole(start, quoting), quoting);
        if (asked.quotes().isPresent() || !dialect.delimiter().equals("\t")) {
            return new Found(quoting, quoted);
        }
        var unquoting = dialect.withQuotes(false);
        var plain = Rows.of(start, isAll ? start.length : whole(start, unquoting), unquoting);
        boolean areQuotes = quoted.hasQuotes() && quoted.bad().isEmpty() && quoted.agreement() >= plain.agreement();
        return areQuotes ? new Found(quoting, quoted) : new Found(unquoting, plain);
    }

    private static int whole(byte[] start, Dialect dialect) {
        int end = Fields.cutter(dialect).lastEnd(start, start.length);
        return end == 0 ? start.length : end;
    }

    private static boolean hasDecimalCommas(List<Row> rows, Dialect dialect) {
        if (dialect.delimiter().equals(",")) {
            return false;
        }
        boolean hasCommas = false;
        for (var row : rows) {
            for (var field : row.fields()) {
                if (DECIMAL_POINT.matcher(field).matches()) {
                    return false;
                }
                hasCommas |= DECIMAL_COMMA.matcher(field).matches();
            }
        }
        return hasCommas;
    }

    // Names of columns

    private static Look of(
            List<Row> rows,
            Dialect dialect,
            TextOptions asked,
            boolean isList,
            Predicate<String> isAsked,
            Predicate<String> isTelling) {
        var first = rows.getFirst().fields();
        int width = rows.size() > 1 ? rows.get(1).fields().size() : first.size();
        boolean lacksOne = rows.size() > 1
                && first.size() == width - 1
                && rows.stream().skip(1).allMatch(row -> row.fields().size() == width);
        var body = rows.subList(1, rows.size());
        boolean hasHeader = asked.header()
                .orElseGet(() -> lacksOne
                        || first.stream().anyMatch(isAsked)
                        || firstDiffers(first, rows.subList(1, rows.size()), dialect, isList, isTelling));
        if (!hasHeader) {
            body = rows;
        }
        var names = new ArrayList<String>();
        if (hasHeader && lacksOne) {
            names.add(""); // R writes rows' names without a name for them
        }
        for (int c = 0; c < first.size(); c++) {
            names.add(hasHeader ? first.get(c).strip() : String.valueOf(c + 1));
        }
        var fields = body.stream().map(Row::fields).toList();
        var isRowName = new ArrayList<Boolean>();
        for (int c = 0; c < names.size(); c++) {
            isRowName.add(hasHeader && ((lacksOne && c == 0) || numbersRows(names.get(c), c, fields)));
            if (hasHeader && names.get(c).isEmpty()) {
                names.set(c, "column " + (c + 1));
            }
        }
        return new Look(
                dialect,
                hasHeader,
                List.copyOf(names),
                fields,
                body.stream().map(Row::line).toList(),
                isRowName);
    }

    /** Whether a column only tells rows apart: without a name, and with different values or whole numbers; or counting by one. */
    private static boolean numbersRows(String name, int column, List<List<String>> body) {
        boolean isUnnamed = column == 0 && UNNAMED.matcher(name).matches();
        if (body.size() < 2 || !ROW_NUMBERS.matcher(name).matches()) {
            return false;
        }
        var seen = new HashSet<String>();
        boolean counts = true;
        boolean areDifferent = true;
        boolean areWhole = true;
        double before = Double.NaN;
        for (var row : body) {
            String value = column < row.size() ? row.get(column) : "";
            double number = value.matches("[0-9]{1,15}") ? Double.parseDouble(value) : Double.NaN;
            counts &= !Double.isNaN(number) && (Double.isNaN(before) || number == before + 1);
            before = number;
            areDifferent &= seen.add(value);
            areWhole &= !Double.isNaN(number);
        }
        return counts || (isUnnamed && (areDifferent || areWhole));
    }

    /** Compares the first line with the others, column by column: text over numbers, or a word that never comes again. */
    private static boolean firstDiffers(
            List<String> first, List<Row> body, Dialect dialect, boolean isList, Predicate<String> isTelling) {
        if (body.isEmpty()) { // nothing to compare with
            return first.stream().anyMatch(isTelling) && first.stream().noneMatch(field -> isNumber(field, dialect));
        }
        if (first.stream().anyMatch(field -> field.length() > LONGEST_NAME)) {
            return false;
        }
        int textOverNumbers = 0;
        int numberOverNumbers = 0;
        int newWord = 0;
        int knownWord = 0;
        for (int c = 0; c < first.size(); c++) {
            String name = first.get(c);
            Set<String> values = new HashSet<>();
            boolean areNumbers = true;
            for (var row : body) {
                String value = c < row.fields().size() ? row.fields().get(c) : "";
                if (!dialect.isMissing(value)) {
                    values.add(value);
                    areNumbers &= isNumber(value, dialect);
                }
            }
            if (values.isEmpty() || name.isEmpty()) {
                continue;
            }
            if (areNumbers) {
                boolean isText = !isNumber(name, dialect) && !dialect.isMissing(name);
                textOverNumbers += isText ? 1 : 0;
                numberOverNumbers += isText ? 0 : 1;
            } else if (values.contains(name)) {
                knownWord++;
            } else if (((!isList && 2 * values.size() <= body.size()) || isTelling.test(name))
                    && !isNumber(name, dialect)) {
                newWord++; // where others come again and again
            }
        }
        if (textOverNumbers > 0) {
            boolean areDistinct = new HashSet<>(first).size() == first.size();
            return textOverNumbers >= numberOverNumbers
                    || (areDistinct
                            && textOverNumbers + newWord > knownWord
                            && (isMostlyText(first, dialect) || ascend(first)));
        }
        if (counts(first) && (numberOverNumbers > 2 || hasFractions(body))) {
            return true; // pandas numbers columns that have no names: 0, 1, 2
        }
        return numberOverNumbers == 0 && newWord > 0 && knownWord == 0 && new HashSet<>(first).size() == first.size();
    }

    /** Whether the numbers among names are whole and ascend, as years do. */
    private static boolean ascend(List<String> names) {
        long before = Long.MIN_VALUE;
        for (var name : names) {
            if (name.matches("[0-9]{1,15}")) {
                long number = Long.parseLong(name);
                if (number <= before) {
                    return false;
                }
                before = number;
            } else if (name.matches("[-+.0-9].*")) {
                return false;
            }
        }
        return true;
    }

    private static boolean isMostlyText(List<String> first, Dialect dialect) {
        return 2 * first.stream().filter(field -> !isNumber(field, dialect)).count() >= first.size();
    }

    /** Whether fields are 0, 1, 2 and so on, behind an empty one perhaps. */
    private static boolean counts(List<String> fields) {
        int skip = fields.getFirst().isEmpty() ? 1 : 0;
        for (int c = skip; c < fields.size(); c++) {
            if (!fields.get(c).equals(String.valueOf(c - skip))) {
                return false;
            }
        }
        return fields.size() - skip > 1;
    }

    private static boolean hasFractions(List<Row> body) {
        return body.stream()
                .anyMatch(row -> row.fields().stream()
                        .anyMatch(field -> DECIMAL_POINT.matcher(field).matches()));
    }

    static boolean isNumber(String field, Dialect dialect) {
        return !Double.isNaN(number(field, dialect));
    }

    /** The number that a field is; NaN if it is none. */
    static double number(String field, Dialect dialect) {
        var bytes = field.strip().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        var scan = new Scan(bytes, 0, bytes.length);
        double value = scan.number(dialect.point());
        return bytes.length > 0 && scan.isAtEnd() ? value : Double.NaN;
    }

    /** The values of a column that are there, with the lines that they are in. */
    List<String> values(int column) {
        return body.stream()
                .filter(row -> column < row.size())
                .map(row -> row.get(column))
                .toList();
    }

    /** The column of a name, or of a number from 1, or from -1 backwards. */
    int position(String column, String file) throws DataException {
        int at = names.indexOf(column);
        if (at >= 0) {
            if (names.lastIndexOf(column) != at) {
                throw new DataException(file + ":1: two columns are named '" + Printable.of(column) + "', " + (at + 1)
                        + " and " + (names.lastIndexOf(column) + 1) + "; rename one");
            }
            return at;
        }
        if (column.matches("-?[0-9]{1,9}")) {
            int number = Integer.parseInt(column);
            int index = number > 0 ? number - 1 : names.size() + number;
            if (number != 0 && index >= 0 && index < names.size()) {
                return index;
            }
            throw new DataException(file + ": has columns 1 to " + names.size() + ", asked for column " + column);
        }
        var matches = names.stream().filter(column::equalsIgnoreCase).toList();
        throw new DataException(file + ": has no column '" + column + "'"
                + (matches.size() == 1 ? "; did you mean '" + matches.getFirst() + "'?" : Nearest.hint(column, names))
                + (hasHeader ? "" : " (its first line is read as data: --header if it names the columns)"));
    }

    /** A name in small letters and digits only. */
    static String plain(String name) {
        return name.toLowerCase(Locale.ROOT)
                .replaceFirst(":(token|float|token_seq)$", "")
                .replaceAll("[^a-z0-9]", "");
    }
}
