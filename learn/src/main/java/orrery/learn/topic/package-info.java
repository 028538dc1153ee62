/** Topic models: latent Dirichlet allocation by collapsed Gibbs sampling, on counts of topics by word. */
@NullMarked
package orrery.learn.topic;

import org.jspecify.annotations.NullMarked;
