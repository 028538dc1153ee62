package orrery.table.worker;

import org.jspecify.annotations.Nullable;
import orrery.table.hold.Tables;
import orrery.table.mail.Mail;
import orrery.table.mail.Pushes;
import orrery.table.plan.Recording;
import orrery.table.remote.Reads;

/** A worker as its readers and writers know it. Confined to its thread. */
public final class Self {
    final Tables tables;
    final int worker;
    final int workers;
    final long waitLimitNanos;
    final @Nullable Among among; // of other nodes, if there are any
    final @Nullable Mail mail; // to other nodes, if there are any
    final @Nullable Reads reads; // of rows of others
    final @Nullable Pushes pushes;
    final @Nullable Recording recording;
    final boolean isVirtual; // recorded, and nothing done
    long waitedNanos; // for others
    float share; // of all examples

    /**
     * A worker.
     *
     * @param isVirtual whether what it does is only recorded
     */
    public Self(
            Tables tables,
            @Nullable Among among,
            int worker,
            int workers,
            long waitLimitNanos,
            @Nullable Recording recording,
            boolean isVirtual) {
        this.tables = tables;
        this.worker = worker;
        this.workers = workers;
        this.waitLimitNanos = waitLimitNanos;
        this.recording = recording;
        this.isVirtual = isVirtual;
        this.among = among;
        mail = among == null ? null : among.mail();
        reads = among == null ? null : among.reads();
        pushes = among == null ? null : new Pushes(among.mail(), worker, waitLimitNanos);
        share = 1f / workers;
    }
}
