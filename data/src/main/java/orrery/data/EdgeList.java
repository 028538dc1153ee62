package orrery.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;

/**
 * Reads edges, one a line: from, to, and anything after, with tabs, commas or spaces between. Nodes are words, numbered in
 * the order of their first mention.
 */
final class EdgeList {
    private final WordIndex nodes = new WordIndex();
    private int[] from = new int[1 << 10];
    private int[] to = new int[1 << 10];
    private int edges;

    private EdgeList() {}

    /** @param name of the file, for messages */
    static Graph read(InputStream in, String name) throws IOException {
        var list = new EdgeList();
        new Lines(" \t,\r").read(in, (bytes, ends, count, line) -> list.add(bytes, ends, count, name + ":" + line));
        if (list.edges == 0) {
            throw new DataException(name + ": there are no edges in it");
        }
        return Graph.of(List.copyOf(list.nodes.words()), list.nodes.size(), list.from, list.to, list.edges);
    }

    private void add(byte[] bytes, int[] ends, int count, String place) throws DataException {
        if (count < 2) {
            throw new DataException(
                    place + ": expected two nodes, found '" + Lines.text(bytes, ends[0], ends[1]) + "'");
        }
        if (edges == from.length) {
            if (edges > Integer.MAX_VALUE / 2 - 8) {
                throw new DataException(place + ": more than " + edges + " edges");
            }
            from = Arrays.copyOf(from, 2 * edges);
            to = Arrays.copyOf(to, 2 * edges);
        }
        from[edges] = nodes.number(bytes, ends[0], ends[1]);
        to[edges++] = nodes.number(bytes, ends[2], ends[3]);
    }
}
