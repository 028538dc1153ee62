package orrery.engine.team;

import java.util.List;
import orrery.engine.event.JobFailedException;
import orrery.engine.event.RunEvent;
import orrery.table.hold.MemoryPlan;
import orrery.table.spec.Placement;
import orrery.table.spec.Route;
import orrery.table.spec.TableSpec;

/** Whether tables fit, said before they are made. */
public final class Memory {
    private Memory() {}

    /**
     * The plan of the member that needs most.
     *
     * @param limit bytes that a process may have
     * @param snapshots bytes that copies of snapshots may take
     * @throws JobFailedException if it has not as much
     */
    public static RunEvent.MemoryPlanned checked(
            List<TableSpec> tables, Placement placement, int workers, long limit, long snapshots) {
        int members = placement.members().size();
        int each = Math.ceilDiv(workers, members);
        MemoryPlan most = null;
        for (int member : placement.members()) {
            var plan = MemoryPlan.of(tables, placement, member, each, snapshots);
            most = most == null || plan.bytes() > most.bytes() ? plan : most;
        }
        if (most == null) {
            throw new IllegalArgumentException("nobody has tables");
        }
        boolean isAlone = placement.members().contains(Placement.COORDINATOR);
        if (most.bytes() > limit) {
            boolean isReplicated = members > 1 && tables.stream().anyMatch(spec -> spec.route() == Route.PEERS);
            boolean isMirrored = most.tables().stream().anyMatch(need -> need.mirror() > 0);
            throw refused(
                    (isAlone ? "this process" : "each of " + members + " members") + " needs " + most + " and has "
                            + mebibytes(limit) + "; share the tables among more members, "
                            + (isReplicated ? "let updates go to owners only (Route.OWNERS, --send owners), " : "")
                            + (isMirrored ? "say so where they are read by key only (TableSpec.byKey), " : "")
                            + "or give each process more memory (ORRERY_JAVA_OPTS=-Xmx..., --memory)");
        }
        return new RunEvent.MemoryPlanned(most, isAlone ? 0 : members, limit);
    }

    /** The same of the JVM to which all tables come in the end. */
    public static void checkResult(List<TableSpec> tables, long limit) {
        var here = new Placement(0, List.of(Placement.COORDINATOR));
        var plan = MemoryPlan.of(tables, here, Placement.COORDINATOR, 0, 0);
        if (plan.bytes() > limit) {
            throw refused("the tables come to the coordinator in the end, which needs " + plan + " for them and has "
                    + mebibytes(limit) + "; leave them in the last checkpoint (Run.leavingTables), or give it more"
                    + " memory (ORRERY_JAVA_OPTS=-Xmx..., --memory)");
        }
    }

    /** The same of the JVM in which a virtual iteration is done, with all tables as they are at first. */
    public static void checkAll(List<TableSpec> tables, long limit) {
        var here = new Placement(0, List.of(Placement.COORDINATOR));
        var plan = MemoryPlan.of(tables, here, Placement.COORDINATOR, 1, 0);
        if (plan.bytes() > limit) {
            throw refused(
                    "what workers touch is found by a pass in which nothing is computed, with all tables in one process,"
                            + " which needs " + plan + " and has " + mebibytes(limit)
                            + "; run without a plan (--placement even), or give it more memory (ORRERY_JAVA_OPTS=-Xmx...)");
        }
    }

    private static JobFailedException refused(String why) {
        return new JobFailedException("too little memory: " + why, new IllegalArgumentException(why));
    }

    /** Bytes, for people. */
    public static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }
}
