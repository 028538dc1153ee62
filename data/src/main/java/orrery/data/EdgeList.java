package orrery.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import orrery.store.Printable;

/**
 * Reads edges, one a line: from, to and perhaps a weight, in columns that are named or numbered, or the first. A type
 * column, as Gephi writes it, says which edges go both ways. Files of Matrix Market hold a graph's matrix.
 */
final class EdgeList {
    private static final List<String> KEYS = List.of("from", "to", "weight");
    private static final Pattern FROM =
            Pattern.compile("(source|from|src|start|tail|out|citing|follower|parent)(node|vertex|id|name|nodeid)?s?");
    private static final Pattern TO = Pattern.compile(
            "(target|to|dst|dest|destination|end|head|in|cited|followee|child)(node|vertex|id|name|nodeid)?s?");
    private static final Pattern WEIGHT = Pattern.compile("(weight|w|strength|count|value)s?");
    private static final PairList.Headings NAMES = new PairList.Headings(
            name -> FROM.matcher(name).matches(),
            name -> TO.matcher(name).matches(),
            name -> WEIGHT.matcher(name).matches());
    private static final String MATRIX_MARKET = "%%MatrixMarket";

    private EdgeList() {}

    static Read<Graph> read(FileSet files, ListOptions options) throws IOException {
        var list = new PairList("two nodes", true, true);
        Reading reading = Reading.of("edges");
        boolean hasWeights = false;
        for (int part = 0; part < files.size(); part++) {
            String name = files.nameOf(part);
            try (var text = files.open(part)) {
                var begun = text.begin(Look.BYTES);
                if (begun.start().length == 0 && files.size() > 1) {
                    continue;
                }
                if (isMatrix(begun.start())) {
                    return matrix(begun.all(), name, options, text);
                }
                var said = text.isTable() ? ReadOptions.defaults().ofTable().text() : options.text();
                var look = Look.at(
                        begun.start(),
                        begun.isAll(),
                        name,
                        said,
                        Look.OF_LISTS,
                        true,
                        field -> options.isNamed(field),
                        field -> FROM.matcher(Look.plain(field)).matches()
                                || TO.matcher(Look.plain(field)).matches());
                var places = PairList.places(look, options, KEYS, NAMES, options.usesWeights(), name);
                if (places.second() < 0) {
                    throw new DataException(name + ": expected two nodes in each line, found one column ('"
                            + Printable.of(look.names().getFirst()) + "'); say what stands between by --delimiter");
                }
                list.read(
                        begun.all(),
                        name,
                        look.dialect(),
                        look.names().size(),
                        places,
                        look.hasHeader(),
                        options.threads());
                hasWeights |= places.value() >= 0;
                reading = PairList.reading("edges", look, places, KEYS, text, files);
                reading = with(
                        reading, "weights", places.value() >= 0 ? "used" : options.usesWeights() ? "none" : "not used");
            }
        }
        if (list.size() == 0) {
            throw new DataException(files.name() + ": there are no edges in it");
        }
        if (list.undirected > 0) {
            if (list.undirected < list.size()) {
                throw new DataException(files.name() + ": " + list.undirected + " of " + list.size()
                        + " edges are undirected, the others are not; write the undirected ones in both directions");
            }
            bothWays(list);
            reading = with(reading, "undirected", "each edge goes both ways");
        }
        return graph(list, hasWeights, reading);
    }

    private static Reading with(Reading reading, String fact, Object value) {
        var facts = new LinkedHashMap<>(reading.facts());
        facts.put(fact, value);
        return new Reading(reading.format(), facts, reading.columns(), reading.notes());
    }

    private static void bothWays(PairList list) {
        int size = list.size();
        int[] from = list.first();
        int[] to = list.second();
        double[] weights = list.values();
        for (int e = 0; e < size; e++) {
            if (from[e] != to[e]) {
                list.add(to[e], from[e], weights[e]);
            }
        }
    }

    private static Read<Graph> graph(PairList list, boolean hasWeights, Reading reading) throws DataException {
        double[] weights = list.values();
        boolean differ = false;
        for (double weight : weights) {
            differ |= weight != weights[0];
        }
        var graph = graph(list, hasWeights && differ ? weights : new double[0]);
        if (hasWeights && graph.edges() < list.size()) {
            graph = graph(list, weights); // those of edges that occur again are added up
        }
        if (list.comments() > 0) {
            reading = with(reading, "comment lines", list.comments());
        }
        int again = list.size() - graph.edges();
        return new Read<>(
                graph,
                again == 0
                        ? reading
                        : reading.with(again + (again == 1 ? " edge occurs" : " edges occur") + " more than once"
                                + (graph.isWeighted() ? "; their weights are added up" : "; each counts once")));
    }

    private static Graph graph(PairList list, double[] weights) {
        return Graph.of(
                List.copyOf(list.firsts.words()),
                list.firsts.size(),
                list.first(),
                list.second(),
                weights,
                list.size());
    }

    // Matrix Market

    private static boolean isMatrix(byte[] start) {
        return start.length > MATRIX_MARKET.length()
                && new String(start, 0, MATRIX_MARKET.length(), StandardCharsets.ISO_8859_1)
                        .equalsIgnoreCase(MATRIX_MARKET);
    }

    private static Read<Graph> matrix(InputStream in, String name, ListOptions options, Text text) throws IOException {
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        String head = String.valueOf(reader.readLine()).toLowerCase(Locale.ROOT).strip();
        var words = head.split("\\s+", -1);
        if (words.length < 5 || !words[1].equals("matrix") || !words[2].equals("coordinate")) {
            throw new DataException(
                    name + ":1: expected '%%MatrixMarket matrix coordinate ...', a list of entries, found '"
                            + Printable.of(head) + "'");
        }
        if (!words[3].matches("pattern|real|integer|double") || !words[4].matches("general|symmetric")) {
            throw new DataException(name + ":1: a graph's matrix is pattern, real or integer, and general or symmetric,"
                    + " found '" + Printable.of(words[3] + " " + words[4]) + "'");
        }
        long line = 1;
        String size = reader.readLine();
        for (line++; size != null && (size.startsWith("%") || size.isBlank()); line++) {
            size = reader.readLine();
        }
        var sizes = String.valueOf(size).strip().split("\\s+", -1);
        if (sizes.length != 3 || !String.join("", sizes).matches("[0-9]{3,40}")) {
            throw new DataException(name + ":" + line + ": expected rows, columns and entries, found '"
                    + Printable.of(String.valueOf(size)) + "'");
        }
        if (!sizes[0].equals(sizes[1])) {
            throw new DataException(
                    name + ":" + line + ": a graph's matrix is square, this one is " + sizes[0] + " x " + sizes[1]);
        }
        boolean hasWeights = !words[3].equals("pattern") && options.usesWeights();
        var list = new PairList("row and column", true, true);
        int nodes = Integer.parseInt(sizes[0]);
        for (int v = 1; v <= nodes; v++) {
            list.firsts.add(String.valueOf(v));
        }
        long due = Long.parseLong(sizes[2]);
        for (String entry = reader.readLine(); entry != null; entry = reader.readLine()) {
            line++;
            if (!entry.isBlank()) {
                entry(entry, list, nodes, words[3], hasWeights, name + ":" + line);
            }
        }
        if (list.size() != due) {
            throw new DataException(name + ": has " + list.size() + " entries, its second line says " + due);
        }
        if (words[4].equals("symmetric")) {
            bothWays(list);
        }
        var facts = new LinkedHashMap<String, Object>();
        facts.put("entries", words[3] + ", " + words[4]);
        facts.put("weights", hasWeights ? "used" : words[3].equals("pattern") ? "none" : "not used");
        text.about().forEach(fact -> facts.put(fact, true));
        return graph(list, hasWeights, new Reading("MatrixMarket", facts, List.of(), new ArrayList<>()));
    }

    private static void entry(String entry, PairList list, int nodes, String kind, boolean hasWeights, String place)
            throws DataException {
        var words = entry.strip().split("\\s+", -1);
        int due = kind.equals("pattern") ? 2 : 3;
        try {
            int row = Integer.parseInt(words[0]);
            int column = Integer.parseInt(words[1]);
            double weight = due == 3 ? Double.parseDouble(words[2]) : 1;
            if (hasWeights && !(weight >= 0 && weight <= Float.MAX_VALUE)) {
                throw new DataException(place + ": an entry is " + words[2]
                        + "; weights must be 0 or more, and finite: --unweighted leaves them out");
            }
            if (words.length == due && row >= 1 && row <= nodes && column >= 1 && column <= nodes) {
                list.add(row - 1, column - 1, hasWeights ? weight : 1);
                return;
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            // told below
        }
        throw new DataException(place + ": expected row and column from 1 to " + nodes
                + (due == 3 ? " and a value" : "") + ", found '" + Printable.of(entry) + "'");
    }
}
