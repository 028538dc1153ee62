package orrery.table.plan;

import java.util.Arrays;
import java.util.Comparator;

/** Who owns which row of a table whose use is known. */
public enum Placing {
    /** Whoever the row's hash picks: what a store does that knows nothing. */
    HASH {
        @Override
        int[] owners(Accesses of) {
            var owners = new int[of.rows()];
            Arrays.setAll(owners, row -> (int) Math.floorMod((row * 0x9e3779b97f4a7c15L) >>> 17, (long) of.members()));
            return owners;
        }
    },

    /**
     * Whoever reads and writes it at most clocks; of several the one with the least load, which counts in no other case
     * (Cui et al., SoCC 2014).
     */
    MOST_ACCESSES {
        @Override
        int[] owners(Accesses of) {
            var owners = new int[of.rows()];
            var load = new long[of.members()];
            for (int row = 0; row < owners.length; row++) {
                int best = 0;
                long most = -1;
                for (int m = 0; m < load.length; m++) {
                    long accesses = (long) of.readClocks()[m][row] + of.writes()[m][row];
                    if (accesses > most || (accesses == most && load[m] < load[best])) {
                        best = m;
                        most = accesses;
                    }
                }
                owners[row] = best;
                load[best] += most;
            }
            return owners;
        }
    },

    /**
     * So that few bytes go over the wire, while nobody has more than 1.1 times the mean load: those rows first for which
     * their owner matters most.
     */
    FEWEST_BYTES {
        @Override
        int[] owners(Accesses of) {
            int members = of.members();
            var owners = new int[of.rows()];
            var load = new long[members];
            var gains = new long[of.rows()];
            var loads = new long[of.rows()];
            long total = 0;
            for (int row = 0; row < owners.length; row++) {
                long first = 0;
                long second = 0;
                loads[row] = 1;
                for (int m = 0; m < members; m++) {
                    long saved = of.rowsSaved(m, row);
                    loads[row] += saved;
                    second = Math.max(second, Math.min(first, saved));
                    first = Math.max(first, saved);
                }
                gains[row] = first - second;
                total += loads[row];
            }
            long most = (long) Math.ceil(MOST_LOAD * total / members);
            var order = new Integer[owners.length];
            Arrays.setAll(order, row -> row);
            Arrays.sort(order, Comparator.comparingLong((Integer row) -> -gains[row]));
            for (int row : order) {
                int best = -1;
                for (int m = 0; m < members; m++) {
                    if (load[m] + loads[row] <= most && (best < 0 || isBetter(of, row, m, best, load))) {
                        best = m;
                    }
                }
                if (best < 0) { // a row that is too much for anybody
                    best = 0;
                    for (int m = 1; m < members; m++) {
                        best = load[m] < load[best] ? m : best;
                    }
                }
                owners[row] = best;
                load[best] += loads[row];
            }
            return owners;
        }

        private static boolean isBetter(Accesses of, int row, int m, int than, long[] load) {
            long saved = of.rowsSaved(m, row);
            long other = of.rowsSaved(than, row);
            return saved > other || (saved == other && load[m] < load[than]);
        }
    };

    static final double MOST_LOAD = 1.1;

    /** By row: the position of its owner. */
    abstract int[] owners(Accesses of);
}
