package orrery.table.remote;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import orrery.table.cells.BlockCopy;
import orrery.table.cells.Cells;
import orrery.table.cells.Shard;
import orrery.table.hold.Table;
import orrery.table.hold.Tables;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.table.spec.Placement;
import orrery.table.spec.Route;
import orrery.table.spec.TableSpec;
import orrery.table.spec.WaitExpiredException;
import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * Blocks on their way from one owner to the next, at a cut: a node sends those that leave it, waits for those that come,
 * and from then on lives under the new placement. Reads that come in meanwhile are answered as before.
 *
 * <p>What comes to a node that is moving goes to its place as it comes, if the block is of a dense table; all else is
 * put together first. So parts of a dense block leave while others arrive, and there is no second one of it.
 */
public final class Moves {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private final Mail mail;
    private final Tables tables;
    private final Map<Key, Coming> coming = new HashMap<>(); // guarded by this
    private int version; // those of earlier moves are forgotten
    private int moving = -1; // the version that is being moved to: what comes of it may be put in place

    private record Key(int version, int table, int block) {}

    /** A block of which some has come: its keys, then its planes. */
    private static final class Coming {
        final boolean inPlace;
        long[] keys = {};
        final List<Cells> planes = new ArrayList<>();
        boolean isWhole;

        Coming(boolean inPlace) {
            this.inPlace = inPlace;
        }
    }

    public Moves(Mail mail, Tables tables) {
        this.mail = mail;
        this.tables = tables;
    }

    /** A piece of a block: which array of how many, its length, where the piece begins, its values. */
    void receive(Frame frame, Table table) {
        int of = (int) frame.request();
        Coming block;
        synchronized (this) {
            if (of - version < 0) {
                return; // of a move that is over
            }
            block = coming.computeIfAbsent(
                    new Key(of, frame.table(), frame.block()), k -> new Coming(of == moving && isInPlace(table.shard)));
        }
        var piece = Messages.BlockPiece.read(frame);
        int array = piece.array();
        int length = piece.length();
        int at = piece.at();
        int count = piece.count();
        if (array < 0 || length < 0 || at < 0 || count < 0 || (long) at + count > length) {
            throw new IndexOutOfBoundsException("a piece of " + count + " from " + at + " on, of " + length);
        }
        if (block.inPlace) {
            place(frame, table.shard, array - 1, length, at, count);
        } else if (array == 0) {
            if (at == 0) {
                block.keys = new long[length];
            }
            frame.getLongs(block.keys, at, count);
        } else {
            if (at == 0) {
                block.planes.add(table.shard.newCells(array - 1, length));
            }
            block.planes.get(array - 1).take(frame, at, count);
        }
        if ((frame.flags() & Messages.LAST) != 0) {
            synchronized (this) {
                block.isWhole = true;
                notifyAll();
            }
        }
    }

    /** Whether a block's cells have their places before they come. */
    private static boolean isInPlace(Shard shard) {
        return shard.rows().isDense && shard.isOfFixedSize();
    }

    private static void place(Frame frame, Shard shard, int plane, int length, int at, int count) {
        int block = frame.block();
        if (plane < 0 && length == 0) {
            return; // a dense block has no keys
        }
        if (plane < 0 || plane >= shard.planes() || length != shard.cells(block, plane)) {
            throw new IndexOutOfBoundsException("array " + plane + " of " + length + " cells, for block " + block);
        }
        int stripe = shard.rows().stripeOfBlock(block);
        shard.locks().lock(stripe);
        try {
            shard.take(frame, block, plane, at, count);
        } finally {
            shard.locks().unlock(stripe);
        }
    }

    /** Sends, waits, and takes up the new placement. Returns how many blocks came. Only while no worker is at work. */
    public int move(Placement from, Placement to, long limitNanos) throws InterruptedException {
        long end = mail.ticker().nanos() + limitNanos;
        tables.all().forEach(Table::closePushed); // a late round must not undo what comes
        synchronized (this) {
            moving = to.version();
        }
        try {
            return moveAll(from, to, end);
        } finally { // as well if it did not come to an end
            synchronized (this) {
                version = to.version() + 1;
                moving = -1;
                coming.clear();
            }
        }
    }

    private int moveAll(Placement from, Placement to, long end) throws InterruptedException {
        var due = new ArrayList<Key>();
        for (var table : tables.all()) {
            int blocks = table.shard.rows().blocks;
            for (int block = 0; block < blocks; block++) {
                int was = from.owner(table.spec(), block, blocks);
                var takers = takers(table.spec(), block, blocks, from, to);
                for (int taker : was == mail.me() ? takers : List.<Integer>of()) {
                    send(table, block, taker, to.version(), end - mail.ticker().nanos());
                }
                if (takers.contains(mail.me())) {
                    due.add(new Key(to.version(), table.number(), block));
                }
            }
        }
        for (var key : due) {
            install(key, await(key, end)); // while the next ones come
        }
        for (var table : tables.all()) { // those of dense tables go when the next placement is taken up
            for (int block = 0, n = table.shard.rows().isDense ? 0 : table.shard.rows().blocks; block < n; block++) {
                if (from.owner(table.spec(), block, n) == mail.me() && to.owner(table.spec(), block, n) != mail.me()) {
                    table.shard.forget(block);
                }
            }
        }
        return due.size();
    }

    /** The members that receive a block. */
    private static List<Integer> takers(TableSpec spec, int block, int blocks, Placement from, Placement to) {
        if (spec.route() == Route.PEERS) {
            return to.holders(spec).stream()
                    .filter(member -> !from.holders(spec).contains(member))
                    .toList();
        }
        int is = to.owner(spec, block, blocks);
        return is == from.owner(spec, block, blocks) ? List.of() : List.of(is);
    }

    /** Where cells of a plane come from. */
    @FunctionalInterface
    private interface Source {
        void put(Frame frame, int plane, int at, int count);
    }

    private void send(Table table, int block, int to, int placement, long limitNanos) {
        var shard = table.shard;
        if (isInPlace(shard)) {
            var lengths = new int[1 + shard.planes()]; // a dense block has no keys
            for (int plane = 0; plane < shard.planes(); plane++) {
                lengths[1 + plane] = shard.cells(block, plane);
            }
            send(table, block, to, placement, limitNanos, new long[0], lengths, (frame, plane, at, count) -> {
                shard.put(frame, block, plane, at, count);
            });
            return;
        }
        BlockCopy copy;
        int stripe = shard.rows().stripeOfBlock(block);
        shard.locks().lock(stripe);
        try {
            copy = shard.copy(block);
        } finally {
            shard.locks().unlockUnchanged(stripe);
        }
        var lengths = new int[1 + copy.planes().length];
        lengths[0] = copy.keys().length;
        for (int plane = 0; plane < copy.planes().length; plane++) {
            lengths[1 + plane] = copy.planes()[plane].length();
        }
        send(
                table,
                block,
                to,
                placement,
                limitNanos,
                copy.keys(),
                lengths,
                (frame, plane, at, count) -> copy.planes()[plane].put(frame, at, count));
    }

    /** @param lengths of the keys, then of each plane */
    private void send(
            Table table, int block, int to, int placement, long limitNanos, long[] keys, int[] lengths, Source source) {
        for (int array = 0; array < lengths.length; array++) {
            int bytes = array == 0 ? Long.BYTES : Float.BYTES;
            int most = (Frame.MOST_PAYLOAD_BYTES - Messages.BlockPiece.BYTES) / bytes;
            int at = 0;
            do {
                int count = Math.min(most, lengths[array] - at);
                var frame = mail.frame(Messages.BlockPiece.TYPE, Lane.BULK, Messages.BlockPiece.BYTES + count * bytes)
                        .table(table.number())
                        .block(block)
                        .request(placement);
                new Messages.BlockPiece(array, lengths[array], at, count).write(frame);
                if (array == 0) {
                    frame.putLongs(keys, at, count);
                } else {
                    source.put(frame, array - 1, at, count);
                }
                at += count;
                boolean isLast = array == lengths.length - 1 && at == lengths[array];
                mail.send(to, frame.flags(isLast ? Messages.LAST : 0), limitNanos);
            } while (at < lengths[array]);
        }
    }

    private Coming await(Key key, long end) throws InterruptedException {
        while (true) {
            synchronized (this) {
                var block = coming.get(key);
                if (block != null && block.isWhole) {
                    return block;
                }
                mail.ticker()
                        .await(
                                this,
                                Math.min(
                                        LOOK_NANOS,
                                        Math.max(1, end - mail.ticker().nanos())));
            }
            mail.waiting(); // which throws if there is something else to do
            if (mail.ticker().nanos() > end) {
                var table = tables.byNumber(key.table());
                throw new WaitExpiredException("block " + key.block() + " of table '"
                        + (table == null ? "number " + key.table() : table.name())
                        + "' did not come from member " + (table == null ? "?" : table.owner(key.block()))
                        + ", its former owner, within the limit that --wait-limit sets");
            }
        }
    }

    private void install(Key key, Coming block) {
        var table = tables.byNumber(key.table());
        if (table == null || block.inPlace) {
            return;
        }
        var copy = new BlockCopy(key.block(), block.keys, block.planes.toArray(Cells[]::new));
        int stripe = table.shard.rows().stripeOfBlock(key.block());
        table.shard.locks().lock(stripe);
        try {
            table.shard.install(copy);
        } finally {
            table.shard.locks().unlock(stripe);
        }
    }
}
