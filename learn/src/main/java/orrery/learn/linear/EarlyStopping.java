package orrery.learn.linear;

import java.util.function.Consumer;
import orrery.engine.RunEvent;

/**
 * Ends a job when the loss on the validation data has not fallen for some cuts. Its memory is the history of cuts, which
 * a run that goes on from a checkpoint is told again.
 */
final class EarlyStopping implements Consumer<RunEvent> {
    private final int patience;
    private final Runnable finish;
    private double best = Double.POSITIVE_INFINITY;
    private int cutsSinceBest;

    EarlyStopping(int patience, Runnable finish) {
        this.patience = patience;
        this.finish = finish;
    }

    /** Whether a loss is lower than all before. */
    boolean isBest(double loss) {
        return loss < best;
    }

    boolean hasBest() {
        return best < Double.POSITIVE_INFINITY;
    }

    @Override
    public void accept(RunEvent event) {
        switch (event) {
            case RunEvent.Resumed resumed -> {
                best = Double.POSITIVE_INFINITY;
                cutsSinceBest = 0;
                resumed.history().forEach(this::note);
            }
            case RunEvent.CutReached cut -> {
                note(cut);
                if (cutsSinceBest >= patience) {
                    finish.run();
                }
            }
            default -> {}
        }
    }

    private void note(RunEvent.CutReached cut) {
        var loss =
                cut.metrics().getOrDefault("validation.logLoss", cut.metrics().get("validation.loss"));
        if (loss != null && loss < best) {
            best = loss;
            cutsSinceBest = 0;
        } else {
            cutsSinceBest++;
        }
    }
}
