package orrery.learn.linear;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import orrery.engine.event.RunEvent;
import orrery.engine.stage.Cut;
import orrery.engine.stage.Verdict;

/**
 * Ends a job when the loss on the validation data has not fallen for some cuts, and keeps the tables of the cut at which it
 * was least. All it knows of earlier cuts is their history.
 *
 * @param patience cuts
 * @param kept table to the one that keeps its best values
 */
record EarlyStopping(int patience, Map<String, String> kept) {
    /** Whether a cut is the best so far, and whether it is time to stop. */
    Verdict at(Cut cut) {
        double best = Double.POSITIVE_INFINITY;
        int cutsSinceBest = 0;
        for (var earlier : cut.history()) {
            double loss = loss(earlier.metrics());
            cutsSinceBest = loss < best ? 0 : cutsSinceBest + 1;
            best = loss < best ? loss : best;
        }
        if (loss(cut.metrics()) < best) {
            var copies = new ArrayList<Verdict.Write>();
            kept.forEach((from, to) -> copies.add(new Verdict.Write.Copy(from, to)));
            return new Verdict(Map.of(), Verdict.Next.GO_ON, copies);
        }
        return cutsSinceBest + 1 >= patience ? Verdict.FINISH : Verdict.GO_ON;
    }

    /** Whether any cut had a loss, so that its tables are kept. */
    static boolean hasBest(List<RunEvent.CutReached> cuts) {
        return cuts.stream().anyMatch(cut -> loss(cut.metrics()) < Double.POSITIVE_INFINITY);
    }

    private static double loss(Map<String, Double> metrics) {
        return metrics.getOrDefault("validation.logLoss", metrics.getOrDefault("validation.loss", Double.NaN));
    }
}
