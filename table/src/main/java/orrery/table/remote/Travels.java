package orrery.table.remote;

import java.util.HashMap;
import java.util.Map;
import orrery.table.cells.CountRows;
import orrery.table.cells.IntCells;
import orrery.table.cells.Shard;
import orrery.table.hold.Rotation;
import orrery.table.hold.Table;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.table.spec.TableSpec;
import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * Blocks that go from worker to worker, where the next is of another member: sends them, and takes in those that come. Sent
 * by workers' threads, received by the server's.
 */
public final class Travels implements Rotation.Carrier {
    private final Mail mail;
    private final int stage;
    private final Map<Key, Coming> coming = new HashMap<>(); // of the server's thread

    private record Key(int table, int block) {}

    /** A block of which some has come: the cells of a count block, or how much of a block of floats. */
    private static final class Coming {
        final long visit;
        final IntCells cells;
        int received;

        Coming(long visit, IntCells cells) {
            this.visit = visit;
            this.cells = cells;
        }
    }

    /** @param stage its number among all that the run begins */
    public Travels(Mail mail, int stage) {
        this.mail = mail;
        this.stage = stage;
    }

    @Override
    public void send(Table table, int block, long visit, int member, long limitNanos) {
        var shard = table.shard;
        boolean isCounts = table.spec().type() == TableSpec.Type.COUNT;
        var cells = isCounts ? table.counts().block(block).encode() : new IntCells(0);
        int length = isCounts ? cells.length() : shard.cells(block, 0);
        int most = (Frame.MOST_PAYLOAD_BYTES - Messages.Passed.BYTES - cells.mostPacked(0)) / Integer.BYTES;
        int at = 0;
        do {
            int count = Math.min(most, length - at);
            var frame = mail.frame(Messages.Passed.TYPE, Lane.BULK, Messages.Passed.BYTES + cells.mostPacked(count))
                    .table(table.number())
                    .block(block)
                    .request(visit);
            new Messages.Passed(stage, length, at, count).write(frame);
            if (isCounts) {
                cells.pack(frame, at, count);
            } else {
                shard.put(frame, block, 0, at, count);
            }
            at += count;
            if (at == length) {
                shard.leave(block); // before it can come back
            }
            mail.send(member, frame, limitNanos);
        } while (at < length);
    }

    /** Takes in a piece of a block; the rotation knows when it is whole. */
    void receive(Frame frame, Table table) {
        var piece = Messages.Passed.read(frame);
        int block = frame.block();
        long visit = frame.request();
        if (piece.stage() != stage) {
            return; // of a stage that is over
        }
        var rotation = table.rotation();
        check(frame, table, rotation, piece);
        var key = new Key(frame.table(), block);
        var before = coming.get(key);
        if (before == null || before.visit < visit) {
            before = new Coming(
                    visit,
                    table.spec().type() == TableSpec.Type.COUNT ? new IntCells(piece.length()) : new IntCells(0));
            coming.put(key, before);
        }
        if (before.visit > visit || piece.at() < before.received) {
            return; // it has come before
        }
        if (piece.at() > before.received) {
            throw new IndexOutOfBoundsException("a piece of block " + block + " of table '" + table.name()
                    + "' begins at " + piece.at() + ", the last ended at " + before.received);
        }
        if (table.spec().type() == TableSpec.Type.COUNT) {
            before.cells.unpack(frame, piece.at(), piece.count());
        } else {
            takeFloats(frame, table.shard, block, piece);
        }
        before.received += piece.count();
        if (before.received == piece.length()) {
            if (table.spec().type() == TableSpec.Type.COUNT) {
                table.counts()
                        .block(
                                block,
                                CountRows.decode(
                                        table.shard.rows().resident(block),
                                        table.spec().width(),
                                        before.cells));
            }
            coming.put(key, new Coming(visit + 1, new IntCells(0))); // what comes of this visit has come before
            rotation.arrived(block, visit);
        }
    }

    private void takeFloats(Frame frame, Shard shard, int block, Messages.Passed piece) {
        int stripe = shard.rows().stripeOfBlock(block);
        shard.locks().lock(stripe);
        try {
            shard.take(frame, block, 0, piece.at(), piece.count());
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    private void check(Frame frame, Table table, Rotation rotation, Messages.Passed piece) {
        int block = frame.block();
        long visit = frame.request();
        var from = frame.from();
        int blocks = table.shard.rows().blocks;
        if (block < 0
                || block >= blocks
                || visit < 1
                || piece.at() < 0
                || piece.count() < 0
                || piece.length() < 0
                || (long) piece.at() + piece.count() > piece.length()
                || (table.shard.isOfFixedSize()
                        && piece.length()
                                != table.shard.rows().resident(block)
                                        * table.spec().width())) {
            throw new IndexOutOfBoundsException("a piece of " + piece.count() + " from " + piece.at() + " on, of "
                    + piece.length() + ", of block " + block + " of table '" + table.name() + "' at visit " + visit);
        }
        if (from == null
                || rotation.member(rotation.worker(block, visit - 1)) != from.id()
                || rotation.member(rotation.worker(block, visit)) != mail.me()) {
            throw new IllegalArgumentException("block " + block + " of table '" + table.name()
                    + "' does not come here from its sender at visit " + visit);
        }
    }
}
