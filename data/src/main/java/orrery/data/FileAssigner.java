package orrery.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Who reads which pieces: each worker first those that its machine has at hand, then any (FlexPS, section 8, where a master
 * hands them out one by one). Here all are dealt out at once, as a pure function of the pieces and of where the workers
 * are, so that whoever repeats a clock reads the same.
 */
public final class FileAssigner {
    private FileAssigner() {}

    /**
     * Deals out pieces: in turn to the worker that has fewest bytes so far, a piece of its own host's if there is one left,
     * else one that the fewest workers have at hand.
     *
     * @param hosts by worker: its machine
     * @return by worker: its pieces, in the order of {@code pieces}
     */
    public static List<List<Piece>> assign(List<Piece> pieces, List<String> hosts) {
        if (hosts.isEmpty()) {
            throw new IllegalArgumentException("pieces are dealt out to one worker at least");
        }
        var left = new ArrayList<>(pieces);
        left.sort(Comparator.<Piece>comparingLong(piece -> -piece.bytes())); // the small ones fill up
        var all = new ArrayList<List<Piece>>();
        var bytes = new long[hosts.size()];
        hosts.forEach(host -> all.add(new ArrayList<>()));
        while (!left.isEmpty()) {
            int worker = 0;
            for (int w = 1; w < bytes.length; w++) {
                worker = bytes[w] < bytes[worker] ? w : worker;
            }
            var piece = next(left, hosts.get(worker), hosts);
            left.remove(piece);
            all.get(worker).add(piece);
            bytes[worker] += Math.max(1, piece.bytes());
        }
        for (var mine : all) {
            mine.sort(Comparator.comparingInt(pieces::indexOf));
        }
        return all.stream().map(List::copyOf).toList();
    }

    private static Piece next(List<Piece> left, String host, List<String> hosts) {
        Piece best = null;
        long fewest = Long.MAX_VALUE;
        for (var piece : left) {
            if (piece.hosts().contains(host)) {
                return piece;
            }
            long near = hosts.stream().filter(piece.hosts()::contains).count();
            if (best == null || near < fewest) {
                best = piece;
                fewest = near;
            }
        }
        return best == null ? left.getFirst() : best;
    }
}
