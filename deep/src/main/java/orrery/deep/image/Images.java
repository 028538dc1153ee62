package orrery.deep.image;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import orrery.data.Reading;
import orrery.deep.train.Scaling;

/**
 * Images of one size, a byte for each pixel and channel. Not to be changed.
 *
 * @param pixels by image: row by row, pixel by pixel, channel by channel
 * @param labels by image: the place of its class in {@code classes}
 * @param reading how they were read
 */
public record Images(
        int height, int width, int channels, byte[][] pixels, int[] labels, List<String> classes, Reading reading)
        implements Serializable {
    /** The largest byte. */
    static final int WHITE = 255;

    public Images {
        classes = List.copyOf(classes);
    }

    public int size() {
        return pixels.length;
    }

    /** Some of them, in an order. */
    private Images those(int[] which) {
        return new Images(
                height,
                width,
                channels,
                IntStream.of(which).mapToObj(i -> pixels[i]).toArray(byte[][]::new),
                IntStream.of(which).map(i -> labels[i]).toArray(),
                classes,
                reading);
    }

    /** Two parts. */
    public record Split(Images train, Images test) {}

    /** Holds out a part, by the seed. */
    public Split split(double heldOut, long seed) {
        var random = new SplittableRandom(seed);
        var isHeldOut = new boolean[size()];
        for (int i = 0; i < isHeldOut.length; i++) {
            isHeldOut[i] = random.nextDouble() < heldOut;
        }
        return new Split(
                those(IntStream.range(0, size()).filter(i -> !isHeldOut[i]).toArray()),
                those(IntStream.range(0, size()).filter(i -> isHeldOut[i]).toArray()));
    }

    /** Mean and deviation of each channel; 1 for the deviation of a channel in which all is alike. */
    public Scaling scaling() {
        var sums = new double[channels];
        var squares = new double[channels];
        for (var image : pixels) {
            for (int i = 0; i < image.length; i++) {
                int value = image[i] & WHITE;
                sums[i % channels] += value;
                squares[i % channels] += (double) value * value;
            }
        }
        var means = new float[channels];
        var deviations = new float[channels];
        double count = Math.max(1, (double) size() * height * width);
        for (int c = 0; c < channels; c++) {
            means[c] = (float) (sums[c] / count);
            double variance = squares[c] / count - sums[c] / count * (sums[c] / count);
            deviations[c] = variance > 0 ? (float) Math.sqrt(variance) : 1;
        }
        return new Scaling(means, deviations);
    }

    /** A sum of all. */
    public String sum() {
        var crc = new CRC32C();
        for (var image : pixels) {
            crc.update(image);
        }
        for (int label : labels) {
            crc.update(label);
            crc.update(label >>> Byte.SIZE);
        }
        return String.format("crc32c:%08x", crc.getValue());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Images images
                && Arrays.deepEquals(pixels, images.pixels)
                && Arrays.equals(labels, images.labels)
                && classes.equals(images.classes);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.deepHashCode(pixels) + Arrays.hashCode(labels);
    }

    @Override
    public String toString() {
        return String.format(
                java.util.Locale.ROOT,
                "%,d images of %d x %d, %d channel%s, %d classes",
                size(),
                height,
                width,
                channels,
                channels == 1 ? "" : "s",
                classes.size());
    }
}
