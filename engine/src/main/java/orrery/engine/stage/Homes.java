package orrery.engine.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Where a stage's workers are, whichever members there are.
 *
 * @param workers how many
 * @param turn how many stages of the job walked before this one
 * @param given worker to member, where somebody else has decided; empty otherwise
 */
public record Homes(Parallelism parallelism, int workers, int turn, List<Integer> given) {
    /** Worker to member: as it was decided, if these members are there. */
    public List<Integer> on(List<Integer> members) {
        boolean isGiven = parallelism.isFound() ? given.size() >= workers : given.size() == workers;
        if (!isGiven || !members.containsAll(given)) {
            return parallelism.homes(workers, members, turn);
        }
        return IntStream.range(0, workers) // of one whose number is to be found, some of those that it may have
                .mapToObj(w -> given.get((int) ((long) w * given.size() / workers)))
                .toList();
    }

    /** The same with another number of workers, wherever these then are. */
    public Homes with(int others) {
        return new Homes(parallelism, others, turn, given);
    }

    /** As decided: member to workers. */
    public static List<Integer> given(Map<Integer, Integer> workers) {
        var homes = new ArrayList<Integer>();
        workers.forEach((member, n) -> {
            for (int i = 0; i < n; i++) {
                homes.add(member);
            }
        });
        return List.copyOf(homes);
    }
}
