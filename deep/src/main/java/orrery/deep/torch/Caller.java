package orrery.deep.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import orrery.deep.layer.Operation;
import orrery.deep.tensor.Tensor;

/** Calls libtorch for one operation, with room of its own for arguments and results. Confined to one thread. */
@SuppressWarnings("restricted") // native calls are what it is for
final class Caller {
    private static final int CELLS = 32;
    private static final int DIMENSIONS = 4;

    private final MemorySegment cells; // results, and arguments by name
    private final MemorySegment sizes;
    private final MemorySegment strides;
    private final Tensor.Type type;

    Caller(Arena arena, Tensor.Type type) {
        this.type = type;
        cells = arena.allocate(CELLS * JAVA_LONG.byteSize(), JAVA_LONG.byteAlignment());
        sizes = arena.allocate(DIMENSIONS * JAVA_LONG.byteSize(), JAVA_LONG.byteAlignment());
        strides = arena.allocate(DIMENSIONS * JAVA_LONG.byteSize(), JAVA_LONG.byteAlignment());
    }

    /** A call of a function. */
    @FunctionalInterface
    interface Call {
        int run() throws Throwable;
    }

    private static IllegalStateException broken(Throwable e) {
        return e instanceof IllegalStateException own ? own : new IllegalStateException(e);
    }

    static void check(int code) {
        if (code != 0) {
            throw Libtorch.failure();
        }
    }

    /** Where a result is put. */
    MemorySegment cell(int i) {
        return cells.asSlice(i * JAVA_LONG.byteSize(), JAVA_LONG.byteSize());
    }

    /** A result. */
    MemorySegment result(int i) {
        return cells.get(ADDRESS, i * JAVA_LONG.byteSize());
    }

    /** Images that lie as (examples, height, width, channels), which libtorch calls (examples, channels, height, width). */
    MemorySegment images(Tensor of, long examples, int[] shape) {
        long height = shape[0];
        long width = shape[1];
        long channels = shape[2];
        strides(height * width * channels, 1, width * channels, channels);
        return view(of, 0, examples, channels, height, width);
    }

    /** A matrix. */
    MemorySegment matrix(Tensor of, long at, long rows, long columns, long rowStride, long columnStride) {
        strides(rowStride, columnStride);
        return view(of, at, rows, columns);
    }

    /** Numbers in a row. */
    MemorySegment vector(Tensor of, long count) {
        strides(1);
        return view(of, 0, count);
    }

    private void strides(long... of) {
        for (int i = 0; i < of.length; i++) {
            strides.setAtIndex(JAVA_LONG, i, of[i]);
        }
    }

    private MemorySegment view(Tensor of, long at, long... dimensions) {
        for (int i = 0; i < dimensions.length; i++) {
            sizes.setAtIndex(JAVA_LONG, i, dimensions[i]);
        }
        boolean isDouble = of.type() == Tensor.Type.FLOAT64;
        try {
            check((int) Libtorch.VIEW.invokeExact(
                    MemorySegment.ofAddress(of.data().address() + at * of.type().bytes()),
                    (long) dimensions.length,
                    sizes,
                    strides,
                    0L,
                    isDouble ? Libtorch.FLOAT64 : Libtorch.FLOAT32,
                    Libtorch.CPU,
                    0,
                    cell(0)));
        } catch (Throwable e) {
            throw broken(e);
        }
        return result(0);
    }

    /** Images of libtorch's as ours; null if they lie in another way. */
    private @Nullable Tensor asImages(MemorySegment handle, long examples, long height, long width, long channels) {
        try {
            check((int) Libtorch.STRIDES.invokeExact(handle, cell(0)));
            var found = result(0).reinterpret(DIMENSIONS * JAVA_LONG.byteSize());
            long[] due = {height * width * channels, 1, width * channels, channels};
            long[] sizes = {examples, channels, height, width};
            for (int i = 0; i < DIMENSIONS; i++) { // where there is one, its stride says nothing
                if (sizes[i] > 1 && found.getAtIndex(JAVA_LONG, i) != due[i]) {
                    return null;
                }
            }
            check((int) Libtorch.DATA.invokeExact(handle, cell(0)));
        } catch (Throwable e) {
            throw broken(e);
        }
        long count = examples * height * width * channels;
        return Tensor.over(result(0).reinterpret(count * type.bytes()), type, Math.toIntExact(count));
    }

    /** Images that libtorch has made, which are held: as they lie if they lie as ours, else copied to room of our own. */
    Tensor taken(Held held, MemorySegment made, long examples, int[] shape, Operation.Later own) {
        held.put(made);
        var found = asImages(made, examples, shape[0], shape[1], shape[2]);
        if (found != null) {
            return found;
        }
        var to = images(own.get(), examples, shape);
        copy(made, to);
        delete(to);
        return own.get();
    }

    /** Numbers in a row of libtorch's as ours. */
    Tensor asVector(MemorySegment handle, int count) {
        try {
            check((int) Libtorch.DATA.invokeExact(handle, cell(0)));
        } catch (Throwable e) {
            throw broken(e);
        }
        return Tensor.over(result(0).reinterpret((long) count * type.bytes()), type, count);
    }

    /** Copies numbers, however they lie. */
    static void copy(MemorySegment from, MemorySegment to) {
        try {
            check((int) Libtorch.COPY.invokeExact(to, from, 0));
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    static void delete(MemorySegment... handles) {
        for (var handle : handles) {
            if (handle.address() == 0) {
                continue;
            }
            try {
                check((int) Libtorch.DELETE.invokeExact(handle));
            } catch (Throwable e) {
                throw broken(e);
            }
        }
    }

    /** Runs a function. */
    static void run(Call call) {
        try {
            check(call.run());
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** An argument by name that may be missing. */
    record Maybe(@Nullable MemorySegment of) {}

    /**
     * Calls an operator by name, and returns what it gives.
     *
     * @param arguments handles (which stay the caller's), numbers, booleans, lists of them, and {@link Maybe}
     */
    MemorySegment[] call(int results, String operator, Object... arguments) {
        try {
            var encoded = new long[arguments.length];
            for (int i = 0; i < encoded.length; i++) {
                encoded[i] = encoded(arguments[i]);
            }
            for (int i = 0; i < encoded.length; i++) {
                cells.setAtIndex(JAVA_LONG, i, encoded[i]);
            }
            check((int) Libtorch.ByName.CALL.invokeExact(
                    Libtorch.name(operator), Libtorch.name(""), cells, Libtorch.ByName.SINCE));
        } catch (Throwable e) {
            throw broken(e);
        }
        var found = new MemorySegment[results];
        Arrays.setAll(found, this::result);
        return found;
    }

    private long encoded(Object argument) throws Throwable {
        return switch (argument) {
            case Long number -> number;
            case Double number -> Double.doubleToRawLongBits(number);
            case Boolean is -> is ? 1 : 0;
            case MemorySegment tensor -> { // which is taken: it gets a handle of its own
                check((int) Libtorch.SAME.invokeExact(tensor, cell(CELLS - 1)));
                yield result(CELLS - 1).address();
            }
            case Maybe(var of) -> {
                if (of == null) {
                    yield 0;
                }
                var cell = ((MemorySegment) Libtorch.ByName.MALLOC.invokeExact(JAVA_LONG.byteSize()))
                        .reinterpret(JAVA_LONG.byteSize());
                cell.set(JAVA_LONG, 0, encoded(of)); // which is taken, too
                yield cell.address();
            }
            case List<?> list -> {
                check((int) Libtorch.ByName.LIST.invokeExact((long) list.size(), cell(CELLS - 1)));
                var made = result(CELLS - 1);
                for (var entry : list) {
                    check((int) Libtorch.ByName.PUSH.invokeExact(made, encoded(entry)));
                }
                yield made.address();
            }
            default -> throw new IllegalArgumentException("not an argument: " + argument.getClass());
        };
    }
}
