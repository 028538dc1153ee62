package orrery.table.push;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import orrery.table.cells.Rows;
import orrery.table.clock.Clocks;
import orrery.table.hold.Pushed;
import orrery.table.hold.Replica;
import orrery.table.hold.Table;
import orrery.table.mail.Mail;
import orrery.table.mail.Messages;
import orrery.table.spec.Consistency;
import orrery.table.spec.TableSpec;
import orrery.table.spec.WaitExpiredException;
import orrery.wire.Frame;
import orrery.wire.Lane;

/**
 * What a node is told of others' rows, without asking again: the other end of {@link Subscription}s. Rows come in rounds;
 * with an owner's round they become as fresh as the round, and the node's freshness is the least over all owners of the
 * last round that came completely (Dai et al., AAAI 2015). Safe for use by many threads.
 */
public abstract sealed class Feed implements Pushed permits SlotFeed, RowFeed {
    static final long NEVER = Long.MIN_VALUE;
    private static final AtomicLong TOKENS = new AtomicLong();

    final Mail mail;
    final Table table;
    final Rows rows;
    final int width;
    public final long token = TOKENS.incrementAndGet(); // by which owners know it
    final List<Integer> owners; // other members that own some of it
    private final long[] age; // by owner, of its last complete round
    private final long[][] applied; // by owner and worker
    private final Object hearing = new Object();
    private boolean isClosed; // guarded by it
    private boolean isOpen;
    private volatile long freshness = NEVER;

    Feed(Mail mail, Table table) {
        this.mail = mail;
        this.table = table;
        rows = table.shard.rows();
        width = table.spec().width();
        var members = new ArrayList<Integer>();
        for (int block = 0; block < rows.blocks; block++) {
            if (!table.owns(block) && !members.contains(table.owner(block))) {
                members.add(table.owner(block));
            }
        }
        owners = List.copyOf(members);
        age = new long[owners.size()];
        Arrays.fill(age, NEVER);
        applied = new long[owners.size()][0];
    }

    /** A stage begins: nothing is known of others' rows, and what they push begins anew. */
    public static void begin(Table table, Mail mail) {
        table.replica().forgetAges();
        table.closePushed();
        if (isPushed(table) && SlotFeed.canHave(table.spec())) {
            table.pushed(new SlotFeed(mail, table));
        } else if (isPushed(table)) {
            table.shard.watchRows();
            table.pushed(new RowFeed(mail, table));
        } else {
            table.pushed(null);
        }
    }

    /** Whether rows go to who has asked for them once, and need not be asked for again; each must fit a frame. */
    private static boolean isPushed(Table table) {
        var spec = table.spec();
        boolean isUsedAgain = spec.order() != null || spec.read() == TableSpec.Read.EACH_CLOCK;
        boolean isMeant = spec.consistency() instanceof Consistency.Essp
                || (isUsedAgain && !(spec.consistency() instanceof Consistency.Asp) && table.detector == null);
        return isMeant && !table.isReplicated() && (long) spec.width() * Float.BYTES < Frame.MOST_PAYLOAD_BYTES / 2;
    }

    /** What others push of a table to this node; null if they wait to be asked. */
    public static @Nullable Feed of(Table table) {
        return table.pushed() instanceof Feed feed ? feed : null;
    }

    /** The owners tell from now on what their clocks are. */
    public final void open(long limitNanos) {
        synchronized (this) {
            if (isOpen) {
                return;
            }
            isOpen = true;
        }
        owners.forEach(member -> mail.send(member, wishForNothing(), limitNanos));
    }

    /** A wish that opens a subscription. */
    abstract Frame wishForNothing();

    /** A wish for rows, to be told whenever they have changed. */
    final Frame wish(int bytes) {
        return mail.frame(Messages.SUBSCRIBE, Lane.PROMPT, bytes)
                .table(table.number())
                .request(token)
                .block(mail.placement().version());
    }

    /** Asks for the rows of {@code keys[from..to)} that others own, if they were not asked for yet. */
    public abstract void want(long[] keys, int from, int to, long limitNanos);

    /** How fresh all is that was told; the greatest number where nobody else owns anything. */
    @Override
    public final long freshness() {
        return owners.isEmpty() ? Clocks.FINISHED : freshness;
    }

    // Waiting

    /** Waits until all is as fresh as {@code need}. Called under this lock. */
    final void awaitFresh(Replica.Need need, long end) {
        while (freshness() < need.age()) {
            pause(need, end);
        }
    }

    /** Waits for something to come. Called under this lock. */
    final void pause(Replica.Need need, long end) {
        try {
            mail.ticker().await(this, TimeUnit.MILLISECONDS.toNanos(100));
        } catch (InterruptedException e) {
            throw mail.interrupted(e);
        }
        table.clocks.checkNotEnded();
        if (mail.ticker().nanos() > end) {
            throw new WaitExpiredException("worker " + need.worker() + " waited at clock " + need.clock()
                    + " for members " + late(need.age()) + " to push table '" + table.name() + "' up to clock "
                    + need.age() + ", and they wait for " + table.clocks.lateFor(need.age())
                    + "; a longer limit is set by --wait-limit");
        }
    }

    private List<Integer> late(long need) {
        var late = new ArrayList<Integer>();
        for (int o = 0; o < age.length; o++) {
            if (age[o] < need) {
                late.add(owners.get(o));
            }
        }
        return late.isEmpty() ? owners : late;
    }

    /** What is told from now on is not heard: blocks are about to move, and what was told before must not come after. */
    @Override
    public final void close() {
        synchronized (hearing) {
            isClosed = true;
        }
    }

    // Hearing; by the node's thread

    /** Takes in a frame of a round, the {@code stamp}th to come; of an earlier subscription, it is of no use. */
    public final void receive(Frame frame, int from, long stamp) {
        synchronized (hearing) {
            int owner = owners.indexOf(from);
            if (!isClosed && frame.request() == token && owner >= 0) {
                receive(frame, from, owner, stamp);
            }
        }
    }

    private void receive(Frame frame, int from, int owner, long stamp) {
        var round = Messages.Round.read(frame);
        long[] completed = round.completed();
        take(frame, from, completed, stamp);
        boolean isLast = (frame.flags() & Messages.LAST) != 0;
        synchronized (this) {
            if (isLast || appliesAtOnce()) {
                applied[owner] = completed;
            }
        }
        told();
        if (isLast) {
            synchronized (this) {
                age[owner] = round.age();
                freshness = Arrays.stream(age).min().orElse(Clocks.FINISHED);
                notifyAll();
            }
        }
    }

    /** Takes in the rows of a frame. */
    abstract void take(Frame frame, int from, long[] completed, long stamp);

    /** Whether what owners have applied counts with each frame; else with the last of a round. */
    abstract boolean appliesAtOnce();

    /** Owners have said what they have applied. */
    void told() {}

    /** Up to which clock all owners have applied what a worker has added, and told of it. */
    final synchronized long confirmed(int worker) {
        long least = Clocks.FINISHED;
        for (int o = 0; o < applied.length; o++) {
            least = Math.min(least, appliedBy(o, worker));
        }
        return least;
    }

    /** The same of the owner of a block. */
    final synchronized long confirmed(int worker, int block) {
        return appliedBy(owners.indexOf(table.owner(block)), worker);
    }

    private long appliedBy(int owner, int worker) {
        return worker < applied[owner].length ? applied[owner][worker] : NEVER;
    }

    /** That a slot or a row is the sender's to tell of. */
    final void checkOwner(int block, int from, Object what) {
        if (table.owner(block) != from) {
            throw new IllegalArgumentException(what + " of table '" + table.name() + "' is not the sender's");
        }
    }
}
