package orrery.deep.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Numbers in native memory, of a shape, the last dimension side by side. Images are (batch, height, width, channels). Lives as long as
 * the arena that it was made in. For use by one thread at a time.
 */
public final class Tensor {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;
    private static final int FEW = 32;
    private static final int BLOCK = 1 << 20; // numbers that a loop by int takes
    private static final int ALIGNMENT = 64; // a line of the cache, a vector

    /** What a number is. */
    public enum Type {
        FLOAT32(Float.BYTES),
        /** For tests: the gradients of layers are checked in it. */
        FLOAT64(Double.BYTES);

        private final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }

        /** Of a number. */
        public int bytes() {
            return bytes;
        }
    }

    private final MemorySegment data;
    private final boolean isDouble;
    private final int[] shape;
    private final long size;

    private Tensor(MemorySegment data, Type type, int[] shape) {
        this.data = data;
        isDouble = type == Type.FLOAT64;
        this.shape = shape;
        size = size(shape);
    }

    /**
     * A tensor of zeros.
     *
     * @throws IllegalArgumentException if a dimension is below 0
     */
    public static Tensor of(Arena arena, Type type, int... shape) {
        long size = size(shape);
        return new Tensor(arena.allocate(Math.max(1, size) * type.bytes(), ALIGNMENT), type, shape.clone());
    }

    /**
     * A tensor in memory of others, which must outlive it.
     *
     * @throws IllegalArgumentException if the memory is smaller
     */
    public static Tensor over(MemorySegment data, Type type, int... shape) {
        if (data.byteSize() < size(shape) * type.bytes()) {
            throw new IllegalArgumentException(
                    Arrays.toString(shape) + " does not fit into " + data.byteSize() + " bytes");
        }
        return new Tensor(data, type, shape.clone());
    }

    /** How many numbers a shape has. */
    public static long size(int... shape) {
        long size = 1;
        for (int dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException("a shape has no dimensions below 0, got " + Arrays.toString(shape));
            }
            size = Math.multiplyExact(size, dimension);
        }
        return size;
    }

    public Type type() {
        return isDouble ? Type.FLOAT64 : Type.FLOAT32;
    }

    public int[] shape() {
        return shape.clone();
    }

    public long size() {
        return size;
    }

    /** The memory itself. */
    public MemorySegment data() {
        return data;
    }

    public double get(long i) {
        return isDouble ? data.getAtIndex(DOUBLE, i) : data.getAtIndex(FLOAT, i);
    }

    public void set(long i, double value) {
        if (isDouble) {
            data.setAtIndex(DOUBLE, i, value);
        } else {
            data.setAtIndex(FLOAT, i, (float) value);
        }
    }

    public void add(long i, double value) {
        if (isDouble) {
            data.setAtIndex(DOUBLE, i, data.getAtIndex(DOUBLE, i) + value);
        } else {
            data.setAtIndex(FLOAT, i, data.getAtIndex(FLOAT, i) + (float) value);
        }
    }

    /** Adds numbers of another tensor of the same type. */
    public void add(Tensor from, long at, long to, long count) {
        if (isDouble) {
            for (long i = 0; i < count; i++) {
                add(to + i, from.get(at + i));
            }
            return;
        }
        var source = from.data.asSlice(at * Float.BYTES, count * Float.BYTES);
        var target = data.asSlice(to * Float.BYTES, count * Float.BYTES);
        for (int i = 0; i < count; i++) {
            target.setAtIndex(FLOAT, i, target.getAtIndex(FLOAT, i) + source.getAtIndex(FLOAT, i));
        }
    }

    /** Adds numbers of another tensor of the same type, times a factor. */
    public void addTimes(Tensor from, long at, long to, long count, double factor) {
        if (isDouble) {
            for (long i = 0; i < count; i++) {
                add(to + i, factor * from.get(at + i));
            }
            return;
        }
        if (factor == 1) {
            add(from, at, to, count);
            return;
        }
        float by = (float) factor;
        for (int i = 0; i < count; i++) {
            float value = from.data.getAtIndex(FLOAT, at + i);
            data.setAtIndex(FLOAT, to + i, data.getAtIndex(FLOAT, to + i) + by * value);
        }
    }

    /**
     * Adds numbers of another tensor of the same type, each to its own place.
     *
     * @param at of the other, and of places
     * @param to the offset of all places
     */
    public void addEach(Tensor from, int at, int[] places, long to, int count) {
        if (isDouble) {
            for (int i = 0; i < count; i++) {
                add(to + places[at + i], from.get(at + i));
            }
            return;
        }
        for (int i = at; i < at + count; i++) {
            long place = to + places[i];
            data.setAtIndex(FLOAT, place, data.getAtIndex(FLOAT, place) + from.data.getAtIndex(FLOAT, i));
        }
    }

    /** The first numbers of another where they are above 0, otherwise 0. NaN stays NaN. */
    public void positive(Tensor from, long count) {
        if (isDouble) {
            for (long i = 0; i < count; i++) {
                double x = from.get(i);
                set(i, x > 0 || Double.isNaN(x) ? x : 0);
            }
            return;
        }
        for (long start = 0; start < count; start += BLOCK) {
            int some = (int) Math.min(BLOCK, count - start);
            var source = from.data.asSlice(start * Float.BYTES, (long) some * Float.BYTES);
            var target = data.asSlice(start * Float.BYTES, (long) some * Float.BYTES);
            for (int i = 0; i < some; i++) {
                target.setAtIndex(FLOAT, i, Math.max(source.getAtIndex(FLOAT, i), 0f));
            }
        }
    }

    /** Sets the first numbers to 0 where another's are not above 0. */
    public void zeroWhereNotPositive(Tensor other, long count) {
        if (isDouble) {
            for (long i = 0; i < count; i++) {
                set(i, other.get(i) > 0 ? get(i) : 0);
            }
            return;
        }
        for (long start = 0; start < count; start += BLOCK) {
            int some = (int) Math.min(BLOCK, count - start);
            var signs = other.data.asSlice(start * Float.BYTES, (long) some * Float.BYTES);
            var target = data.asSlice(start * Float.BYTES, (long) some * Float.BYTES);
            for (int i = 0; i < some; i++) {
                float value = target.getAtIndex(FLOAT, i);
                target.setAtIndex(FLOAT, i, signs.getAtIndex(FLOAT, i) > 0 ? value : 0f);
            }
        }
    }

    /** The sum of all numbers' squares. */
    public double squares() {
        return squares(0, size);
    }

    /** The sum of the squares of {@code count} numbers. */
    public double squares(long from, long count) {
        double sum = 0;
        for (long i = from; i < from + count; i++) {
            sum += get(i) * get(i);
        }
        return sum;
    }

    /** The first numbers times a factor. */
    public void scale(double factor, long count) {
        for (long i = 0; i < count; i++) {
            set(i, get(i) * factor);
        }
    }

    /** All zero from {@code from} to {@code to}. */
    public void zero(long from, long to) {
        int bytes = type().bytes();
        data.asSlice(from * bytes, (to - from) * bytes).fill((byte) 0);
    }

    /** Copies numbers of a tensor of the same type. */
    public void copy(Tensor from, long at, long to, long count) {
        if (count < FEW && !isDouble) { // for which a call takes longer than the copy
            for (int i = 0; i < count; i++) {
                data.setAtIndex(FLOAT, to + i, from.data.getAtIndex(FLOAT, at + i));
            }
            return;
        }
        int bytes = type().bytes();
        MemorySegment.copy(from.data, at * bytes, data, to * bytes, count * bytes);
    }

    /** Takes floats. */
    public void copy(float[] from, int at, long to, int count) {
        if (isDouble) {
            for (int i = 0; i < count; i++) {
                data.setAtIndex(DOUBLE, to + i, from[at + i]);
            }
        } else {
            MemorySegment.copy(from, at, data, FLOAT, to * Float.BYTES, count);
        }
    }

    /** Gives floats. */
    public void copyTo(long at, float[] to, int into, int count) {
        if (isDouble) {
            for (int i = 0; i < count; i++) {
                to[into + i] = (float) data.getAtIndex(DOUBLE, at + i);
            }
        } else {
            MemorySegment.copy(data, FLOAT, at * Float.BYTES, to, into, count);
        }
    }

    @Override
    public String toString() {
        return type() + Arrays.toString(shape);
    }
}
