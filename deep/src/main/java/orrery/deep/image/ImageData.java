package orrery.deep.image;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import orrery.deep.train.NetData;
import orrery.deep.train.Scaling;

/**
 * Images as a net's examples: scaled, and cut to the net's input where they are larger. In training, the place of the cut is random,
 * and half of the images may be mirrored.
 *
 * @param input height, width and channels of the net's input
 * @param padding pixels of mean colour around an image, into which the cut may reach in training
 * @param isMirrored whether half of the training images are mirrored, by chance
 */
public record ImageData(Images images, int[] input, Scaling scaling, int padding, boolean isMirrored)
        implements NetData {
    /**
     * Checked.
     *
     * @throws IllegalArgumentException if images are smaller than the input, or have other channels
     */
    public ImageData {
        if (input.length != 3
                || images.channels() != input[2]
                || images.height() < input[0]
                || images.width() < input[1]
                || padding < 0) {
            throw new IllegalArgumentException(
                    "the net takes " + Arrays.toString(input) + " (height, width, channels), and there are " + images);
        }
    }

    @Override
    public long size() {
        return images.size();
    }

    @Override
    public double label(long example) {
        return images.labels()[(int) example];
    }

    @Override
    public String sum() {
        return images.sum();
    }

    @Override
    public Cursor cursor() {
        return this::put;
    }

    private void put(long example, float[] to, @Nullable SplittableRandom random) {
        var pixels = images.pixels()[(int) example];
        int channels = input[2];
        int spareHigh = images.height() - input[0];
        int spareWide = images.width() - input[1];
        int top = random == null ? spareHigh / 2 : random.nextInt(-padding, spareHigh + padding + 1);
        int left = random == null ? spareWide / 2 : random.nextInt(-padding, spareWide + padding + 1);
        boolean turns = isMirrored && random != null && random.nextBoolean();
        for (int y = 0; y < input[0]; y++) {
            for (int x = 0; x < input[1]; x++) {
                int line = top + y;
                int column = left + (turns ? input[1] - 1 - x : x);
                int at = (y * input[1] + x) * channels;
                if (line < 0 || line >= images.height() || column < 0 || column >= images.width()) {
                    Arrays.fill(to, at, at + channels, 0); // the mean
                    continue;
                }
                int from = (line * images.width() + column) * channels;
                for (int c = 0; c < channels; c++) {
                    to[at + c] = scaling.of(pixels[from + c] & Images.WHITE, c);
                }
            }
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ImageData data
                && images.equals(data.images)
                && Arrays.equals(input, data.input)
                && scaling.equals(data.scaling)
                && padding == data.padding
                && isMirrored == data.isMirrored;
    }

    @Override
    public int hashCode() {
        return 31 * images.hashCode() + Arrays.hashCode(input);
    }

    @Override
    public String toString() {
        return images.toString();
    }
}
