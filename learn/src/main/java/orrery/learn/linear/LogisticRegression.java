package orrery.learn.linear;

/** Binary logistic regression. */
public record LogisticRegression(LinearOptions options) implements LinearLearner {
    @Override
    public String name() {
        return "lr";
    }

    @Override
    public Loss loss() {
        return Loss.LOGISTIC;
    }
}
