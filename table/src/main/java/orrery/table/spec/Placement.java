package orrery.table.spec;

import java.util.List;

/**
 * Which member owns which block: of a dense table a run of rows, of a sparse one the keys with the same hash bits. Members
 * own neighbouring blocks of a table, as evenly as blocks allow; where there are more members than blocks, some own none.
 * The blocks of a small table begin with a member that its shape picks, so that tables of one shape lie alike.
 *
 * @param version larger for later placements of a run
 * @param members who owns blocks, ascending
 * @param hosts who of them has workers, and so the blocks of tables that are with these, ascending
 */
public record Placement(int version, List<Integer> members, List<Integer> hosts) {
    /** The member that coordinates, and owns blocks only when a job is over. */
    public static final int COORDINATOR = 0;

    public Placement {
        members = List.copyOf(members);
        hosts = List.copyOf(hosts);
        if (!members.containsAll(hosts) || hosts.isEmpty()) {
            throw new IllegalArgumentException("workers are on members " + hosts + ", of " + members);
        }
        if (members.isEmpty()) {
            throw new IllegalArgumentException("nobody is to own the tables");
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

    /** The members among whom a table's blocks are. */
    public List<Integer> holders(TableSpec spec) {
        boolean isWithWorkers = spec.home() == TableSpec.Home.WITH_WORKERS || spec.route() == Route.PEERS;
        return isWithWorkers ? hosts : members;
    }

    /** The member that owns a block. */
    public int owner(TableSpec spec, int block, int blocks) {
        return owner(spec, block, blocks, holders(spec));
    }

    private static int owner(TableSpec spec, int block, int blocks, List<Integer> members) {
        var order = spec.order();
        if (order != null && order.members() == members.size()) {
            return members.get(order.owner(block));
        }
        int shift = blocks >= members.size() ? 0 : Math.floorMod(31 * spec.rows() + spec.width(), members.size());
        int position = (int) ((long) block * members.size() / blocks) + shift;
        return members.get(position % members.size());
    }
}
