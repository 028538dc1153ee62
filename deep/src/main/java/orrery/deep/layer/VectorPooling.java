package orrery.deep.layer;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The largest cell under a window, for as many channels at once as a vector has. */
final class VectorPooling {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> PLACES = SPECIES.withLanes(int.class);
    private static final IntVector STEPS = IntVector.zero(PLACES).addIndex(1); // a lane is a channel
    private static final int LANES = SPECIES.length();

    private VectorPooling() {}

    /**
     * The largest of the cells of rows {@code top} to {@code bottom} and columns {@code left} to {@code right} of an image, by channel.
     *
     * @param output takes them, from {@code into} on
     * @param chosen takes the place of the largest in the image, from {@code at} on
     */
    static void largest(
            float[] image,
            float[] output,
            int[] chosen,
            int at,
            int into,
            int width,
            int depth,
            int top,
            int bottom,
            int left,
            int right) {
        int c = 0;
        for (; c + LANES <= depth; c += LANES) {
            var best = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
            var places = IntVector.broadcast(PLACES, (top * width + left) * depth + c);
            for (int i = top; i < bottom; i++) {
                int place = (i * width + left) * depth + c;
                for (int j = left; j < right; j++, place += depth) {
                    var x = FloatVector.fromArray(SPECIES, image, place);
                    var isBetter = x.compare(VectorOperators.LE, best).not(); // NaN, too
                    best = best.blend(x, isBetter);
                    places = places.blend(IntVector.broadcast(PLACES, place), isBetter.cast(PLACES));
                }
            }
            best.intoArray(output, into + c);
            places.add(STEPS).intoArray(chosen, at + c);
        }
        for (; c < depth; c++) {
            float best = Float.NEGATIVE_INFINITY;
            int found = (top * width + left) * depth + c;
            for (int i = top; i < bottom; i++) {
                int place = (i * width + left) * depth + c;
                for (int j = left; j < right; j++, place += depth) {
                    if (!(image[place] <= best)) {
                        best = image[place];
                        found = place;
                    }
                }
            }
            output[into + c] = best;
            chosen[at + c] = found;
        }
    }
}
