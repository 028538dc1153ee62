package orrery.bench;

import de.bwaldvogel.liblinear.Feature;
import de.bwaldvogel.liblinear.FeatureNode;
import de.bwaldvogel.liblinear.Problem;
import java.util.Arrays;
import orrery.data.Examples;

/** Examples as liblinear-java has them. */
public final class Liblinear {
    private Liblinear() {}

    /** All of them, without an intercept; there is room for one feature more than there are. */
    public static Problem problem(Examples examples) {
        var problem = new Problem();
        problem.l = (int) examples.size();
        problem.n = examples.features() + 1;
        problem.bias = -1;
        problem.x = new Feature[problem.l][];
        problem.y = new double[problem.l];
        var cursor = examples.cursor();
        for (int i = 0; i < problem.l; i++) {
            cursor.move(i);
            problem.x[i] = features(cursor);
            problem.y[i] = cursor.label();
        }
        return problem;
    }

    /** The same with an intercept: a feature behind the others that is always 1. */
    public static Problem withIntercept(Examples examples) {
        var problem = problem(examples);
        var cursor = examples.cursor();
        for (int i = 0; i < problem.l; i++) {
            cursor.move(i);
            problem.x[i] = withIntercept(cursor, problem.n);
        }
        return problem;
    }

    /** The features of an example, and the intercept's as the {@code n}th. */
    public static Feature[] withIntercept(Examples.Cursor cursor, int n) {
        var features = features(cursor);
        var more = Arrays.copyOf(features, features.length + 1);
        more[features.length] = new FeatureNode(n, 1);
        return more;
    }

    /** Those of one, ascending, from 1. */
    public static Feature[] features(Examples.Cursor cursor) {
        var features = new Feature[cursor.to() - cursor.from()];
        for (int k = 0; k < features.length; k++) {
            features[k] = new FeatureNode(cursor.indices()[cursor.from() + k] + 1, cursor.values()[cursor.from() + k]);
        }
        Arrays.sort(features, (a, b) -> Integer.compare(a.getIndex(), b.getIndex()));
        return features;
    }
}
