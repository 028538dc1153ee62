package orrery.app.apps.linear;

import orrery.learn.linear.LeastSquares;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearOptions;

/** least-squares. */
public final class LeastSquaresApplication extends LinearApplication {
    public LeastSquaresApplication() {
        super("least-squares", "learns numbers by least squares", false, true);
    }

    @Override
    LinearLearner learner(LinearOptions options, HingeFlags hinge) {
        return new LeastSquares(options);
    }
}
