package dev.zstar.bridge.openblas;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The functions of one loaded OpenBLAS with 32-bit integers, on blocks.
 *
 * <p>The handles do not know the library: its addresses are their first arguments, so that a library can be tried and rejected while the
 * handles stay constants. No call is {@linkplain Linker.Option#critical critical}: a critical call delays every other thread's garbage
 * collection until it ends, and saved only 2 to 5 ns of the 75 that a gemv of n = 16 takes (190 at n = 64). Passing segments instead of
 * bare addresses costs about 20 ns a call, and prevents a block from being freed while the library computes on it.
 */
final class Cblas {
    private static final int ROW_MAJOR = 101;
    private static final int PLAIN = 111;
    private static final int TRANSPOSED = 112;

    private static final MethodHandle SGEMM = gemm(JAVA_FLOAT);
    private static final MethodHandle DGEMM = gemm(JAVA_DOUBLE);
    private static final MethodHandle SGEMV = gemv(JAVA_FLOAT);
    private static final MethodHandle DGEMV = gemv(JAVA_DOUBLE);
    private static final MethodHandle SET_THREADS = handle(FunctionDescriptor.ofVoid(JAVA_INT));
    private static final MethodHandle STRING = handle(FunctionDescriptor.of(ADDRESS));

    private final MemorySegment sgemm;
    private final MemorySegment dgemm;
    private final MemorySegment sgemv;
    private final MemorySegment dgemv;
    private final MemorySegment setThreads;
    private final String configuration;
    private final String core;
    private volatile int threads;

    /** Finds the functions; refuses a library that is not OpenBLAS, or whose integers have 64 bits. */
    Cblas(SymbolLookup library) throws Unusable {
        sgemm = find(library, "cblas_sgemm");
        dgemm = find(library, "cblas_dgemm");
        sgemv = find(library, "cblas_sgemv");
        dgemv = find(library, "cblas_dgemv");
        setThreads = find(library, "openblas_set_num_threads");
        configuration = string(find(library, "openblas_get_config"));
        core = string(find(library, "openblas_get_corename"));
        // Checked before any call: such a library would take the other half of its arguments from whatever is on the stack.
        if (configuration.contains("USE64BITINT")) {
            throw new Unusable("has 64-bit integers (ILP64), expected a build with 32-bit integers (LP64), such as Debian's libopenblas0");
        }
    }

    private static MethodHandle handle(FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(descriptor);
    }

    private static MethodHandle gemm(MemoryLayout real) {
        return handle(FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
                real, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, real, ADDRESS, JAVA_INT));
    }

    private static MethodHandle gemv(MemoryLayout real) {
        return handle(FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
                real, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, real, ADDRESS, JAVA_INT));
    }

    private static MemorySegment find(SymbolLookup library, String function) throws Unusable {
        return library.find(function).orElseThrow(() -> new Unusable("has no function " + function + ", so it is not OpenBLAS"));
    }

    private static String string(MemorySegment function) {
        try {
            return ((MemorySegment) STRING.invokeExact(function)).reinterpret(1024).getString(0).strip();
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** The version, such as {@code 0.3.31}: the second word of {@code OpenBLAS 0.3.31 DYNAMIC_ARCH …}. */
    String version() {
        String[] words = configuration.split("\\s+", 3);
        return words.length > 1 ? words[1] : configuration;
    }

    /**
     * The processor that the library chose its kernels for, such as {@code SkylakeX}. If the variable that overrides this choice is set,
     * the text says so, because it matters in comparisons: on a processor with AVX-512, {@code Haswell} halves the speed.
     */
    String core() {
        String forced = System.getenv("OPENBLAS_CORETYPE");
        return forced == null || forced.isEmpty() ? core : core + " because of OPENBLAS_CORETYPE";
    }

    /**
     * Sets the number of threads of the next products. The library has one number for the whole process, so two engines that compute at
     * the same time with different numbers share one of them.
     */
    void threads(int count) {
        if (threads != count) {
            setThreads(count);
        }
    }

    private synchronized void setThreads(int count) {
        try {
            SET_THREADS.invokeExact(setThreads, count);
        } catch (Throwable e) {
            throw unchecked(e);
        }
        threads = count;
    }

    /**
     * {@code c = α A B + β c}, where {@code A} is {@code a} or its transpose, and {@code B} likewise. The inner dimension must not be 0.
     */
    void multiply(double alpha, Block a, boolean transposeA, Block b, boolean transposeB, double beta, Block c) {
        int inner = transposeA ? a.rows() : a.cols();
        if (c.rows() == 0 || c.cols() == 0) {
            return;
        }
        if (inner == 0) {
            throw new AssertionError("the inner dimension of a product is 0");
        }
        int ta = transposeA ? TRANSPOSED : PLAIN;
        int tb = transposeB ? TRANSPOSED : PLAIN;
        try {
            if (c.type() == Type.F32) {
                SGEMM.invokeExact(sgemm, ROW_MAJOR, ta, tb, c.rows(), c.cols(), inner,
                        (float) alpha, a.segment(), a.stride(), b.segment(), b.stride(), (float) beta, c.segment(), c.stride());
            } else {
                DGEMM.invokeExact(dgemm, ROW_MAJOR, ta, tb, c.rows(), c.cols(), inner,
                        alpha, a.segment(), a.stride(), b.segment(), b.stride(), beta, c.segment(), c.stride());
            }
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** {@code y = A x} for one row {@code x} and one row {@code y}, where {@code A} is {@code a} or its transpose. */
    void multiply(Block a, boolean transposed, Block x, Block y) {
        if (y.cols() == 0) {
            return;
        }
        if (x.cols() == 0) {
            // BLAS returns at once from an empty matrix, even with β = 0.
            y.fill(0);
            return;
        }
        int ta = transposed ? TRANSPOSED : PLAIN;
        try {
            if (y.type() == Type.F32) {
                SGEMV.invokeExact(sgemv, ROW_MAJOR, ta, a.rows(), a.cols(),
                        1f, a.segment(), a.stride(), x.segment(), 1, 0f, y.segment(), 1);
            } else {
                DGEMV.invokeExact(dgemv, ROW_MAJOR, ta, a.rows(), a.cols(),
                        1d, a.segment(), a.stride(), x.segment(), 1, 0d, y.segment(), 1);
            }
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    private static RuntimeException unchecked(Throwable e) {
        return switch (e) {
            case RuntimeException runtime -> runtime;
            case Error error -> throw error;
            default -> throw new AssertionError("a native call threw", e);
        };
    }
}
