package orrery.table.worker;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.table.clock.Clocks;
import orrery.table.hold.Table;
import orrery.table.mail.JointPushes;
import orrery.table.outbox.Sums;

/** A table group as one worker sees it. Confined to the worker's thread. */
final class Group {
    final String name;
    final Clocks clocks;
    final Clocks.Ticket ticket;

    @Nullable
    JointPushes joint; // of this node's workers; null if each pushes alone

    final List<JointPushes.Sealed> sealed = new ArrayList<>(); // at a tick: what joins it
    boolean isApart; // this worker pushes alone at this clock
    boolean staysApart; // and at all that follow: it has created a table
    boolean mayHaveUnsent;
    long clock;

    Group(String name, Clocks clocks, int worker, long clock) {
        this.name = name;
        this.clocks = clocks;
        this.clock = clock;
        ticket = new Clocks.Ticket(worker, Thread.currentThread());
    }

    /** Others are asked for what this worker may have changed; they must have been told. */
    void sendUnsent(int worker) {
        if (joint != null && mayHaveUnsent) {
            joint.sendUnsent(worker);
            mayHaveUnsent = false;
        }
    }

    /** Whether what is for others goes with what the node's other workers have; it is cleared after the tick then. */
    boolean joins(Table table, Sums sums) {
        boolean joins = joint != null && !isApart;
        if (joins) {
            sealed.add(new JointPushes.Sealed(table, sums));
        }
        return joins;
    }

    void clearSealed() {
        for (int i = 0; i < sealed.size(); i++) {
            sealed.get(i).sums().clear();
        }
        sealed.clear();
    }

    /** Whether that is about to go. */
    boolean hasJoined(Sums sums) {
        for (int i = 0; i < sealed.size(); i++) {
            if (sealed.get(i).sums() == sums) {
                return true;
            }
        }
        return false;
    }
}
