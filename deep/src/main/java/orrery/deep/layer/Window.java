package orrery.deep.layer;

/**
 * How a window moves over images.
 *
 * @param high rows of it
 * @param wide columns of it
 * @param stride from one place to the next
 * @param paddingHigh zeros above and below an image
 * @param paddingWide zeros left and right of an image
 * @param dilation from one cell of the window to the next
 */
public record Window(int high, int wide, int stride, int paddingHigh, int paddingWide, int dilation)
        implements java.io.Serializable {
    public Window {
        if (high < 1 || wide < 1 || stride < 1 || paddingHigh < 0 || paddingWide < 0 || dilation < 1) {
            throw new IllegalArgumentException(
                    "a window has sides, a stride and a dilation of 1 or more and a padding of 0 or more, got " + high
                            + " x " + wide + ", " + stride + ", " + dilation + " and " + paddingHigh + " x "
                            + paddingWide);
        }
    }

    /** A square. */
    public Window(int size, int stride, int padding, int dilation) {
        this(size, size, stride, padding, padding, dilation);
    }

    /** How many cells it has. */
    public int cells() {
        return high * wide;
    }

    /**
     * How many places it has from the top of an image to the bottom.
     *
     * @param isRoundedUp whether a last place counts that is partly outside
     */
    int placesHigh(String layer, int side, boolean isRoundedUp) {
        return places(layer, side, (high - 1) * dilation + 1, paddingHigh, isRoundedUp);
    }

    /** The same from left to right. */
    int placesWide(String layer, int side, boolean isRoundedUp) {
        return places(layer, side, (wide - 1) * dilation + 1, paddingWide, isRoundedUp);
    }

    private int places(String layer, int side, int reach, int padding, boolean isRoundedUp) {
        int left = side + 2 * padding - reach;
        if (left < 0) {
            throw new IllegalArgumentException(layer + ": a window of " + reach + " with padding " + padding
                    + " does not fit an image of " + side);
        }
        int places = (isRoundedUp ? Math.ceilDiv(left, stride) : left / stride) + 1;
        return isRoundedUp && (places - 1) * stride >= side + padding ? places - 1 : places; // none that is all padding
    }
}
