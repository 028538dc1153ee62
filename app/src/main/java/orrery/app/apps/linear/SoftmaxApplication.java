package orrery.app.apps.linear;

import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.SoftmaxRegression;

/** softmax. */
public final class SoftmaxApplication extends LinearApplication {
    public SoftmaxApplication() {
        super("softmax", "learns any number of classes by softmax regression", true, false);
    }

    @Override
    LinearLearner learner(LinearOptions options, HingeFlags hinge) {
        return new SoftmaxRegression(options);
    }
}
