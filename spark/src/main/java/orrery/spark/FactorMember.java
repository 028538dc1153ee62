package orrery.spark;

import java.io.IOException;
import java.util.Iterator;
import orrery.engine.launch.Membership;
import orrery.learn.factor.Division;
import orrery.learn.factor.FactorOptions;
import orrery.learn.factor.MatrixFactorization;

/** A member's part of a factorisation: the ratings of its users. */
record FactorMember(FactorOptions options, Division division, Sent<RatingRows.Seen> seen, Settings settings)
        implements MemberBody<byte[]> {

    @Override
    public void run(Membership membership, int number, Iterator<byte[]> chunks) throws IOException {
        var counts = seen.value().users().counts();
        var own = RatingRows.ratings(chunks, division, counts, number, settings.perMember());
        new MatrixFactorization(options)
                .prepare(own, division, settings.run().with(membership).ofPart(own.sum()))
                .join();
    }
}
