package orrery.spark;

import java.io.IOException;
import java.util.Iterator;
import orrery.engine.Membership;
import orrery.learn.factor.Division;
import orrery.learn.factor.FactorOptions;
import orrery.learn.factor.MatrixFactorization;

/** A member's part of a factorisation: the ratings of its users. */
record FactorMember(FactorOptions options, Division division, Settings settings) implements MemberBody<Object> {

    @Override
    public void run(Membership membership, int number, Iterator<Object> chunks) throws IOException {
        new MatrixFactorization(options)
                .prepare(
                        RatingRows.ratings(chunks, division),
                        division,
                        settings.run().with(membership))
                .join();
    }
}
