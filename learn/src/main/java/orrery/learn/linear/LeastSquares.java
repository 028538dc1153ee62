package orrery.learn.linear;

/** Linear regression by least squares; labels are numbers. */
public record LeastSquares(LinearOptions options) implements LinearLearner {
    @Override
    public String name() {
        return "least-squares";
    }

    @Override
    public Loss loss() {
        return Loss.SQUARED;
    }
}
