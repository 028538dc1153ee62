package orrery.app.apps.linear;

import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LogisticRegression;

/** lr. */
public final class LogisticApplication extends LinearApplication {
    public LogisticApplication() {
        super("lr", "learns two classes by logistic regression", true, true);
    }

    @Override
    LinearLearner learner(LinearOptions options, HingeFlags hinge) {
        return new LogisticRegression(options);
    }
}
