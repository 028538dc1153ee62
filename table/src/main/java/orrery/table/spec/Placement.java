package orrery.table.spec;

import java.util.List;

/**
 * Which member owns which block. A block is a stripe of a table: of a dense table a run of rows, of a sparse one the keys
 * with the same hash bits. Members own neighbouring blocks of a table, as evenly as blocks allow; a table of one block
 * goes to a member that its shape picks, so that tables of one shape lie alike.
 *
 * @param version larger for later placements of a run
 * @param members who owns blocks, ascending
 * @param hosts who of them has workers, and so the blocks of tables that are with these, ascending
 */
public record Placement(int version, List<Integer> members, List<Integer> hosts) {
    /** More members than a table has blocks would have nothing to own. */
    public static final int MOST_MEMBERS = 16;

    /** The member that coordinates, and owns blocks only when a job is over. */
    public static final int COORDINATOR = 0;

    public Placement {
        members = List.copyOf(members);
        hosts = List.copyOf(hosts);
        if (!members.containsAll(hosts) || hosts.isEmpty()) {
            throw new IllegalArgumentException("workers are on members " + hosts + ", of " + members);
        }
        if (members.isEmpty() || members.size() > MOST_MEMBERS) {
            throw new IllegalArgumentException(
                    "1 to " + MOST_MEMBERS + " members can share tables, asked for " + members.size());
        }
    }

    /** All members have workers. */
    public Placement(int version, List<Integer> members) {
        this(version, members, members);
    }

    /**
     * By where the workers are.
     *
     * @param homes worker to member; empty where there are no workers any more, and all members are as good
     */
    public static Placement of(int version, List<Integer> members, List<Integer> homes) {
        return new Placement(
                version,
                members,
                homes.isEmpty() ? members : homes.stream().distinct().toList());
    }

    /** The member that owns a block. */
    public int owner(TableSpec spec, int stripe, int stripes) {
        return spec.home() == TableSpec.Home.WITH_WORKERS
                ? owner(spec, stripe, stripes, hosts)
                : owner(spec, stripe, stripes, members);
    }

    private static int owner(TableSpec spec, int stripe, int stripes, List<Integer> members) {
        var order = spec.order();
        if (order != null && order.members() == members.size()) {
            return members.get(order.owner(stripe));
        }
        int shift = stripes >= members.size() ? 0 : Math.floorMod(31 * spec.rows() + spec.width(), members.size());
        int position = (int) ((long) stripe * members.size() / stripes) + shift;
        return members.get(position % members.size());
    }
}
