package orrery.deep.layer;

/**
 * How a window moves over images.
 *
 * @param size of its sides
 * @param stride from one place to the next
 * @param padding zeros around an image
 * @param dilation from one cell of the window to the next
 */
public record Window(int size, int stride, int padding, int dilation) implements java.io.Serializable {
    public Window {
        if (size < 1 || stride < 1 || padding < 0 || dilation < 1) {
            throw new IllegalArgumentException(
                    "a window has a size, stride and dilation of 1 or more and a padding of 0 or more, got " + size
                            + ", " + stride + ", " + dilation + " and " + padding);
        }
    }

    /** From the first cell to the last. */
    int reach() {
        return (size - 1) * dilation + 1;
    }

    /**
     * How many places it has along a side of so many pixels.
     *
     * @param isRoundedUp whether a last place counts that is partly outside
     */
    int places(String layer, int side, boolean isRoundedUp) {
        int left = side + 2 * padding - reach();
        if (left < 0) {
            throw new IllegalArgumentException(layer + ": a window of " + reach() + " with padding " + padding
                    + " does not fit an image of " + side);
        }
        int places = (isRoundedUp ? Math.ceilDiv(left, stride) : left / stride) + 1;
        return isRoundedUp && (places - 1) * stride >= side + padding ? places - 1 : places; // none that is all padding
    }
}
