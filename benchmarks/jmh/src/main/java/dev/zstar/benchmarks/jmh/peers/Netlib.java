package dev.zstar.benchmarks.jmh.peers;

import dev.ludovic.netlib.blas.JavaBLAS;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;

/**
 * The implementations of {@code dev.ludovic.netlib:blas} (MIT; the f2j classes that it brings along, BSD).
 *
 * <p>{@code JavaBLAS.getInstance()} gives {@code VectorBLAS} on JDK 25 too, if the module {@code jdk.incubator.vector} is there, and
 * {@code Java11BLAS} if not, which it tells nobody but a logger. Both compute products of less than 100³ multiply-adds with the same
 * scalar code; from there on operands are packed, and {@code VectorBLAS} has vector code for them.
 */
final class Netlib {
    static {
        // Else it loads its JNI library first, and through that the system's BLAS if there is one: another contender.
        System.setProperty("dev.ludovic.netlib.blas.allowNative", "false");
    }

    private Netlib() {}

    /** What a program gets. */
    static JavaBLAS vector() {
        JavaBLAS blas = JavaBLAS.getInstance();
        String chosen = blas.getClass().getSimpleName();
        if (!chosen.equals("VectorBLAS")) {
            throw new IllegalStateException("netlib chose " + chosen + ", not VectorBLAS; is --add-modules jdk.incubator.vector missing?");
        }
        return blas;
    }

    /** What a program gets that is started without the incubating module. */
    static JavaBLAS scalar() {
        try {
            Method instance = Class.forName("dev.ludovic.netlib.blas.Java11BLAS").getMethod("getInstance");
            instance.setAccessible(true);
            return (JavaBLAS) instance.invoke(null);
        } catch (ReflectiveOperationException | InaccessibleObjectException e) {
            throw new IllegalStateException("netlib has no Java11BLAS that can be reached", e);
        }
    }
}
