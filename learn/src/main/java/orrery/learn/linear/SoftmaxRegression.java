package orrery.learn.linear;

/** Multi-class logistic regression: one row of weights per feature, one column per class. */
public record SoftmaxRegression(LinearOptions options) implements LinearLearner {
    @Override
    public String name() {
        return "softmax";
    }

    @Override
    public Loss loss() {
        return Loss.SOFTMAX;
    }
}
