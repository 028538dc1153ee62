package orrery.app.apps.linear;

import java.util.List;
import orrery.app.flags.UsageException;
import orrery.learn.linear.LinearLearner;
import orrery.learn.linear.LinearOptions;
import orrery.learn.linear.LinearSvm;

/** svm. */
public final class SvmApplication extends LinearApplication {
    public SvmApplication() {
        super("svm", "learns two classes by a support vector machine", true, true);
    }

    @Override
    LinearLearner learner(LinearOptions options, HingeFlags hinge) {
        return new LinearSvm(options, hinge.squared);
    }

    @Override
    List<Object> modelFlags(HingeFlags hinge) {
        return List.of(hinge);
    }

    @Override
    void checkSvrg(HingeFlags hinge) {
        if (!hinge.squared) {
            throw new UsageException("--solver svrg: the hinge loss is not smooth; its square is: --squared-hinge");
        }
    }
}
