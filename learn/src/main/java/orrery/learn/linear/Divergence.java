package orrery.learn.linear;

import java.util.Locale;
import java.util.function.Consumer;
import orrery.engine.RunEvent;
import orrery.learn.DivergedException;
import orrery.table.UpdateRule;

/** Ends a job whose loss has become far greater than that of a model that knows nothing, when it does, and when it is resumed. */
final class Divergence implements Consumer<RunEvent> {
    private static final double FAR = 1000;

    private final double ofNothing;
    private final Runnable finish;
    private double worst = Double.NaN; // a loss that was too great

    Divergence(Loss loss, Labels labels, Conditioning conditioning, Runnable finish) {
        ofNothing = switch (loss) {
            case LOGISTIC -> Math.log(2);
            case SOFTMAX -> Math.log(Math.max(2, labels.count()));
            case HINGE, SQUARED_HINGE -> 1;
            case SQUARED -> conditioning == Conditioning.NONE ? Double.POSITIVE_INFINITY : 0.5 * conditioning.costs();
        };
        this.finish = finish;
    }

    @Override
    public void accept(RunEvent event) {
        switch (event) {
            case RunEvent.Resumed resumed -> {
                worst = Double.NaN;
                resumed.history().forEach(this::note);
            }
            case RunEvent.CutReached cut -> {
                note(cut);
                if (!Double.isNaN(worst)) {
                    finish.run();
                }
            }
            default -> {}
        }
    }

    private void note(RunEvent.CutReached cut) {
        var loss = cut.metrics().get("progressiveLoss");
        if (loss != null && loss > FAR * ofNothing) {
            worst = loss;
        }
    }

    /** Refuses what was learned if its loss was too great. */
    void check(UpdateRule rule) {
        if (!Double.isNaN(worst)) {
            throw new DivergedException(String.format(
                    Locale.ROOT,
                    "the training diverged: its loss is %.3g, where a model that knows nothing has %.3g; the rate %.3g is"
                            + " too large, try a hundredth of it",
                    worst,
                    ofNothing,
                    rule.rate()));
        }
    }
}
