/**
 * Linear models over sparse examples: {@link orrery.learn.linear.LogisticRegression},
 * {@link orrery.learn.linear.LinearSvm}, {@link orrery.learn.linear.SoftmaxRegression} and
 * {@link orrery.learn.linear.LeastSquares}.
 *
 * <pre>{@code
 * var data = Data.withDefaults().read("train.libsvm", ReadOptions.defaults());
 * var model = new LogisticRegression(LinearOptions.defaults()).fit(data, Run.local(2));
 * Metrics metrics = model.score(data.examples());
 * }</pre>
 *
 * <p>All are one algorithm, mini-batch gradient descent over a table of weights, with a {@link orrery.learn.linear.Loss}
 * each. The step of a worker is in {@code Steps}; what is learned is a {@link orrery.learn.linear.LinearModel}.
 */
@NullMarked
package orrery.learn.linear;

import org.jspecify.annotations.NullMarked;
