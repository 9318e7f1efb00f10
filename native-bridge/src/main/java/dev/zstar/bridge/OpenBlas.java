package dev.zstar.bridge;

import dev.zstar.kernels.Block;
import dev.zstar.kernels.Type;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The functions of OpenBLAS that are used, bound when this class loads. {@link #REASON} says why where that failed; then nothing
 * else of it may be called.
 *
 * <p>Looked for at the path in the property {@code zstar.openblas} or the variable {@code ZSTAR_OPENBLAS}, and nowhere else where
 * one is set; then in the {@code org.bytedeco:openblas} jar of this platform; then where the system's loader finds it.
 */
final class OpenBlas {
    /** Null where the library works. */
    static final String REASON;
    /** What was loaded. */
    static final String DESCRIPTION;

    private static final int ROW_MAJOR = 101;
    private static final int PLAIN = 111;
    private static final int TRANSPOSED = 112;

    private static final MethodHandle SGEMM;
    private static final MethodHandle DGEMM;
    private static final MethodHandle SGEMV;
    private static final MethodHandle DGEMV;
    private static final MethodHandle SET_THREADS;

    private static int threads;

    static {
        MethodHandle[] bound = new MethodHandle[5];
        String reason = null;
        String description = null;
        try {
            Found found = find();
            SymbolLookup library = found.lookup();
            bound[0] = bind(library, "cblas_sgemm", gemm(ValueLayout.JAVA_FLOAT));
            bound[1] = bind(library, "cblas_dgemm", gemm(ValueLayout.JAVA_DOUBLE));
            bound[2] = bind(library, "cblas_sgemv", gemv(ValueLayout.JAVA_FLOAT));
            bound[3] = bind(library, "cblas_dgemv", gemv(ValueLayout.JAVA_DOUBLE));
            bound[4] = bind(library, "openblas_set_num_threads", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
            description = text(library, "openblas_get_config") + ", " + found.place();
        } catch (IllegalCallerException e) {
            reason = "this JVM denies native code; start java with --enable-native-access=dev.zstar.bridge (on the class path: ALL-UNNAMED)";
        } catch (UnsatisfiedLinkError | IOException e) {
            reason = e.getMessage();
        }
        REASON = reason;
        DESCRIPTION = description;
        SGEMM = bound[0];
        DGEMM = bound[1];
        SGEMV = bound[2];
        DGEMV = bound[3];
        SET_THREADS = bound[4];
    }

    private OpenBlas() {}

    private record Found(SymbolLookup lookup, String place) {}

    private static Found find() throws IOException {
        String chosen = System.getProperty("zstar.openblas", System.getenv("ZSTAR_OPENBLAS"));
        if (chosen != null) {
            return load(Path.of(chosen).toAbsolutePath(), chosen);
        }
        List<String> tried = new ArrayList<>();
        String prefix = "org/bytedeco/openblas/" + platform() + "/";
        String name = libraryName();
        ClassLoader loader = ClassLoader.getSystemClassLoader();
        if (loader.getResource(prefix + name) != null) {
            try {
                Path folder = NativeFiles.extract(loader, prefix, companions(name), NativeFiles.cache().resolve("openblas"));
                return load(folder.resolve(name), "bundled");
            } catch (IOException | UnsatisfiedLinkError e) {
                tried.add("the bundled one: " + e.getMessage());
            }
        } else {
            tried.add("no jar org.bytedeco:openblas:" + platform() + " on the class path");
        }
        try {
            return new Found(SymbolLookup.libraryLookup(name, Arena.global()), "from the system");
        } catch (IllegalArgumentException e) {
            tried.add("the system's loader finds no " + name);
        }
        throw new UnsatisfiedLinkError("OpenBLAS was not found (" + String.join("; ", tried) + "); install it, for example with apt-get install "
                + "libopenblas0, or give its path in -Dzstar.openblas");
    }

    private static Found load(Path file, String place) {
        try {
            return new Found(SymbolLookup.libraryLookup(file, Arena.global()), place);
        } catch (IllegalArgumentException e) {
            throw new UnsatisfiedLinkError("the library " + file + " cannot be loaded (it is missing, for another platform, or lacks one it needs)");
        }
    }

    private static String platform() {
        String os = System.getProperty("os.name");
        String arch = System.getProperty("os.arch").matches("amd64|x86_64") ? "x86_64" : "arm64";
        return (os.startsWith("Mac") ? "macosx" : os.startsWith("Windows") ? "windows" : "linux") + "-" + arch;
    }

    private static String libraryName() {
        String os = System.getProperty("os.name");
        return os.startsWith("Mac") ? "libopenblas.0.dylib" : os.startsWith("Windows") ? "libopenblas.dll" : "libopenblas.so.0";
    }

    /** What the library needs beside it is found there through its own search path. */
    private static List<String> companions(String name) {
        return List.of("libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5", "libgcc_s.1.1.dylib", "libquadmath.0.dylib",
                "libgfortran.5.dylib", name);
    }

    private static MethodHandle bind(SymbolLookup library, String name, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(
                library.find(name).orElseThrow(() -> new UnsatisfiedLinkError("the library lacks " + name + "; it is no OpenBLAS")), type);
    }

    private static FunctionDescriptor gemm(ValueLayout element) {
        ValueLayout i = ValueLayout.JAVA_INT;
        ValueLayout p = ValueLayout.ADDRESS;
        return FunctionDescriptor.ofVoid(i, i, i, i, i, i, element, p, i, p, i, element, p, i);
    }

    private static FunctionDescriptor gemv(ValueLayout element) {
        ValueLayout i = ValueLayout.JAVA_INT;
        ValueLayout p = ValueLayout.ADDRESS;
        return FunctionDescriptor.ofVoid(i, i, i, i, element, p, i, p, i, element, p, i);
    }

    /** The first two words of a text that the library returns: name and version. */
    private static String text(SymbolLookup library, String function) {
        try {
            MethodHandle handle = bind(library, function, FunctionDescriptor.of(ValueLayout.ADDRESS));
            String[] words = ((MemorySegment) handle.invokeExact()).reinterpret(1024).getString(0).split(" ", 3);
            return words[0] + " " + words[1];
        } catch (Throwable e) {
            throw new UnsatisfiedLinkError("the library does not say its version: " + e);
        }
    }

    /** OpenBLAS has one number of threads for the whole process: the last engine that computed decides. */
    static void threads(int count) {
        if (threads == count) {
            return;
        }
        try {
            SET_THREADS.invokeExact(count);
            threads = count;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /**
     * {@code c = op(a) op(b) + β c}, row-major.
     *
     * @param k the inner dimension
     */
    static void gemm(boolean transposeA, Block a, boolean transposeB, Block b, int k, double beta, Block c) {
        int ta = transposeA ? TRANSPOSED : PLAIN;
        int tb = transposeB ? TRANSPOSED : PLAIN;
        try {
            if (c.type() == Type.F32) {
                SGEMM.invokeExact(ROW_MAJOR, ta, tb, c.rows(), c.cols(), k, 1f, a.segment(), a.stride(), b.segment(), b.stride(),
                        (float) beta, c.segment(), c.stride());
            } else {
                DGEMM.invokeExact(ROW_MAJOR, ta, tb, c.rows(), c.cols(), k, 1.0, a.segment(), a.stride(), b.segment(), b.stride(),
                        beta, c.segment(), c.stride());
            }
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** {@code y = op(a) x} for the first rows of x and y. */
    static void gemv(boolean transpose, Block a, Block x, Block y) {
        int t = transpose ? TRANSPOSED : PLAIN;
        try {
            if (a.type() == Type.F32) {
                SGEMV.invokeExact(ROW_MAJOR, t, a.rows(), a.cols(), 1f, a.segment(), a.stride(), x.segment(), 1, 0f, y.segment(), 1);
            } else {
                DGEMV.invokeExact(ROW_MAJOR, t, a.rows(), a.cols(), 1.0, a.segment(), a.stride(), x.segment(), 1, 0.0, y.segment(), 1);
            }
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
