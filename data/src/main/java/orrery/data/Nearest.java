package orrery.data;

import java.util.Collection;
import java.util.Locale;
import orrery.store.Printable;

/** The known name that is most like a wrong one. */
public final class Nearest {
    private Nearest() {}

    /** {@code ; did you mean 'workers'?}, or the known names if none is near. */
    public static String hint(String wrong, Collection<String> known) {
        String best = "";
        int least = Integer.MAX_VALUE;
        for (var name : known) {
            int distance = distance(wrong.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
            if (distance < least) {
                least = distance;
                best = name;
            }
        }
        if (least <= Math.max(2, wrong.length() / 2)) {
            return "; did you mean '" + Printable.of(best) + "'?";
        }
        return known.isEmpty() ? "" : "; there are " + Printable.of(String.join(", ", known));
    }

    /** Insertions, deletions, replacements and swaps of neighbours that make one into the other. */
    static int distance(String a, String b) {
        var d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replace = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replace, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
