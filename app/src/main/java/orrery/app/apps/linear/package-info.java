/** Linear models: logistic and softmax regression, support vector machines, least squares. */
@NullMarked
package orrery.app.apps.linear;

import org.jspecify.annotations.NullMarked;
