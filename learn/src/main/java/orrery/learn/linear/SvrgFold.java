package orrery.learn.linear;

import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.table.worker.Session;

/** Writes out the weights: {@code v = w' = a v + b u}, u = 0, each worker an even part of the rows. */
final class SvrgFold implements Step {
    private final Svrg svrg;
    private final Worker worker;

    SvrgFold(Svrg svrg, Worker worker) {
        this.svrg = svrg;
        this.worker = worker;
    }

    @Override
    public void run(Session session, long clock) {
        int features = svrg.features();
        int from = (int) ((features + 1L) * worker.index() / worker.count());
        int to = (int) ((features + 1L) * (worker.index() + 1) / worker.count());
        var v = session.view(session.table(Svrg.WEIGHTS));
        var u = session.view(session.table(Svrg.GRADIENT));
        var anchor = session.view(session.table(Svrg.ANCHOR));
        var toV = session.outbox(session.table(Svrg.WEIGHTS));
        var toU = session.outbox(session.table(Svrg.GRADIENT));
        var toAnchor = session.outbox(session.table(Svrg.ANCHOR));
        double steps = svrg.stepsOfEpoch();
        double a = svrg.a(steps);
        double b = svrg.b(steps);
        for (int f = from; f < to; f++) {
            float now = v.get(f, 0);
            float slope = u.get(f, 0);
            if (now == 0 && slope == 0) {
                continue; // a feature that has not been seen: all is 0
            }
            float next = f < features ? (float) (a * now + b * slope) : (float) (now - svrg.rate() * steps * slope);
            toV.addCell(f, 0, next - now);
            toAnchor.addCell(f, 0, next - anchor.get(f, 0));
            toU.addCell(f, 0, -slope);
        }
    }
}
