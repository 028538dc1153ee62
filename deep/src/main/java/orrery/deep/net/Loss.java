package orrery.deep.net;

/** The loss that a net is trained to make small. */
public enum Loss {
    /**
     * Minus the logarithm of the probability of the right class. Outputs are logarithms of probabilities but for a constant; a net of two
     * classes may have a single output, the logarithm of the odds of the second.
     */
    CROSS_ENTROPY,
    /** Half the square of the difference from a number, for nets with one output. */
    SQUARES
}
