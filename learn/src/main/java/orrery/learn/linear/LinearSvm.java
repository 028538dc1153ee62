package orrery.learn.linear;

/**
 * A linear support vector machine for two classes.
 *
 * @param squared whether the hinge loss is squared
 */
public record LinearSvm(LinearOptions options, boolean squared) implements LinearLearner {
    @Override
    public String name() {
        return "svm";
    }

    @Override
    public Loss loss() {
        return squared ? Loss.SQUARED_HINGE : Loss.HINGE;
    }
}
