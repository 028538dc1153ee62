package orrery.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import orrery.deep.image.ImageFiles;

/** Images in columns of data frames. */
public final class ImageColumns {
    private static final double WHITE = 255;

    private ImageColumns() {}

    /**
     * JPEG or PNG in a column of bytes, such as the {@code content} of Spark's source {@code binaryFile}, as vectors that nets take:
     * row by row, pixel by pixel, channel by channel, from 0 to 1. Images of other sizes are made to just cover the size, and cut.
     *
     * @param channels 3, or 1 for grey
     */
    public static Column vectors(Column encoded, int height, int width, int channels) {
        int[] size = {height, width, channels};
        return functions
                .udf(
                        (UDF1<byte[], Vector>) bytes -> bytes == null ? null : vector(bytes, size),
                        SQLDataTypes.VectorType())
                .apply(encoded);
    }

    private static Vector vector(byte[] encoded, int[] size) {
        byte[] pixels;
        try {
            pixels = ImageFiles.decoded(encoded, "an image of " + encoded.length + " bytes", size);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
        var numbers = new double[pixels.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (pixels[i] & 0xff) / WHITE;
        }
        return Vectors.dense(numbers);
    }
}
