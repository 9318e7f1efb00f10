package dev.zstar.benchmarks.jmh.peers;

import dev.ludovic.netlib.blas.JavaBLAS;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;

/**
 * The implementations of {@code dev.ludovic.netlib:blas} (MIT; its f2j classes are under a BSD licence).
 *
 * <p>On JDK 25 {@code JavaBLAS.getInstance()} gives {@code VectorBLAS} if the module {@code jdk.incubator.vector} is present. Otherwise it
 * gives {@code Java11BLAS}, and only logs this. Both compute products of fewer than 100³ multiply-adds with the same scalar code. For
 * larger ones operands are packed, and {@code VectorBLAS} has vector code.
 */
final class Netlib {
    static {
        // Otherwise it loads its JNI library and through it the system's BLAS, which would be another contender.
        System.setProperty("dev.ludovic.netlib.blas.allowNative", "false");
    }

    private Netlib() {}

    /** The implementation that a program gets. */
    static JavaBLAS vector() {
        JavaBLAS blas = JavaBLAS.getInstance();
        String chosen = blas.getClass().getSimpleName();
        if (!chosen.equals("VectorBLAS")) {
            throw new IllegalStateException(
                    "netlib chose " + chosen + "; expected VectorBLAS, which needs --add-modules jdk.incubator.vector");
        }
        return blas;
    }

    /** The implementation that a program without the incubating module gets. */
    static JavaBLAS scalar() {
        try {
            Method instance = Class.forName("dev.ludovic.netlib.blas.Java11BLAS").getMethod("getInstance");
            instance.setAccessible(true);
            return (JavaBLAS) instance.invoke(null);
        } catch (ReflectiveOperationException | InaccessibleObjectException e) {
            throw new IllegalStateException("the class Java11BLAS of netlib is not accessible", e);
        }
    }
}
