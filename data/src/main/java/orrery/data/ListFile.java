package orrery.data;

import java.io.IOException;
import java.io.Writer;

/** Writes ratings and edges as comma-separated values, for other tools; names are quoted where they must be. */
public final class ListFile {
    private ListFile() {}

    /** Writes a line {@code user,item,rating} per rating. */
    public static void write(Ratings ratings, Writer out) throws IOException {
        out.write("user,item,rating\n");
        for (int i = 0; i < ratings.size(); i++) {
            out.write(quoted(ratings.userName(ratings.users()[i])));
            out.write(',');
            out.write(quoted(ratings.itemName(ratings.items()[i])));
            out.write(',');
            out.write(number(ratings.values()[i]));
            out.write('\n');
        }
    }

    /** Writes a line {@code source,target,weight} per edge, without the weight if edges have none. */
    public static void write(Graph graph, Writer out) throws IOException {
        out.write(graph.isWeighted() ? "source,target,weight\n" : "source,target\n");
        for (int v = 0; v < graph.nodes(); v++) {
            for (int k = graph.starts()[v]; k < graph.starts()[v + 1]; k++) {
                out.write(quoted(graph.name(graph.sources()[k])));
                out.write(',');
                out.write(quoted(graph.name(v)));
                if (graph.isWeighted()) {
                    out.write(',');
                    out.write(number(graph.weights()[k]));
                }
                out.write('\n');
            }
        }
    }

    private static String number(float value) {
        return value == Math.rint(value) && Math.abs(value) < 1e6 ? String.valueOf((int) value) : String.valueOf(value);
    }

    private static String quoted(String name) {
        boolean isPlain = !name.isEmpty() && name.equals(name.strip());
        for (int i = 0; i < name.length() && isPlain; i++) {
            isPlain = ",\"\n\r#%".indexOf(name.charAt(i)) < 0;
        }
        return isPlain ? name : '"' + name.replace("\"", "\"\"") + '"';
    }
}
