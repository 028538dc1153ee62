package orrery.learn.linear;

import orrery.data.Examples;
import orrery.engine.examples.Partition;
import orrery.engine.stage.Step;
import orrery.engine.stage.Worker;
import orrery.table.worker.Session;

/** The small steps of an epoch, a batch a clock. */
final class SvrgSteps implements Step {
    private final Svrg svrg;
    private final Partition partition;
    private final Worker worker;
    private final Examples.Cursor cursor;

    SvrgSteps(Svrg svrg, Partition partition, Worker worker) {
        this.svrg = svrg;
        this.partition = partition;
        this.worker = worker;
        cursor = svrg.examples().cursor();
    }

    @Override
    public void run(Session session, long clock) {
        int k = worker.count();
        long from = partition.from(clock, worker.index(), k);
        long to = partition.to(clock, worker.index(), k);
        if (from >= to) {
            return;
        }
        var order = partition.order(clock, worker.index(), k);
        var v = session.view(session.table(Svrg.WEIGHTS));
        var u = session.view(session.table(Svrg.GRADIENT));
        var anchor = session.view(session.table(Svrg.ANCHOR));
        var changes = session.outbox(session.table(Svrg.WEIGHTS));
        double steps = svrg.steps(clock);
        double a = svrg.a(steps);
        double b = svrg.b(steps);
        double step = svrg.rate() / svrg.a(svrg.steps(clock + 1));
        double bias = 0;
        double oldBias = 0;
        if (svrg.hasIntercept()) {
            oldBias = anchor.get(svrg.features(), 0);
            bias = v.get(svrg.features(), 0) - svrg.rate() * steps * u.get(svrg.features(), 0);
        }
        double biasChange = 0;
        for (long position = from; position < to; position++) {
            cursor.move(order.at(position));
            var indices = cursor.indices();
            var values = cursor.values();
            int begin = cursor.from();
            int end = cursor.to();
            double y = svrg.target(cursor.label());
            double margin = a * v.dot(indices, values, begin, end) + b * u.dot(indices, values, begin, end) + bias;
            double old = anchor.dot(indices, values, begin, end) + oldBias;
            double slope = (svrg.loss().slope(margin, y) - svrg.loss().slope(old, y)) * cursor.weight();
            if (slope != 0) {
                changes.addScaled((float) (-step * slope), indices, values, begin, end);
                biasChange -= svrg.rate() * slope;
            }
        }
        if (svrg.hasIntercept()) {
            changes.addCell(svrg.features(), 0, (float) biasChange);
        }
        worker.processed(to - from);
    }
}
