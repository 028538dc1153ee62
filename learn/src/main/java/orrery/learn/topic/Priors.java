package orrery.learn.topic;

/**
 * How likely topics are in any document: the priors alpha under which documents have the topics that they have, by Minka's fixed point
 * ("Estimating a Dirichlet Distribution", 2000), a step of it after each pass:
 *
 * <pre>alpha_k *= sum_d [psi(n_dk + alpha_k) - psi(alpha_k)] / sum_d [psi(n_d + A) - psi(A)],  A = sum of all alpha</pre>
 *
 * Workers add up both sums over their documents; the first of them does the step, and all read what comes of it.
 */
final class Priors {
    private static final int DIRECT = 24; // up to so many, a difference is as quickly added up
    private static final double LEAST = 1e-5;

    private Priors() {}

    /** psi(x + n) - psi(x), for x above 0. */
    static double rise(double x, long n) {
        if (n > DIRECT) {
            return psi(x + n) - psi(x);
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += 1 / (x + i);
        }
        return sum;
    }

    /** The derivative of log gamma: by its recurrence up to 6, and from there its asymptotic series; 10 digits. */
    static double psi(double x) {
        double sum = 0;
        while (x < 6) {
            sum -= 1 / x;
            x++;
        }
        double y = 1 / (x * x);
        return sum + Math.log(x) - 0.5 / x - y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y / 240)));
    }

    /** The step. A topic that no document has keeps a little: so the sums count a document more. */
    static float next(float alpha, double ofTopic, double ofAll) {
        return (float) Math.max(LEAST, alpha * (ofTopic + 1) / (ofAll + 1));
    }
}
