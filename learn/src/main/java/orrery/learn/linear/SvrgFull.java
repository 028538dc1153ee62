package orrery.learn.linear;

import orrery.data.Examples;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.table.worker.Session;

/** The mean gradient of all examples at w', each worker an even part of them; tallies their loss. */
final class SvrgFull implements Step {
    private final Svrg svrg;
    private final Worker worker;
    private final Examples.Cursor cursor;
    private final Worker.Tally loss;

    SvrgFull(Svrg svrg, Worker worker) {
        this.svrg = svrg;
        this.worker = worker;
        cursor = svrg.examples().cursor();
        loss = worker.tally("loss");
    }

    @Override
    public void run(Session session, long clock) {
        long examples = svrg.examples().size();
        long from = examples * worker.index() / worker.count();
        long to = examples * (worker.index() + 1) / worker.count();
        var anchor = session.view(session.table(Svrg.ANCHOR));
        var gradient = session.outbox(session.table(Svrg.GRADIENT));
        double bias = svrg.hasIntercept() ? anchor.get(svrg.features(), 0) : 0;
        float share = 1f / examples;
        double biasSlope = 0;
        double cost = 0;
        for (long i = from; i < to; i++) {
            cursor.move(i);
            double y = svrg.target(cursor.label());
            double margin = anchor.dot(cursor.indices(), cursor.values(), cursor.from(), cursor.to()) + bias;
            cost += cursor.weight() * svrg.loss().of(margin, y);
            float slope = (float) (svrg.loss().slope(margin, y) * cursor.weight() * share);
            if (slope != 0) {
                gradient.addScaled(slope, cursor.indices(), cursor.values(), cursor.from(), cursor.to());
                biasSlope += slope;
            }
        }
        if (svrg.hasIntercept()) {
            gradient.addCell(svrg.features(), 0, (float) biasSlope);
        }
        loss.add(cost, (double) (to - from));
        worker.processed(to - from);
    }
}
