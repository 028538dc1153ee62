package orrery.learn.factor;

import java.util.Optional;
import orrery.data.Ratings;
import orrery.engine.stage.Run;
import orrery.engine.train.Training;
import orrery.learn.Layout;

/**
 * Factorises explicit ratings: {@code mean + bias(user) + bias(item) + factors(user) . factors(item)}, by stochastic
 * gradient descent on squared errors (Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems",
 * Computer 2009). Workers have users of their own and go over items in turn, each at other items than the rest (Gemulla et
 * al., "Large-Scale Matrix Factorization with Distributed Stochastic Gradient Descent", KDD 2011), so under Bsp nobody
 * overwrites what another has learned.
 */
public final class MatrixFactorization {
    private final FactorOptions options;
    private final Layout layout;

    public MatrixFactorization(FactorOptions options) {
        this(options, Layout.AUTO);
    }

    /** @param layout where factors are: dense or keyed, or as suits their number */
    public MatrixFactorization(FactorOptions options, Layout layout) {
        this.options = options;
        this.layout = layout;
    }

    /** Whether factors will be by key, so that their rows are not placed by a plan. */
    public boolean isKeyed(Ratings train, Run run) {
        return FactorRecipe.isKeyed(layout, Division.of(train, run.workers()), options.width(), run);
    }

    /** Makes ready to train. */
    public Training<FactorModel> prepare(Ratings train, Optional<Ratings> validation, Run run) {
        return new Training<>(
                new FactorRecipe(
                        options, train, Division.of(train, run.workers()), validation, train::sum, layout, run),
                run);
    }

    /**
     * The same on ratings that lie in parts where the workers are. {@code local} are the ratings of the users of the
     * workers of this JVM; where the model is made, it has the names of all users and items.
     */
    public Training<FactorModel> prepare(Ratings local, Division division, Run run) {
        return new Training<>(
                new FactorRecipe(options, local, division, Optional.empty(), division::sum, Layout.DENSE, run), run);
    }
}
