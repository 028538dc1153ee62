package orrery.deep.train;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Brings the channels of images to mean 0 and deviation 1.
 *
 * @param means by channel, of numbers from 0 to 255
 * @param deviations by channel, above 0
 */
public record Scaling(float[] means, float[] deviations) implements Serializable {
    public Scaling {
        if (means.length != deviations.length) {
            throw new IllegalArgumentException("there are " + means.length + " means and " + deviations.length
                    + " deviations; there must be one of each for each channel");
        }
        for (float deviation : deviations) {
            if (!(deviation > 0)) {
                throw new IllegalArgumentException("deviations are above 0, got " + Arrays.toString(deviations));
            }
        }
    }

    /** What a number becomes. */
    public float of(int value, int channel) {
        return (value - means[channel]) / deviations[channel];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Scaling scaling
                && Arrays.equals(means, scaling.means)
                && Arrays.equals(deviations, scaling.deviations);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(means) + Arrays.hashCode(deviations);
    }

    @Override
    public String toString() {
        return "means " + Arrays.toString(means) + ", deviations " + Arrays.toString(deviations);
    }
}
