package orrery.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

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
        var order = IntStream.range(0, pieces.size()).boxed().collect(Collectors.toCollection(ArrayList::new));
        order.sort(Comparator.comparingLong(p -> -pieces.get(p).bytes())); // the small ones fill up
        var near = new HashMap<String, ArrayDeque<Integer>>(); // by host: what it has at hand
        order.forEach(p -> pieces.get(p)
                .hosts()
                .forEach(host ->
                        near.computeIfAbsent(host, h -> new ArrayDeque<>()).add(p)));
        var readers = new long[pieces.size()]; // how many workers have it at hand
        Arrays.setAll(
                readers,
                p -> hosts.stream().filter(pieces.get(p).hosts()::contains).count());
        order.sort(Comparator.comparingLong(p -> readers[p]));
        var any = new ArrayDeque<>(order);
        var taken = new BitSet();
        var mine = new ArrayList<List<Integer>>();
        hosts.forEach(host -> mine.add(new ArrayList<>()));
        var bytes = new long[hosts.size()];
        while (taken.cardinality() < pieces.size()) {
            int worker = 0;
            for (int w = 1; w < bytes.length; w++) {
                worker = bytes[w] < bytes[worker] ? w : worker;
            }
            int own = next(near.getOrDefault(hosts.get(worker), new ArrayDeque<>()), taken);
            int piece = own >= 0 ? own : next(any, taken);
            taken.set(piece);
            mine.get(worker).add(piece);
            bytes[worker] += Math.max(1, pieces.get(piece).bytes());
        }
        return mine.stream()
                .map(numbers -> numbers.stream().sorted().map(pieces::get).toList())
                .toList();
    }

    /** The first that nobody has; -1 if there is none. */
    private static int next(ArrayDeque<Integer> queue, BitSet taken) {
        while (!queue.isEmpty()) {
            int piece = queue.remove();
            if (!taken.get(piece)) {
                return piece;
            }
        }
        return -1;
    }
}
