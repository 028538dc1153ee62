package orrery.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import orrery.store.Printable;

/**
 * How data was read: what was found out about it, so that nothing is guessed in silence. Immutable.
 *
 * @param format csv, libsvm, edges, ratings, MatrixMarket, or the name of a built-in set
 * @param facts such as the delimiter, by name
 * @param columns by column of the file what it was taken for; none for formats without columns
 * @param notes what is worth knowing, each a sentence
 */
public record Reading(String format, Map<String, Object> facts, List<Column> columns, List<String> notes) {
    private static final int MOST_SHOWN = 40; // columns that are not alike

    /**
     * A column.
     *
     * @param role what it was taken for, such as numeric
     * @param about such as 12 missing
     */
    public record Column(String name, String role, String about) {
        String text() {
            return Printable.of(name) + " " + role + (about.isEmpty() ? "" : ", " + about);
        }
    }

    public Reading {
        facts = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(facts));
        columns = List.copyOf(columns);
        notes = List.copyOf(notes);
    }

    /** Nothing is said of how it was read. */
    public static Reading of(String format) {
        return new Reading(format, Map.of(), List.of(), List.of());
    }

    /** The same with one more note. */
    public Reading with(String note) {
        var more = new ArrayList<>(notes);
        more.add(note);
        return new Reading(format, facts, columns, more);
    }

    /** For people: a line for the file, one for its columns, one per note. */
    public List<String> lines() {
        var lines = new ArrayList<String>();
        var about = new ArrayList<String>();
        facts.forEach((name, value) -> about.add(value.equals(true) ? name : name + " " + value));
        if (!about.isEmpty() || !columns.isEmpty()) {
            lines.add("read as " + format + (about.isEmpty() ? "" : ": " + String.join(", ", about)));
        }
        if (!columns.isEmpty()) {
            lines.add("columns: " + String.join("; ", shownColumns()));
        }
        notes.forEach(note -> lines.add("note: " + note));
        lines.replaceAll(Printable::of);
        return lines;
    }

    /** Neighbours of which the same is to be said come together. */
    private List<String> shownColumns() {
        var shown = new ArrayList<String>();
        for (int c = 0; c < columns.size(); ) {
            int end = c + 1;
            while (end < columns.size() && isLike(columns.get(end), columns.get(c))) {
                end++;
            }
            if (shown.size() == MOST_SHOWN) {
                shown.add("and " + (columns.size() - c) + " more");
                break;
            }
            var first = columns.get(c);
            shown.add(
                    end - c < 3
                            ? first.text()
                            : Printable.of(first.name()) + " to "
                                    + Printable.of(columns.get(end - 1).name()) + " " + first.role()
                                    + (first.about().isEmpty() ? "" : ", each " + first.about()) + " (" + (end - c)
                                    + ")");
            c = end - c < 3 ? c + 1 : end;
        }
        return shown;
    }

    private static boolean isLike(Column a, Column b) {
        return a.role().equals(b.role()) && a.about().equals(b.about());
    }

    /** For JSON. */
    public Map<String, Object> toMap() {
        var map = new LinkedHashMap<String, Object>();
        map.put("format", format);
        map.putAll(facts);
        if (!columns.isEmpty()) {
            map.put(
                    "columns",
                    columns.stream()
                            .map(column -> {
                                var of = new LinkedHashMap<String, Object>();
                                of.put("name", column.name());
                                of.put("role", column.role());
                                if (!column.about().isEmpty()) {
                                    of.put("about", column.about());
                                }
                                return of;
                            })
                            .toList());
        }
        if (!notes.isEmpty()) {
            map.put("notes", notes);
        }
        return map;
    }

    /** Reads what {@link #toMap} gave. */
    static Reading fromMap(Map<String, Object> map) {
        var facts = new LinkedHashMap<>(map);
        facts.remove("format");
        facts.remove("columns");
        facts.remove("notes");
        var columns = new ArrayList<Column>();
        if (map.get("columns") instanceof List<?> list) {
            for (var entry : list) {
                if (entry instanceof Map<?, ?> of) {
                    var about = of.get("about");
                    columns.add(new Column(
                            String.valueOf(of.get("name")),
                            String.valueOf(of.get("role")),
                            about == null ? "" : String.valueOf(about)));
                }
            }
        }
        var notes = new ArrayList<String>();
        if (map.get("notes") instanceof List<?> list) {
            list.forEach(note -> notes.add(String.valueOf(note)));
        }
        return new Reading(String.valueOf(map.get("format")), facts, columns, notes);
    }
}
