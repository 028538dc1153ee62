package orrery.learn.topic;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** By vectors of 256 bits, two for the sums. */
final class VectorProducts implements Products {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;
    private static final int LANES = 8;
    private static final int LOW = 0xffff;

    private final int[] topics = new int[LANES]; // of a vector, from where masses are gathered

    /** Vectors that the machine does not have are slower than none. */
    static boolean areFast() {
        return FloatVector.SPECIES_PREFERRED.length() >= LANES;
    }

    @Override
    public int narrow(int[] cells, int at, int n, float[] mass, float[] products, float[] sums, int topic) {
        var low = FloatVector.zero(FLOATS);
        var high = FloatVector.zero(FLOATS);
        int[] topics = this.topics;
        int found = -1;
        for (int i = 0; i < n; i += 2 * LANES) {
            var cell = IntVector.fromArray(INTS, cells, at + i);
            if (i + LANES > n) {
                cell = cell.lanewise(VectorOperators.AND, 0, after(n - i));
            }
            var of = cell.lanewise(VectorOperators.LSHR, 16);
            of.intoArray(topics, 0);
            var count = cell.and(LOW);
            var product = ((FloatVector) count.convert(VectorOperators.I2F, 0))
                    .mul(FloatVector.fromArray(FLOATS, mass, 0, topics, 0));
            product.intoArray(products, i);
            low = low.add(product);
            long at0 = of.compare(VectorOperators.EQ, topic)
                    .and(count.compare(VectorOperators.NE, 0))
                    .toLong();
            if (at0 != 0) {
                found = i + Long.numberOfTrailingZeros(at0);
            }
            if (i + LANES < n) {
                var cell1 = IntVector.fromArray(INTS, cells, at + i + LANES);
                if (i + 2 * LANES > n) {
                    cell1 = cell1.lanewise(VectorOperators.AND, 0, after(n - i - LANES));
                }
                var of1 = cell1.lanewise(VectorOperators.LSHR, 16);
                of1.intoArray(topics, 0);
                var count1 = cell1.and(LOW);
                var product1 = ((FloatVector) count1.convert(VectorOperators.I2F, 0))
                        .mul(FloatVector.fromArray(FLOATS, mass, 0, topics, 0));
                product1.intoArray(products, i + LANES);
                high = high.add(product1);
                long at1 = of1.compare(VectorOperators.EQ, topic)
                        .and(count1.compare(VectorOperators.NE, 0))
                        .toLong();
                if (at1 != 0) {
                    found = i + LANES + Long.numberOfTrailingZeros(at1);
                }
            }
        }
        low.intoArray(sums, 0);
        high.intoArray(sums, LANES);
        return found;
    }

    /** The lanes from one on. */
    private static VectorMask<Integer> after(int lanes) {
        return INTS.indexInRange(0, lanes).not();
    }

    @Override
    public int wide(int[] cells, int at, int room, int n, float[] mass, float[] products, float[] sums, int topic) {
        var low = FloatVector.zero(FLOATS);
        var high = FloatVector.zero(FLOATS);
        int[] topics = this.topics;
        int found = -1;
        for (int i = 0; i < n; i += LANES) {
            var of = IntVector.fromArray(INTS, cells, at + i);
            var count = IntVector.fromArray(INTS, cells, at + room + i);
            if (i + LANES > n) {
                of = of.lanewise(VectorOperators.AND, 0, after(n - i));
                count = count.lanewise(VectorOperators.AND, 0, after(n - i));
            }
            of.intoArray(topics, 0);
            var product = ((FloatVector) count.convert(VectorOperators.I2F, 0))
                    .mul(FloatVector.fromArray(FLOATS, mass, 0, topics, 0));
            product.intoArray(products, i);
            if ((i & LANES) == 0) {
                low = low.add(product);
            } else {
                high = high.add(product);
            }
            long here = of.compare(VectorOperators.EQ, topic)
                    .and(count.compare(VectorOperators.NE, 0))
                    .toLong();
            if (here != 0) {
                found = i + Long.numberOfTrailingZeros(here);
            }
        }
        low.intoArray(sums, 0);
        high.intoArray(sums, LANES);
        return found;
    }

    @Override
    public void dense(int[] cells, int at, int n, float[] mass, float[] products, float[] sums) {
        var low = FloatVector.zero(FLOATS);
        var high = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i + 2 * LANES <= n; i += 2 * LANES) {
            var product = ((FloatVector)
                            IntVector.fromArray(INTS, cells, at + i).convert(VectorOperators.I2F, 0))
                    .mul(FloatVector.fromArray(FLOATS, mass, i));
            product.intoArray(products, i);
            low = low.add(product);
            var product1 = ((FloatVector)
                            IntVector.fromArray(INTS, cells, at + i + LANES).convert(VectorOperators.I2F, 0))
                    .mul(FloatVector.fromArray(FLOATS, mass, i + LANES));
            product1.intoArray(products, i + LANES);
            high = high.add(product1);
        }
        low.intoArray(sums, 0);
        high.intoArray(sums, LANES);
        for (int s = 0; i < n; i++, s++) {
            float product = cells[at + i] * mass[i];
            products[i] = product;
            sums[s] += product;
        }
    }
}
