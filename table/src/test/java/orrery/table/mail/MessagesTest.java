package orrery.table.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import orrery.table.hold.ServerFunction;
import orrery.wire.Frame;
import orrery.wire.Lane;

final class MessagesTest {
    /** What a message writes it reads again, and not a byte is left. */
    private static <M> void returns(M message, Consumer<Frame> write, Function<Frame, M> read) {
        try (var frame = Frame.of(Messages.Push.TYPE, Lane.BULK, 1 << 16)) {
            write.accept(frame);
            assertThat(read.apply(frame)).usingRecursiveComparison().isEqualTo(message);
            assertThat(frame.remaining()).isZero();
        }
    }

    @RepeatedTest(50)
    void whatIsWrittenIsRead(RepetitionInfo seed) {
        var random = new SplittableRandom(seed.getCurrentRepetition());
        int n = random.nextInt(5);
        var ints = random.ints(n).toArray();
        var more = random.ints(n).toArray();
        var longs = random.longs(n).toArray();
        int worker = random.nextInt();
        long clock = random.nextLong();
        int branch = random.nextInt(256);
        int part = random.nextInt(1 << 24);

        var push = new Messages.Push(worker, clock, branch, part);
        returns(push, push::write, Messages.Push::read);
        var tick = new Messages.Tick(worker, clock, branch, part, ints, longs);
        returns(tick, tick::write, Messages.Tick::read);
        var drop = new Messages.Drop(worker);
        returns(drop, drop::write, Messages.Drop::read);
        var announce = new Messages.Announce(worker, clock, part, branch, longs);
        returns(announce, announce::write, Messages.Announce::read);
        var asker = new Messages.Asker(worker, clock, random.nextLong());
        returns(asker, asker::write, Messages.Asker::read);
        var blocks = new Messages.PullBlocks(ints, more);
        returns(blocks, blocks::write, Messages.PullBlocks::read);
        var rows = new Messages.PullRows(longs, random.nextBoolean() ? Messages.PullRows.NO_TOKEN : clock);
        returns(rows, rows::write, Messages.PullRows::read);
        var call = new Messages.Call(worker, part, branch);
        returns(call, call::write, Messages.Call::read);
        var copy = new Messages.Copy(worker);
        returns(copy, copy::write, Messages.Copy::read);
        var answered = new Messages.RowsPart(clock, part, branch);
        returns(answered, answered::write, Messages.RowsPart::read);
        var pair = new ServerFunction.Pair(clock, random.nextDouble());
        returns(pair, pair::write, ServerFunction.Pair::read);
        var piece = new Messages.BlockPiece(worker, part, branch, n);
        returns(piece, piece::write, Messages.BlockPiece::read);
        var slots = new Messages.WishForSlots(random.ints(2 * n).toArray(), 2 * n);
        returns(slots, slots::write, Messages.WishForSlots::read);
        var keys = new Messages.WishForRows(longs);
        returns(keys, keys::write, Messages.WishForRows::read);
        var round = new Messages.Round(clock, longs);
        returns(round, round::write, Messages.Round::read);
        var run = new Messages.SlotRun(part, branch);
        returns(run, run::write, Messages.SlotRun::read);
        var runs = random.ints(2 * n).toArray();
        var block = new Messages.BlockPart(random.nextInt(256), random.nextBoolean(), worker, clock, runs);
        returns(
                block,
                to -> Messages.BlockPart.write(
                        to,
                        block.block() | (block.isMore() ? Messages.BlockPart.MORE : 0),
                        worker,
                        clock,
                        runs,
                        runs.length),
                Messages.BlockPart::read);
    }

    /** A count that the frame cannot hold is found before memory is taken for it. */
    @Test
    void aCountWithoutEntriesIsRefused() {
        for (int count : new int[] {-1, 1, Integer.MAX_VALUE}) {
            try (var frame = Frame.of(Messages.Push.TYPE, Lane.BULK, 64)) {
                frame.putInt(count);
                assertThatThrownBy(() -> Messages.PullRows.read(frame))
                        .isInstanceOf(IndexOutOfBoundsException.class)
                        .hasMessage(count + " entries in 0 bytes");
            }
        }
    }
}
