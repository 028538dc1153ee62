package orrery.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Reads edges, one a line: from, to, and anything after, with tabs, commas or spaces between. Lines that begin with # or %
 * are comments. Nodes are words, numbered in the order of their first mention.
 */
final class EdgeList {
    private static final int BUFFER = 1 << 16;

    private final WordIndex nodes = new WordIndex();
    private int[] from = new int[1 << 10];
    private int[] to = new int[1 << 10];
    private int edges;

    private EdgeList() {}

    /** @param name of the file, for messages */
    static Graph read(InputStream in, String name) throws IOException {
        return new EdgeList().readAll(in, name);
    }

    private Graph readAll(InputStream in, String name) throws IOException {
        var buffer = new byte[BUFFER];
        int held = 0;
        long line = 0;
        while (true) {
            int read = in.read(buffer, held, buffer.length - held);
            int end = held + Math.max(0, read);
            int start = 0;
            for (int i = held; i < end; i++) {
                if (buffer[i] == '\n') {
                    line(buffer, start, i, name, ++line);
                    start = i + 1;
                }
            }
            if (read < 0) {
                if (start < end) {
                    line(buffer, start, end, name, ++line);
                }
                break;
            }
            held = end - start;
            System.arraycopy(buffer, start, buffer, 0, held);
            if (held == buffer.length) {
                buffer = Arrays.copyOf(buffer, 2 * held);
            }
        }
        if (edges == 0) {
            throw new DataException(name + ": there are no edges in it");
        }
        return Graph.of(List.copyOf(nodes.words()), nodes.size(), from, to, edges);
    }

    private void line(byte[] bytes, int start, int end, String name, long number) throws DataException {
        int at = skip(bytes, start, end);
        if (at == end || bytes[at] == '#' || bytes[at] == '%') {
            return;
        }
        int source = at;
        int sourceEnd = word(bytes, at, end);
        int target = skip(bytes, sourceEnd, end);
        int targetEnd = word(bytes, target, end);
        if (target == targetEnd) {
            throw new DataException(name + ":" + number + ": expected two nodes, found '"
                    + new String(bytes, start, Math.min(60, end - start), StandardCharsets.UTF_8) + "'");
        }
        if (edges == from.length) {
            if (edges > Integer.MAX_VALUE / 2 - 8) {
                throw new DataException(name + ":" + number + ": more than " + edges + " edges");
            }
            from = Arrays.copyOf(from, 2 * edges);
            to = Arrays.copyOf(to, 2 * edges);
        }
        from[edges] = node(bytes, source, sourceEnd);
        to[edges++] = node(bytes, target, targetEnd);
    }

    private int node(byte[] bytes, int start, int end) {
        long hash = WordIndex.hash(bytes, start, end);
        int known = nodes.find(hash);
        return known >= 0 ? known : nodes.enter(hash, new String(bytes, start, end - start, StandardCharsets.UTF_8));
    }

    private static boolean isBetween(byte b) {
        return b == ' ' || b == '\t' || b == ',' || b == '\r';
    }

    private static int skip(byte[] bytes, int at, int end) {
        int i = at;
        while (i < end && isBetween(bytes[i])) {
            i++;
        }
        return i;
    }

    private static int word(byte[] bytes, int at, int end) {
        int i = at;
        while (i < end && !isBetween(bytes[i])) {
            i++;
        }
        return i;
    }
}
