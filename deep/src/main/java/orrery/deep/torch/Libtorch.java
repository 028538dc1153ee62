package orrery.deep.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The functions of libtorch that are used: the stable C interface made for compiled models. Loads when first touched, from where {@link
 * Natives} put it. Functions return 0, or leave a text of what went wrong.
 */
@SuppressWarnings("restricted") // native calls are what it is for
final class Libtorch {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Arena ALL = Arena.global();
    private static final SymbolLookup SYMBOLS = load();
    private static final int TEXT = 1 << 12; // bytes of a text at most

    static final MethodHandle VIEW = function(
            "aoti_torch_create_tensor_from_blob",
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            ADDRESS,
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            ADDRESS);
    static final MethodHandle DELETE = function("aoti_torch_delete_tensor_object", ADDRESS);
    static final MethodHandle SAME = function("aoti_torch_new_tensor_handle", ADDRESS, ADDRESS);
    static final MethodHandle DATA = function("aoti_torch_get_data_ptr", ADDRESS, ADDRESS);
    static final MethodHandle STRIDES = function("aoti_torch_get_strides", ADDRESS, ADDRESS);
    static final MethodHandle COPY = function("aoti_torch_copy_", ADDRESS, ADDRESS, JAVA_INT);
    static final MethodHandle ADD_PRODUCT =
            function("aoti_torch_cpu_addmm_out", ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_DOUBLE, JAVA_DOUBLE);
    static final MethodHandle PRODUCT = function("aoti_torch_cpu_mm_out", ADDRESS, ADDRESS, ADDRESS);
    static final MethodHandle CONVOLUTION = function(
            "aoti_torch_cpu_convolution",
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_INT,
            ADDRESS,
            JAVA_LONG,
            JAVA_LONG,
            ADDRESS);
    static final MethodHandle CONVOLUTION_BACK = function(
            "aoti_torch_cpu_convolution_backward",
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_INT,
            ADDRESS,
            JAVA_LONG,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            ADDRESS,
            ADDRESS);
    static final MethodHandle MAX_POOL = function(
            "aoti_torch_cpu_max_pool2d_with_indices",
            ADDRESS,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_INT,
            ADDRESS,
            ADDRESS);
    static final MethodHandle MAX_POOL_BACK = function(
            "aoti_torch_cpu_max_pool2d_with_indices_backward",
            ADDRESS,
            ADDRESS,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_INT,
            ADDRESS,
            ADDRESS);

    /** Whether operators can be called by name with lists as arguments; since libtorch 2.10. */
    static final boolean HAS_NAMES = SYMBOLS.find("torch_call_dispatcher").isPresent();

    /** Calls by name, where there are any. */
    static final class ByName {
        static final MethodHandle CALL = function("torch_call_dispatcher", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
        static final MethodHandle LIST = function("torch_new_list_reserve_size", JAVA_LONG, ADDRESS);
        static final MethodHandle PUSH = function("torch_list_push_back", ADDRESS, JAVA_LONG);
        static final MethodHandle MALLOC =
                LINKER.downcallHandle(system("malloc"), FunctionDescriptor.of(ADDRESS, JAVA_LONG));
        static final long SINCE = 2L << 56 | 10L << 48; // the version whose rules arguments follow

        private ByName() {}
    }

    static final int FLOAT32 = number("aoti_torch_dtype_float32");
    static final int FLOAT64 = number("aoti_torch_dtype_float64");
    static final int CPU = number("aoti_torch_device_type_cpu");

    private static final Optional<MethodHandle> WHAT = SYMBOLS.find("torch_exception_get_what")
            .map(symbol -> LINKER.downcallHandle(symbol, FunctionDescriptor.of(ADDRESS)));
    private static final Map<String, MemorySegment> NAMES = new ConcurrentHashMap<>();

    private Libtorch() {}

    private static SymbolLookup load() {
        // A native thread for each worker: bits do not depend on how many there are, and cores are the workers'.
        for (var name : new String[] {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"}) {
            environment(name, "1");
        }
        environment("OMP_WAIT_POLICY", "PASSIVE");
        environment(
                "TORCH_CPP_LOG_LEVEL", "ERROR"); // it warns of each convolution for which it has a faster one elsewhere
        if (System.getenv("OPENBLAS_CORETYPE") == null && Natives.hasAvx512()) {
            environment("OPENBLAS_CORETYPE", "SKYLAKEX"); // it takes newer cores of AMD for older ones
        }
        keepLargeBlocks();
        for (Path library : Natives.libraries()) {
            System.load(library.toString());
        }
        var symbols = SymbolLookup.loaderLookup();
        symbols.find("_ZN3c1011initLoggingEv").ifPresent(Libtorch::readLogLevel); // c10::initLogging()
        return symbols;
    }

    private static void readLogLevel(MemorySegment symbol) {
        try {
            LINKER.downcallHandle(symbol, FunctionDescriptor.ofVoid()).invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static MemorySegment system(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    private static void environment(String name, String value) {
        var set = LINKER.downcallHandle(system("setenv"), FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
        try {
            int _ = (int) set.invokeExact(ALL.allocateFrom(name), ALL.allocateFrom(value), 1);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Else each large result is memory that the system makes anew, page by page. */
    private static void keepLargeBlocks() {
        var set = LINKER.defaultLookup().find("mallopt");
        if (set.isEmpty()) {
            return;
        }
        int mapThreshold = -3;
        int trimThreshold = -1;
        var function = LINKER.downcallHandle(set.get(), FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
        try {
            int _ = (int) function.invokeExact(mapThreshold, 1 << 30);
            int _ = (int) function.invokeExact(trimThreshold, Integer.MAX_VALUE);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static Optional<MethodHandle> find(String name, MemoryLayout... arguments) {
        return SYMBOLS.find(name)
                .map(symbol -> LINKER.downcallHandle(symbol, FunctionDescriptor.of(JAVA_INT, arguments)));
    }

    private static MethodHandle function(String name, MemoryLayout... arguments) {
        return find(name, arguments).orElseThrow(() -> new UnsatisfiedLinkError("libtorch has no function " + name));
    }

    private static int number(String name) {
        try {
            return (int) function(name).invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** A name in native memory. */
    static MemorySegment name(String name) {
        return NAMES.computeIfAbsent(name, ALL::allocateFrom);
    }

    /** What a failed function has to say. */
    static IllegalStateException failure() {
        try {
            if (WHAT.isPresent()) {
                var text = (MemorySegment) WHAT.get().invokeExact();
                if (text.address() != 0) {
                    return new IllegalStateException("libtorch: "
                            + text.reinterpret(TEXT)
                                    .getString(0)
                                    .lines()
                                    .findFirst()
                                    .orElse(""));
                }
            }
        } catch (Throwable e) {
            return new IllegalStateException("libtorch failed", e);
        }
        return new IllegalStateException("libtorch failed; what it says is on the error stream");
    }
}
